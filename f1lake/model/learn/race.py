"""The next race: what is fitted on past races on top of the simulation, and the odds of a fit at each stage.

Logits are fitted for winning before qualifying, after practice and on the grid; on Saturday evening the last gets the
order of qualifying as its grid. While only Friday's practices are known, a logit of its own answers. Podium and points
are a yes or no for each entrant.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import polars as pl

from f1lake.abt.race_abt import AFTER_PRACTICE, BEFORE_QUALIFYING, GRID, KEY, STAGES, WITHOUT_ORDER
from f1lake.model.learn import boosting, race_seen
from f1lake.model.learn.boosting import boosted, fitted_trees, tree_values
from f1lake.model.learn.decision import RACE, numbers
from f1lake.model.learn.logit import Scaled, age_weight, bounded, sigmoid, softmax
from f1lake.model.learn.race_seen import (
    FIXED_INPUTS,
    INPUTS,
    LAST_SLOT,
    OF_FRIDAY,
    OF_PRACTICE,
    PLACE_INPUTS,
    TARGETS,
    TREE_INPUTS,
    WIN_INPUTS,
    seen_of,
)
from f1lake.model.learn.stored import (
    PublishedOdds,
    StoredFit,
    recipe_id,
    recipe_of,
)
from f1lake.model.season.shares import filled
from f1lake.model.season.simulate import FLOOR
from f1lake.model.strength import practice

FREQUENCY, SIMULATION, FIXED, LOGIT, XGBOOST, FRIDAY = LEARNERS = (
    "grid_frequency", "simulation", "fixed", "logit", "xgboost", "friday"
)
PUBLISHED = LOGIT
ANSWERS = {target: f"is_{name}" for target, name in zip(TARGETS, ("winner", "podium", "points"), strict=True)}
ODDS = [*(f"p_{target}" for target in TARGETS), "p_win_low", "p_win_high"]

LEARNED_FROM, LEARNED_FROM_AT_FIRST, MIN_SEASONS = 1988, 1955, 5
"""The logits learn from 1988 on or, while these are fewer than five seasons, from 1955 on."""
HALF_LIFE_SEASONS, RIDGE, LEAST_SD = 15, 2.0, 0.25
SLOT_SEASONS, NEVER_BEFORE = 20, 0.05
MEMBERS, SEED = 10, 0

RECIPE = recipe_of(vars(), boosting, practice, race_seen)
RECIPE_ID = recipe_id(RECIPE)


@dataclass(frozen=True)
class RaceFit(StoredFit):
    """`slots`: how often each grid slot won. `logits` (as `Scaled`), by the stage and question of their fit."""

    NAME: ClassVar[str] = "race"
    ABOUT: ClassVar[str] = (
        "Who wins the next Formula 1 race, reaches the podium or scores: before qualifying, after practice, after "
        "qualifying and on the grid."
    )
    RECIPE: ClassVar[Mapping[str, Any]] = RECIPE
    SCORING: ClassVar[int] = 4
    INPUTS: ClassVar[list[str]] = INPUTS
    KEY: ClassVar[list[str]] = KEY
    ODDS: ClassVar[list[str]] = ODDS

    slots: list[float]
    logits: dict[str, dict[str, list[Any]]]

    def probabilities(self, rows: pl.DataFrame, learners: Collection[str] = LEARNERS) -> pl.DataFrame:
        """Who wins, reaches the podium or scores, by each learner: one row per row of `race_rows` and learner.

        `KEY`, `learner` and `ODDS`; no rows at a stage that the fit has seen too little of. Over the entrants of a race
        they sum to 1, 3 and the number of places with points; drivers who failed to qualify have exactly 0. Raises
        `InputMissingError`.
        """
        seen = seen_of(rows)
        parts = [
            self._of_stage(stage, part, learner)
            for (stage,), part in seen.group_by("stage", maintain_order=True)
            if f"{fitted_at(stage)}/win" in self.logits
            for learner in learners
            if learner != FRIDAY or stage == AFTER_PRACTICE
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
                chance = sigmoid(self._known(stage, target, seen)[:, 0])
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
            boosters = self.boosters[BEFORE_QUALIFYING if stage in WITHOUT_ORDER else GRID]
            return shares(boosted(boosters, tree_values(seen, TREE_INPUTS), margin))
        if learner == FRIDAY:
            odds = shares(self._logit(stage, "friday_win", seen))
        else:
            odds = shares(self._logit(stage, FIXED, seen) if learner == FIXED else self._known(stage, "win", seen))
        if stage not in WITHOUT_ORDER:
            return odds
        of_share = shares(self._logit(stage, f"share_{FIXED if learner == FIXED else LOGIT}", seen))
        return shares((np.log(odds + FLOOR) + np.log(of_share + FLOOR)) / 2)

    def _known(self, stage: str, target: str, seen: pl.DataFrame) -> np.ndarray:
        """The published logit: of races of which only Friday's practices are known, the one that knows no others."""
        every = self._logit(stage, target, seen)
        if stage != AFTER_PRACTICE:
            return every
        return np.where(seen["is_friday"].to_numpy()[:, None], self._logit(stage, f"friday_{target}", seen), every)

    def _logit(self, stage: str, name: str, seen: pl.DataFrame) -> np.ndarray:
        logit = Scaled(**self.logits[f"{fitted_at(stage)}/{name}"])
        return logit.strengths(_values(seen, logit.names))


