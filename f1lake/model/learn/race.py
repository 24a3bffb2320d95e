"""The next race: what is fitted on past races on top of the simulation, and the odds of a fit at each stage.

Two logits are fitted for winning, before qualifying and on the grid; on Saturday evening the second gets the order of
qualifying as its grid. Podium and points are a yes or no for each entrant.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import polars as pl

from f1lake.abt.race_abt import BEFORE_QUALIFYING, GRID, KEY, STAGES
from f1lake.model.learn import boosting
from f1lake.model.learn.boosting import boosted, fitted_trees, tree_values
from f1lake.model.learn.decision import RACE, numbers
from f1lake.model.learn.logit import Scaled, age_weight, bounded, sigmoid, softmax
from f1lake.model.learn.stored import (
    SIMULATIONS,
    PublishedOdds,
    StoredFit,
    recipe_id,
    recipe_of,
    require,
    require_simulated,
)
from f1lake.model.season.shares import filled
from f1lake.model.season.simulate import FLOOR

FREQUENCY, SIMULATION, FIXED, LOGIT, XGBOOST = LEARNERS = (
    "grid_frequency", "simulation", "fixed", "logit", "xgboost"
)
PUBLISHED = LOGIT
TARGETS = ("win", "podium", "points")
ANSWERS = {target: f"is_{name}" for target, name in zip(TARGETS, ("winner", "podium", "points"), strict=True)}
ODDS = [*(f"p_{target}" for target in TARGETS), "p_win_low", "p_win_high"]

LEARNED_FROM, LEARNED_FROM_AT_FIRST, MIN_SEASONS = 1988, 1955, 5
"""The logits learn from 1988 on or, while these are fewer than five seasons, from 1955 on."""
HALF_LIFE_SEASONS, RIDGE, LEAST_SD = 15, 2.0, 0.25
SLOT_SEASONS, LAST_SLOT, NEVER_BEFORE = 20, 26, 0.05
LEAST_BEHIND, LEAST_WINS = 0.1, 0.05
MEMBERS, SEED = 10, 0

OF_SIMULATION = [
    "pace", "pace_sd", "car", "pace_rank", "car_rank", "p_retired", "p_win", "p_podium", "p_points", "pace_fixed",
    "p_win_fixed",
]  # fmt: skip
"""Columns of model/simulated_races."""
LATELY = [
    "wins_all_last_10", "wins_all_last_40", "podiums_all_last_10", "form_points_share_last_10",
    "car_points_all_last_10", "circuit_wins_all_life", "form_qualifying_gap_to_pole_last_10",
    "avg_position_all_last_10", "avg_grid_all_last_10",
]  # fmt: skip
INPUTS = ["grid", "is_starting", *OF_SIMULATION, *LATELY]
"""The columns that a row must have beside the key."""

FROM_GRID = ["log_grid", "is_pole", "has_no_grid"]
WIN_INPUTS = ["log_p_win", "log_behind_best", "log_wins_last_10", "log_wins_last_40", *FROM_GRID]
FIXED_INPUTS = ["log_p_win_fixed", "log_behind_best_fixed", *WIN_INPUTS[2:]]
PLACE_INPUTS = [
    "pace", "log_behind_best", "log_finishing", *LATELY[:1], *LATELY[2:6], *FROM_GRID[:2], "is_second", "has_no_grid",
]  # fmt: skip
TREE_INPUTS = ["pace", "pace_sd", "car", "pace_rank", "car_rank", "p_retired", "log_p_win", "grid", *LATELY]

RECIPE = recipe_of(vars(), *SIMULATIONS, boosting)
RECIPE_ID = recipe_id(RECIPE)


@dataclass(frozen=True)
class RaceFit(StoredFit):
    """`slots`: how often each grid slot won. `logits` (as `Scaled`), by the stage and question of their fit."""

    NAME: ClassVar[str] = "race"
    ABOUT: ClassVar[str] = (
        "Who wins the next Formula 1 race, reaches the podium or scores, before qualifying, after it and on the grid."
    )
    RECIPE: ClassVar[Mapping[str, Any]] = RECIPE
    SCORING: ClassVar[int] = 3
    INPUTS: ClassVar[list[str]] = INPUTS
    KEY: ClassVar[list[str]] = KEY
    ODDS: ClassVar[list[str]] = ODDS

    slots: list[float]
    logits: dict[str, dict[str, list[Any]]]

    def probabilities(self, rows: pl.DataFrame, learners: Collection[str] = LEARNERS) -> pl.DataFrame:
        """Who wins, reaches the podium or scores, by each learner: one row per row of `race_rows` and learner.

        `KEY`, `learner` and `ODDS`. Over the entrants of a race they sum to 1, 3 and the number of places with points;
        drivers who failed to qualify have exactly 0. Raises `InputMissingError`.
        """
        seen = seen_of(rows)
        parts = [
            self._of_stage(stage, part, learner)
            for (stage,), part in seen.group_by("stage", maintain_order=True) for learner in learners
        ]
        nothing = seen.clear().select(KEY).with_columns(
            learner=pl.lit("", pl.String), **{name: pl.lit(0.0) for name in ODDS}
        )
        return pl.concat([nothing, *parts])

    def _of_stage(self, stage: str, seen: pl.DataFrame, learner: str) -> pl.DataFrame:
        """One learner's rows of a stage; without podium and points, these follow from the probabilities of winning."""
        races, starting = numbers(seen, RACE), seen["is_starting"].to_numpy()
        p, low, high = bounded(self._winning(stage, seen, learner, races, starting))
        within = {"win": p}
        for narrower, target in pairwise(TARGETS):
            if learner == LOGIT:
                chance = sigmoid(self._logit(stage, target, seen)[:, 0])
            else:
                chance = seen[f"p_{target}"].to_numpy() if learner == SIMULATION else np.sqrt(p)
            within[target] = filled(chance, within[narrower], _places(seen, target), starting, races)
        return seen.select(KEY).with_columns(
            learner=pl.lit(learner),
            **{f"p_{target}": pl.Series(chance) for target, chance in within.items()},
            p_win_low=pl.Series(low),
            p_win_high=pl.Series(high),
        )

    def _winning(
        self, stage: str, seen: pl.DataFrame, learner: str, races: np.ndarray, starting: np.ndarray
    ) -> np.ndarray:
        """The probabilities of winning, entrants × members."""
        def shares(strengths: np.ndarray) -> np.ndarray:
            columns = strengths[:, None] if strengths.ndim == 1 else strengths
            return softmax(np.where(starting[:, None], columns, -np.inf), races)

        if learner == FREQUENCY:
            return shares(np.log(np.array(self.slots)[slots_of(seen)]))
        if learner == SIMULATION:
            return shares(np.log(seen["p_win"].to_numpy() + FLOOR))
        if learner == XGBOOST:
            margin = self._logit(stage, "win", seen)[:, 0]
            return shares(boosted(self.boosters[fitted_at(stage)], tree_values(seen, TREE_INPUTS), margin))
        odds = shares(self._logit(stage, FIXED if learner == FIXED else "win", seen))
        if stage != BEFORE_QUALIFYING:
            return odds
        of_share = shares(self._logit(stage, f"share_{learner}", seen))
        return shares((np.log(odds + FLOOR) + np.log(of_share + FLOOR)) / 2)

    def _logit(self, stage: str, name: str, seen: pl.DataFrame) -> np.ndarray:
        logit = Scaled(**self.logits[f"{fitted_at(stage)}/{name}"])
        return logit.strengths(_values(seen, logit.names))


