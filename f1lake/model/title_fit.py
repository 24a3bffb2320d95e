"""A fitted title pipeline: how it gives probabilities, and how it is stored and read again.

How it is fitted, and on what, belongs to `title_recipe.py`; what it sees of a row to `title_inputs.py`.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from f1lake.model.boosting import boosted, softmax, tree_values
from f1lake.model.metrics import part_of_season
from f1lake.model.title_inputs import GAP_INPUTS, INPUTS, KEY, MIN_SHARE, TREE_INPUTS, title_inputs

if TYPE_CHECKING:
    import pandas as pd
    import xgboost

SCORING = 3
"""Raised when a stored fit would no longer give the probabilities that it was registered with."""

LEARNERS = ("points_leader", "points_gap", "xgboost", "forest", "simulation", "combined")
WEIGHTS = {"simulation": 0.2, "xgboost": 0.6, "forest": 0.2}
"""How much the logarithm of each one's probability counts in `combined`; chosen on seasons up to 2005, then fixed."""

SIMULATIONS = 10_000
"""So many stand behind a simulated share; `combined` is as uncertain as they are."""

INTERVAL = (0.05, 0.95)
ODDS = ["probability", "probability_low", "probability_high"]


class StaleFitError(RuntimeError):
    """A stored fit belongs to another way of scoring than this code's."""


@dataclass(frozen=True)
class TitleFit:
    """What is fitted: `leader_shares`, how often the leader of each part of a season became champion, the coefficients
    of the points-gap logit (members × inputs), XGBoost's trees and the forest of each member, and where they come from.

    Members were fitted on seasons drawn again with replacement: their mean is the probability,
    their spread how far it depends on which seasons were seen.
    """

    recipe: str
    published: str
    fitted_from: int
    fitted_through: int
    inputs: list[str]
    leader_shares: dict[str, float]
    coefficients: np.ndarray
    trees: "list[xgboost.Booster]"
    forests: "list[xgboost.Booster]"

    def probabilities(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Who wins the title, by every learner: one row a row of abt/title_abt (with `SIMULATED`) and learner.

        `season`, `as_of`, `driver_id`, `learner`, `probability` and its 90 % bounds, sorted by
        learner, day and driver. Over the drivers of a day they sum to 1; who can no longer win by
        arithmetic has exactly 0. Raises `InputMissingError`.
        """
        seen = title_inputs(rows)
        days = decision_numbers(seen)
        with np.errstate(divide="ignore"):
            log = {
                "points_leader": np.log(self._by_the_leader(seen, days)),
                "points_gap": seen.select(GAP_INPUTS).to_numpy() @ self.coefficients.T,
                "xgboost": self._by_trees(seen),
                "forest": np.log(self._by_forests(seen)),
                "simulation": np.log(self._simulated(seen)),
            }
        log = {name: _normalised(strengths, seen, days) for name, strengths in log.items()}
        log["combined"] = np.sum([weight * log[name] for name, weight in WEIGHTS.items()], axis=0)
        return pl.concat(
            _with_interval(seen.select(KEY), learner, np.exp(_normalised(log[learner], seen, days)))
            for learner in LEARNERS
        )

    def _by_the_leader(self, seen: pl.DataFrame, days: np.ndarray) -> np.ndarray:
        """The leader's share by the part of the season, the rest evenly; a column."""
        leads = ((seen["position_season"] == 1).fill_null(value=False)).to_numpy()[:, None]
        parts = seen.select(part_of_season()).to_series()
        share = np.array([self.leader_shares[part] for part in parts])[:, None]
        starts = np.flatnonzero(np.diff(days, prepend=-1))
        leaders = np.add.reduceat(leads, starts, dtype=float)[days]
        others = np.bincount(days)[days][:, None] - leaders
        rest = np.where(leaders > 0, 1 - share, 1) / np.maximum(others, 1)
        return np.where(leads, share / np.maximum(leaders, 1), rest)

    def _by_trees(self, seen: pl.DataFrame) -> np.ndarray:
        """What each member makes of the logarithm of the simulated share."""
        values, margin = tree_values(seen, TREE_INPUTS), seen["log_simulated"].to_numpy()
        return np.column_stack([boosted(trees, values, margin) for trees in self.trees])

    def _by_forests(self, seen: pl.DataFrame) -> np.ndarray:
        """The simulated share, corrected by how far those who were alike became champion more often, by each member."""
        values, share = tree_values(seen, TREE_INPUTS), seen["simulated"].to_numpy()
        return np.column_stack([boosted(forest, values, share) for forest in self.forests]).clip(MIN_SHARE, 1)

    def _simulated(self, seen: pl.DataFrame) -> np.ndarray:
        """The simulated share, by each member as it might be in as many other simulations; their mean is itself."""
        share = seen["simulated"].to_numpy()[:, None]
        members = len(self.trees)
        steps = np.linspace(-1.5, 1.5, members) if members > 1 else np.zeros(1)
        return (share + steps * np.sqrt(share * (1 - share) / SIMULATIONS)).clip(0, 1)

    def save(self, folder: Path) -> None:
        """Write the fit as JSON and in XGBoost's own format: nothing to unpickle."""
        folder.mkdir(parents=True, exist_ok=True)
        boosters = {name: getattr(self, name) for name in ("trees", "forests")}
        stored = {name: len(members) for name, members in boosters.items()}
        stored |= {"coefficients": self.coefficients.tolist(), "scoring": SCORING}
        (folder / "title.json").write_text(json.dumps(self.__dict__ | stored))
        for name, members in boosters.items():
            for member, booster in enumerate(members):
                booster.save_model(folder / f"{name}_{member}.ubj")

    @classmethod
    def load(cls, folder: Path) -> "TitleFit":
        """Read what `save` wrote. Raises `StaleFitError` if this code would score it differently."""
        import xgboost

        about = json.loads((folder / "title.json").read_text())
        if about.pop("scoring") != SCORING or about["inputs"] != INPUTS:
            raise StaleFitError(f"the fit in {folder} has other inputs or another way of scoring: run `f1lake train`")
        about["coefficients"] = np.array(about["coefficients"])
        for name in ("trees", "forests"):
            about[name] = [xgboost.Booster(model_file=folder / f"{name}_{i}.ubj") for i in range(about[name])]
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


def _normalised(strengths: np.ndarray, rows: pl.DataFrame, decisions: np.ndarray) -> np.ndarray:
    """The logarithm of probabilities over the rows of a decision; minus infinity for the excluded."""
    is_out = rows["is_excluded"].to_numpy()[:, None]
    with np.errstate(divide="ignore"):
        return np.log(softmax(np.where(is_out, -np.inf, strengths), decisions))


def _with_interval(rows: pl.DataFrame, learner: str, members: np.ndarray) -> pl.DataFrame:
    mean = members.mean(axis=1)
    low, high = np.quantile(members, INTERVAL, axis=1)
    return rows.with_columns(
        learner=pl.lit(learner),
        probability=pl.Series(mean),
        probability_low=pl.Series(np.minimum(low, mean)),
        probability_high=pl.Series(np.maximum(high, mean)),
    )
