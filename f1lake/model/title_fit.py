"""A fitted title pipeline: how it gives probabilities, and how it is stored and read again.

How it is fitted, and on what, belongs to `title_recipe.py`; what it sees of a row to `title_inputs.py`.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from f1lake.model.title_inputs import GAP_INPUTS, INPUTS, KEY, TREE_INPUTS, title_inputs

if TYPE_CHECKING:
    import pandas as pd
    import xgboost

SCORING = 1
"""Raised when a stored fit would no longer give the probabilities that it was registered with."""

LEARNERS = ("points_gap", "xgboost", "blend")
INTERVAL = (0.05, 0.95)
ODDS = ["probability", "probability_low", "probability_high"]


class StaleFitError(RuntimeError):
    """A stored fit belongs to another way of scoring than this code's."""


@dataclass(frozen=True)
class TitleFit:
    """Coefficients of the points-gap logit (members × inputs), the trees of each member, and where they come from.

    Members were fitted on seasons drawn again with replacement: their mean is the probability,
    their spread how far it depends on which seasons were seen.
    """

    recipe: str
    published: str
    fitted_from: int
    fitted_through: int
    inputs: list[str]
    coefficients: np.ndarray
    trees: "list[xgboost.Booster]"

    def probabilities(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Who wins the title, by every learner: one row a row of abt/title_abt and learner.

        `season`, `as_of`, `driver_id`, `learner`, `probability` and its 90 % bounds, sorted by
        learner, day and driver. Over the drivers of a day they sum to 1; who can surely no longer
        win has exactly 0. Raises `InputMissingError`.
        """
        seen = title_inputs(rows)
        gap = seen.select(GAP_INPUTS).to_numpy() @ self.coefficients.T
        trees = self._chances_by_trees(seen)
        members = dict(zip(LEARNERS, (gap, trees, (gap + trees) / 2), strict=True))
        decisions, is_out = decision_numbers(seen), seen["is_out"].to_numpy()[:, None]
        return pl.concat(
            _with_interval(seen.select(KEY), learner, softmax(np.where(is_out, -np.inf, strengths), decisions))
            for learner, strengths in members.items()
        )

    def _chances_by_trees(self, seen: pl.DataFrame) -> np.ndarray:
        """The logarithm of each row's own chance, as if there were no others, by each member."""
        values = tree_values(seen)
        margins = np.column_stack([booster.inplace_predict(values, predict_type="margin") for booster in self.trees])
        return -np.logaddexp(0.0, -margins.astype(np.float64))

    def save(self, folder: Path) -> None:
        """Write the fit as JSON and in XGBoost's own format: nothing to unpickle."""
        folder.mkdir(parents=True, exist_ok=True)
        stored = {"coefficients": self.coefficients.tolist(), "trees": len(self.trees), "scoring": SCORING}
        (folder / "title.json").write_text(json.dumps(self.__dict__ | stored))
        for member, booster in enumerate(self.trees):
            booster.save_model(folder / f"trees_{member}.ubj")

    @classmethod
    def load(cls, folder: Path) -> "TitleFit":
        """Read what `save` wrote. Raises `StaleFitError` if this code would score it differently."""
        import xgboost

        about = json.loads((folder / "title.json").read_text())
        if about.pop("scoring") != SCORING or about["inputs"] != INPUTS:
            raise StaleFitError(f"the fit in {folder} has other inputs or another way of scoring: run `f1lake train`")
        about["coefficients"] = np.array(about["coefficients"])
        about["trees"] = [xgboost.Booster(model_file=folder / f"trees_{i}.ubj") for i in range(about["trees"])]
        return cls(**about)


class _PublishedOdds:
    """The fit as MLflow's generic model: rows of abt/title_abt in, the published probabilities out."""

    def __init__(self, fit: TitleFit) -> None:
        self.fit = fit

    def predict(self, rows: "pd.DataFrame", params: Any = None) -> "pd.DataFrame":
        """`probability`, `probability_low` and `probability_high` of each row, in the order of the rows."""
        asked = pl.from_pandas(rows).with_columns(pl.col("as_of").cast(pl.Date))
        odds = self.fit.probabilities(asked).filter(learner=self.fit.published)
        return asked.select(KEY).join(odds, on=KEY, how="left", maintain_order="left").select(ODDS).to_pandas()


def _load_pyfunc(folder: str) -> _PublishedOdds:
    """What MLflow calls to load a registered fit."""
    return _PublishedOdds(TitleFit.load(Path(folder)))


def decision_numbers(rows: pl.DataFrame) -> np.ndarray:
    """0, 1, … for the days of rows sorted by `as_of`: which decision each belongs to."""
    return rows["as_of"].rank("dense").to_numpy().astype(np.int64) - 1


def softmax(strengths: np.ndarray, decisions: np.ndarray) -> np.ndarray:
    """Each column's strengths as probabilities that sum to 1 over the rows of a decision."""
    starts = np.flatnonzero(np.diff(decisions, prepend=-1))
    odds = np.exp(strengths - np.maximum.reduceat(strengths, starts)[decisions])
    return odds / np.add.reduceat(odds, starts)[decisions]


def tree_values(rows: pl.DataFrame) -> np.ndarray:
    """The rows as XGBoost reads them: `TREE_INPUTS` in their order, nulls as NaN."""
    return rows.select(pl.col(TREE_INPUTS).cast(pl.Float32)).to_numpy()


def _with_interval(rows: pl.DataFrame, learner: str, members: np.ndarray) -> pl.DataFrame:
    mean = members.mean(axis=1)
    low, high = np.quantile(members, INTERVAL, axis=1)
    return rows.with_columns(
        learner=pl.lit(learner),
        probability=pl.Series(mean),
        probability_low=pl.Series(np.minimum(low, mean)),
        probability_high=pl.Series(np.maximum(high, mean)),
    )