def fitted_at(stage: str) -> str:
    """The stage whose logits answer a stage: on Saturday evening those of the grid."""
    return BEFORE_QUALIFYING if stage == BEFORE_QUALIFYING else GRID


def race_rows(abt: pl.LazyFrame, simulated: pl.LazyFrame) -> pl.DataFrame:
    """Rows of abt/race_abt by key with `OF_SIMULATION`. Raises `InputMissingError` if the simulations lack a row."""
    rows = abt.join(simulated.select(*KEY, *OF_SIMULATION), on=KEY, how="left").sort(KEY).collect()
    require_simulated(rows, "p_win", "model/simulated_races")
    return rows


def seen_of(rows: pl.DataFrame) -> pl.DataFrame:
    """Turns rows into model inputs, each relative to the field: counts as shares of the field's maximum, means minus
    the field's mean. Sorted by key.
    """
    require(rows, [*KEY, *INPUTS])
    place, has_grid = pl.col("grid").fill_null(LAST_SLOT), pl.col("stage") != BEFORE_QUALIFYING
    simulated = {
        f"{name}{kind}": value
        for kind in ("", "_fixed")
        for pace in [pl.col(f"pace{kind}")]
        for name, value in {
            "log_p_win": pl.col(f"p_win{kind}").clip(FLOOR).log(),
            "log_behind_best": (pace.max().over(RACE) - pace + LEAST_BEHIND).log(),
        }.items()
    }
    of_places = {f"log_odds_{target}": _log_odds(f"p_{target}") for target in TARGETS[1:]}
    return rows.sort(KEY).with_columns(*(_against_the_field(name) for name in LATELY)).with_columns(
        **simulated, **of_places,
        log_wins_last_10=(LEAST_WINS + pl.col("wins_all_last_10")).log(),
        log_wins_last_40=(LEAST_WINS + pl.col("wins_all_last_40")).log(),
        log_finishing=(1 - pl.col("p_retired")).log(),
        log_grid=pl.when(has_grid).then(place.log()).otherwise(0.0),
        is_pole=(pl.col("grid") == 1).fill_null(value=False).cast(pl.Float64),
        is_second=(pl.col("grid") == 2).fill_null(value=False).cast(pl.Float64),
        has_no_grid=(has_grid & pl.col("grid").is_null()).cast(pl.Float64),
        grid=pl.when(has_grid).then(place),
    )


