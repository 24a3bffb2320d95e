"""A fitted race pipeline: how it gives probabilities, and how it is stored and read again.

How it is fitted, and on what, belongs to `race_recipe.py`; what it sees of a row to `race_inputs.py`.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from f1lake.abt.race_abt import KEY, STAGES
from f1lake.model.boosting import boosted, softmax, tree_values
from f1lake.model.race_inputs import DECISION, INPUTS, LOGIT_INPUTS, SHARED_INPUTS, TREE_INPUTS, race_inputs
from f1lake.model.title_fit import StaleFitError

if TYPE_CHECKING:
    import pandas as pd
    import xgboost

SCORING = 2
"""Raised when a stored fit would no longer give the probabilities that it was registered with."""

LEARNERS = ("grid_frequency", "strengths", "logit", "xgboost", "combined")
TARGETS = ("win", "podium", "points")
ODDS = [*(f"p_{target}" for target in TARGETS), "p_win_low", "p_win_high"]
INTERVAL = (0.05, 0.95)
FLOOR = 1e-6


@dataclass(frozen=True)
class StageFit:
    """What is fitted of one stage: how the inputs of the logits are scaled, and their coefficients (members × inputs);
    XGBoost's trees, that go on from the logit of winning; and how often each grid slot won.
    """

    centre: dict[str, list[float]]
    scale: dict[str, list[float]]
    coefficients: dict[str, list[list[float]]]
    slots: list[float]
    trees: "xgboost.Booster"


@dataclass(frozen=True)
class RaceFit:
    """The fits of both stages, and where they come from."""

    recipe: str
    published: str
    fitted_from: int
    fitted_through: int
    inputs: list[str]
    stages: dict[str, StageFit]

    def probabilities(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Who wins, reaches the podium or scores, by every learner: one row a row of abt/race_abt and learner.

        `KEY`, `learner`, `p_win`, `p_podium`, `p_points` and the 90 % bounds of `p_win`. Over the entrants of a race
        they sum to 1, 3 and the places with points; who failed to qualify has exactly 0. Raises
        `RaceInputMissingError`.
        """
        seen = race_inputs(rows)
        stages = [self._of_stage(stage, part) for (stage,), part in seen.group_by("stage", maintain_order=True)]
        return pl.concat(stages) if stages else _empty()

    def _of_stage(self, stage: str, seen: pl.DataFrame) -> pl.DataFrame:
        fit, races = self.stages[stage], race_numbers(seen)
        margins = {target: self._margins(fit, target, seen) for target in TARGETS}
        winning = margins["win"][:, 0]
        booster = boosted(fit.trees, tree_values(seen, TREE_INPUTS), winning)
        starting = seen["is_starting"].to_numpy()

        def shares(strengths: np.ndarray) -> np.ndarray:
            column = strengths[:, None] if strengths.ndim == 1 else strengths
            return softmax(np.where(starting[:, None], column, -np.inf), races)

        logit, trees = shares(margins["win"]), shares(booster)
        grid = slot_numbers(seen)
        of_slot = shares(np.log(np.array(fit.slots)[grid]))
        simulated = {target: seen[f"p_{target}"].to_numpy() for target in TARGETS}
        places = {target: _per_race(seen, target) for target in TARGETS}
        fitted = {target: 1 / (1 + np.exp(-margins[target][:, 0])) for target in ("podium", "points")}
        members = shares(margins["win"] + (booster - winning)[:, None] / 2)
        by = {
            "grid_frequency": (of_slot, None),
            "strengths": (shares(np.log(simulated["win"] + FLOOR)), simulated),
            "logit": (logit, fitted),
            "xgboost": (trees, None),
            "combined": (members, fitted),
        }
        return pl.concat(
            _rows(seen, learner, win, others, places, starting, races)
            for learner, (win, others) in by.items()
        )

    def _margins(self, fit: StageFit, target: str, seen: pl.DataFrame) -> np.ndarray:
        """The logit's strengths of every row by each member, the first fitted on all seasons as they are."""
        x = (logit_values(seen, target) - np.array(fit.centre[target])) / np.array(fit.scale[target])
        if target != "win":
            x = np.column_stack([np.ones(len(x)), x])
        return x @ np.array(fit.coefficients[target]).T

    def save(self, folder: Path) -> None:
        """Write the fit as JSON and in XGBoost's own format: nothing to unpickle."""
        folder.mkdir(parents=True, exist_ok=True)
        about: dict[str, Any] = self.__dict__ | {"scoring": SCORING, "stages": {}}
        for stage, fit in self.stages.items():
            about["stages"][stage] = {name: value for name, value in vars(fit).items() if name != "trees"}
            fit.trees.save_model(folder / f"trees_{stage}.ubj")
        (folder / "race.json").write_text(json.dumps(about))

    @classmethod
    def load(cls, folder: Path) -> "RaceFit":
        """Read what `save` wrote. Raises `StaleFitError` if this code would score it differently."""
        import xgboost

        about = json.loads((folder / "race.json").read_text())
        if about.pop("scoring") != SCORING or about["inputs"] != INPUTS:
            raise StaleFitError(f"the fit in {folder} has other inputs or another way of scoring: run `f1lake train`")
        about["stages"] = {
            stage: StageFit(**fit, trees=xgboost.Booster(model_file=folder / f"trees_{stage}.ubj"))
            for stage, fit in about["stages"].items()
        }
        return cls(**about)