def fitted_at(stage: str) -> str:
    """The stage whose logits say what a stage asks: on Saturday evening those of the grid."""
    return stage if stage in WITHOUT_ORDER else GRID


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
    for stage in (BEFORE_QUALIFYING, AFTER_PRACTICE, GRID):
        of_stage = seen.filter(pl.col("stage") == stage)
        if of_stage["season"].n_unique() < MIN_SEASONS:
            continue  # practice is known from 1988 on, and not to every lake
        for name, (target, inputs) in asked_at(stage).items():
            logits[f"{stage}/{name}"] = _fitted(of_stage, inputs, target)
        if stage == AFTER_PRACTICE:
            continue  # the trees of before qualifying go on from this logit too: practice they do not see
        margin = logits[f"{stage}/win"].strengths(_values(of_stage, logits[f"{stage}/win"].names))[:, 0]
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
        logits={name: vars(scaled) for name, scaled in logits.items()},
    )


def asked_at(stage: str) -> dict[str, tuple[str, list[str]]]:
    """The logits of a stage: by name what is asked, and the inputs."""
    win, fixed = (inputs[:4] if stage in WITHOUT_ORDER else inputs for inputs in (WIN_INPUTS, FIXED_INPUTS))
    place = {target: [f"log_odds_{target}", *PLACE_INPUTS] for target in TARGETS[1:]}
    logits = {"win": win, FIXED: fixed} | place
    if stage == AFTER_PRACTICE:
        friday = {f"{FRIDAY}_{name}": [*inputs, *OF_FRIDAY] for name, inputs in logits.items() if name != FIXED}
        logits = {name: [*inputs, *OF_PRACTICE] for name, inputs in logits.items()} | friday
    if stage in WITHOUT_ORDER:
        logits |= {f"share_{LOGIT}": WIN_INPUTS[:1], f"share_{FIXED}": FIXED_INPUTS[:1]}
    targets = {name: name.removeprefix(f"{FRIDAY}_") for name in logits}
    return {name: (targets[name] if targets[name] in TARGETS else "win", inputs) for name, inputs in logits.items()}


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


def _places(seen: pl.DataFrame, target: str) -> np.ndarray:
    """How many drivers of a race reach the podium, or score."""
    return np.rint(seen.select(pl.col(f"p_{target}").sum().over(RACE)).to_series().to_numpy()).astype(int)


def _load_pyfunc(folder: str) -> PublishedOdds:
    """Entry point of MLflow for loading a registered fit."""
    return PublishedOdds(RaceFit.load(Path(folder)), {"stage": pl.Enum(STAGES)})