def race_fit(history: pl.DataFrame) -> RaceFit | None:
    """Fit the recipe on past races in rows of `race_rows`; None with fewer than `MIN_SEASONS` seasons.

    Later seasons count more. Qualifying has no fit of its own: its order is used as if it were the grid.
    """
    run = history.filter(pl.col("is_winner").is_not_null(), pl.col("season") >= LEARNED_FROM_AT_FIRST)
    seasons = run["season"].unique().sort()
    if len(seasons) < MIN_SEASONS:
        return None
    if (seasons >= LEARNED_FROM).sum() >= MIN_SEASONS:
        run = run.filter(pl.col("season") >= LEARNED_FROM)
    seen = seen_of(run).filter("is_starting")
    logits, boosters = {}, {}
    for stage in (BEFORE_QUALIFYING, GRID):
        of_stage = seen.filter(pl.col("stage") == stage)
        kept = WIN_INPUTS if stage == GRID else WIN_INPUTS[:4]
        fixed = FIXED_INPUTS if stage == GRID else FIXED_INPUTS[:4]
        asked = {"win": kept, "fixed": fixed} | {
            target: [f"log_odds_{target}", *PLACE_INPUTS] for target in TARGETS[1:]
        }
        if stage == BEFORE_QUALIFYING:
            asked |= {f"share_{LOGIT}": WIN_INPUTS[:1], f"share_{FIXED}": FIXED_INPUTS[:1]}
        for name, inputs in asked.items():
            logits[f"{stage}/{name}"] = _fitted(of_stage, inputs, name if name in TARGETS else "win")
        margin = logits[f"{stage}/win"].strengths(_values(of_stage, kept))[:, 0]
        boosters[stage] = fitted_trees(
            tree_values(of_stage, TREE_INPUTS), margin, _answer(of_stage, "win"), numbers(of_stage, RACE),
            _weight(of_stage),
        )
    return RaceFit(
        recipe=RECIPE_ID,
        published=PUBLISHED,
        fitted_from=run["season"].min(),  # type: ignore[arg-type]
        fitted_through=seasons[-1],
        boosters=boosters,
        slots=_slots(seen.filter(pl.col("stage") == GRID)),
        logits={name: vars(found) for name, found in logits.items()},
    )


def _fitted(seen: pl.DataFrame, names: list[str], target: str) -> Scaled:
    """A logit of one target at one stage: for winning one of a race's entrants, otherwise a yes or no for each."""
    x, answer, weight = _values(seen, names), _answer(seen, target), _weight(seen)
    if target != "win":
        return Scaled.fitted(x, names, answer, weight, RIDGE, LEAST_SD)
    season = seen["season"].to_numpy()
    return Scaled.fitted(x, names, answer, weight, RIDGE, LEAST_SD, numbers(seen, RACE), season, MEMBERS, SEED)


def slots_of(seen: pl.DataFrame) -> np.ndarray:
    """The grid slot: 0 while nobody has one, and at most the last slot."""
    return seen["grid"].fill_null(0).clip(0, LAST_SLOT).to_numpy().astype(np.int64)


def _slots(seen: pl.DataFrame) -> list[float]:
    """How often each slot of the grid won in the last seasons (0: before there is a grid)."""
    recent = seen.filter(pl.col("season") > pl.col("season").max() - SLOT_SEASONS)
    slots = slots_of(recent)
    won = np.bincount(slots, _answer(recent, "win"), minlength=LAST_SLOT + 1)
    return frequency(won, np.bincount(slots, minlength=LAST_SLOT + 1)).tolist()


def frequency(happened: Any, of: Any) -> Any:
    """A frequency shrunk a little towards 0; for expressions or arrays."""
    return (happened + NEVER_BEFORE) / (of + 1)


def _values(seen: pl.DataFrame, names: list[str]) -> np.ndarray:
    """Inputs of a logit, rows × inputs; 0 for nulls."""
    return seen.select(pl.col(names).cast(pl.Float64).fill_null(0).fill_nan(0)).to_numpy()


def _answer(seen: pl.DataFrame, target: str) -> np.ndarray:
    return seen[ANSWERS[target]].fill_null(value=False).to_numpy().astype(float)


def _weight(seen: pl.DataFrame) -> np.ndarray:
    seasons = seen["season"].to_numpy()
    return age_weight(seasons, seasons.max(), HALF_LIFE_SEASONS)


def _log_odds(name: str) -> pl.Expr:
    p = pl.col(name).clip(1e-3, 1 - 1e-3)
    return (p / (1 - p)).log()


def _against_the_field(name: str) -> pl.Expr:
    value = pl.col(name)
    if "avg_" in name or "qualifying_gap" in name:
        return (value - value.mean().over(RACE)).alias(name)
    highest = value.max().over(RACE)
    return pl.when(highest > 0).then(value.fill_null(0) / highest).otherwise(0.0).alias(name)


def _places(seen: pl.DataFrame, target: str) -> np.ndarray:
    """How many drivers of a race reach the podium, or score."""
    return np.rint(seen.select(pl.col(f"p_{target}").sum().over(RACE)).to_series().to_numpy()).astype(int)


def _load_pyfunc(folder: str) -> PublishedOdds:
    """Entry point of MLflow for loading a registered fit."""
    return PublishedOdds(RaceFit.load(Path(folder)), {"stage": pl.Enum(STAGES)})