class _PublishedOdds:
    """The fit as MLflow's generic model: rows of abt/race_abt in, the published probabilities out."""

    def __init__(self, fit: RaceFit) -> None:
        self.fit = fit

    def predict(self, rows: "pd.DataFrame", params: Any = None) -> "pd.DataFrame":
        """`ODDS` of each row, in the order of the rows; whole races only."""
        asked = pl.from_pandas(rows).with_columns(pl.col("stage").cast(pl.Enum(STAGES)))
        odds = self.fit.probabilities(asked).filter(learner=self.fit.published)
        return asked.select(KEY).join(odds, on=KEY, how="left", maintain_order="left").select(ODDS).to_pandas()


def _load_pyfunc(folder: str) -> _PublishedOdds:
    """What MLflow calls to load a registered fit."""
    return _PublishedOdds(RaceFit.load(Path(folder)))


def race_numbers(rows: pl.DataFrame) -> np.ndarray:
    """0, 1, … for the races of sorted rows."""
    return rows.select(pl.struct(DECISION).rle_id()).to_series().to_numpy().astype(np.int64)


def logit_values(seen: pl.DataFrame, target: str) -> np.ndarray:
    """The inputs of a logit, rows × inputs; 0 where there is nothing to see."""
    names = [*LOGIT_INPUTS[target], *SHARED_INPUTS]
    return seen.select(pl.col(names).cast(pl.Float64).fill_null(0).fill_nan(0)).to_numpy()


def slot_numbers(seen: pl.DataFrame) -> np.ndarray:
    """The grid slot, 0 without one, none beyond 26; all 0 before qualifying."""
    return seen["grid"].fill_null(0).clip(0, 26).to_numpy().astype(np.int64)


def spread(
    chance: np.ndarray, floor: np.ndarray, places: np.ndarray, starting: np.ndarray, races: np.ndarray
) -> np.ndarray:
    """Chances scaled so that they sum to the places of their race (or to its starters, if fewer).

    None below its `floor` or above 1, 0 for who does not start; the factor of each race is found by bisection.
    """
    if not len(races):
        return chance
    starts = np.flatnonzero(np.diff(races, prepend=-1))
    room = np.minimum(places[starts], np.add.reduceat(starting, starts, dtype=float))
    chance = np.where(starting, np.maximum(chance, FLOOR), 0.0)

    def at(log_factor: np.ndarray) -> np.ndarray:
        return np.clip(np.exp(log_factor)[races] * chance, np.where(starting, floor, 0.0), starting.astype(float))

    low, high = np.full(len(starts), -30.0), np.full(len(starts), 30.0)
    for _ in range(60):
        middle = (low + high) / 2
        is_less = np.add.reduceat(at(middle), starts) < room
        low, high = np.where(is_less, middle, low), np.where(is_less, high, middle)
    return at(high)


def _per_race(seen: pl.DataFrame, target: str) -> np.ndarray:
    """How many drivers of a race win, reach the podium, or score."""
    return np.rint(seen.select(pl.col(f"p_{target}").sum().over(DECISION)).to_series().to_numpy()).astype(int)


def _rows(
    seen: pl.DataFrame, learner: str, win: np.ndarray, others: "dict[str, np.ndarray] | None",
    places: dict[str, np.ndarray], starting: np.ndarray, races: np.ndarray,
) -> pl.DataFrame:
    """One learner's rows; what it does not say of podium and points follows from its chances of winning."""
    mean = win.mean(axis=1)
    low, high = np.quantile(win, INTERVAL, axis=1)
    said = others or dict.fromkeys(("podium", "points"), np.sqrt(mean))
    podium = spread(said["podium"], mean, places["podium"], starting, races)
    points = spread(said["points"], podium, places["points"], starting, races)
    return seen.select(KEY).with_columns(
        learner=pl.lit(learner),
        p_win=pl.Series(mean),
        p_podium=pl.Series(podium),
        p_points=pl.Series(points),
        p_win_low=pl.Series(np.minimum(low, mean)),
        p_win_high=pl.Series(np.maximum(high, mean)),
    )


def _empty() -> pl.DataFrame:
    schema = {"season": pl.Int32, "round": pl.Int32, "stage": pl.Enum(STAGES), "driver_id": pl.String}
    return pl.DataFrame(schema=schema | {"learner": pl.String} | dict.fromkeys(ODDS, pl.Float64))
