"""The title: what is fitted on past seasons on top of the simulation, and the odds of a fit for a day.

Two protocols are reported. `fixed`: no choice was made on a season after 2005. `season_by_season`, which is published:
for season S, whichever of three ways had the lowest loss on the scored decisions of the twenty seasons before.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np
import polars as pl

from f1lake.model.learn import boosting, decision
from f1lake.model.learn.boosting import boosted, fitted_trees, tree_values
from f1lake.model.learn.decision import DRIVER, TITLE, best_way, leader_odds, leader_shares, losses, numbers
from f1lake.model.learn.logit import age_weight, bounded, members_of, softmax
from f1lake.model.learn.stored import (
    PublishedOdds,
    StoredFit,
    recipe_id,
    recipe_of,
    require,
    require_simulated,
)
from f1lake.model.season.simulate import TITLE_SIMULATIONS
from f1lake.model.strength import parameters

KEY = [*TITLE, "driver_id"]
ODDS = ["probability", "probability_low", "probability_high"]
LEADER, FIXED, SIMULATION, STATURE, XGBOOST, PUBLISHED = LEARNERS = (
    "points_leader", "fixed", "simulation", "stature", "xgboost", "season_by_season"
)
WAYS = [FIXED, SIMULATION, STATURE]

MIN_SEASONS = 10
LEARNED_FROM, HALF_LIFE_SEASONS = 1980, 20
FIRST_JUDGED = 1985
"""From this season on stature is scored for the choice; before it, five seasons are there to learn from."""
LEAST_SHARE, LEAST_WINS = 1e-4, 0.05
TOWARDS = (1.0, 0.0)
"""While nothing is learned, the odds are the simulation's."""
RIDGE = 40.0
MEMBERS, SEED = 40, 0

STATURE_WINS = "wins_all_last_40"
MEASURES = [
    f"{measure}_all_{window}" for window in ("last_10", "last_40")
    for measure in ("wins", "podiums", "points", "poles", "avg_grid", "avg_position")
]
STATE = ["round", "rounds_remaining", "is_race_day", "points_gap", "points_season", "position_season", "wins_season"]
SIMULATED = ["simulation", "fixed", "is_excluded"]
INPUTS = [*STATE, *SIMULATED, *MEASURES]
"""The columns that a row must have beside the key."""
TREE_INPUTS = ["log_simulated", "log_wins", "gap_rounds", "progress", "position_season", "wins_season", *MEASURES]

RECIPE = recipe_of(vars(), decision, boosting)
RECIPE_ID = recipe_id(RECIPE)


@dataclass(frozen=True)
class TitleFit(StoredFit):
    """`shares` of leaders by part of a season; the coefficients of stature (members × 2, the first on the actual
    seasons); and `way`: which of `WAYS` is published.
    """

    NAME: ClassVar[str] = "title"
    ABOUT: ClassVar[str] = (
        "Who becomes Formula 1 champion of the drivers, asked after every race and sprint and before the season."
    )
    RECIPE: ClassVar[Mapping[str, Any]] = RECIPE
    SCORING: ClassVar[int] = 4
    INPUTS: ClassVar[list[str]] = INPUTS
    KEY: ClassVar[list[str]] = KEY
    ODDS: ClassVar[list[str]] = ODDS

    shares: dict[str, float]
    coefficients: list[list[float]]
    way: str

    def probabilities(self, rows: pl.DataFrame, learners: Collection[str] = LEARNERS) -> pl.DataFrame:
        """Who wins the title, by each learner: one row per row of `title_rows` and learner.

        `KEY`, `learner`, and `probability` with its 90 % bounds, by learner, day and driver. Over the drivers of a day
        they sum to 1; drivers who can no longer win have exactly 0. Raises `InputMissingError`.
        """
        seen = seen_of(rows)
        days, is_out = numbers(seen, TITLE), seen["is_excluded"].to_numpy()
        parts = []
        for learner in learners:
            strengths = self._strengths(self.way if learner == PUBLISHED else learner, seen)
            odds = bounded(softmax(np.where(is_out[:, None], -np.inf, strengths), days))
            columns = zip(ODDS, map(pl.Series, odds), strict=True)
            parts.append(seen.select(KEY).with_columns(learner=pl.lit(learner), **dict(columns)))
        return pl.concat(parts)

    def _strengths(self, learner: str, seen: pl.DataFrame) -> np.ndarray:
        """Logarithms of the odds, rows × members."""
        if learner == LEADER:
            return np.log(np.maximum(leader_odds(seen, self.shares).to_numpy(), 1e-12))[:, None]
        coefficients = np.array(self.coefficients)
        blurred = redrawn_shares(seen, FIXED if learner == FIXED else SIMULATION, len(coefficients) - 1)
        if learner in (FIXED, SIMULATION):
            with np.errstate(divide="ignore"):
                return np.log(blurred)
        x = stature_inputs(seen)
        stature = np.log(np.maximum(blurred, LEAST_SHARE)) * coefficients[:, 0] + x[:, 1:] * coefficients[:, 1]
        if learner == STATURE:
            return stature
        margin = (x * coefficients[0]).sum(axis=1)
        return stature + (boosted(self.boosters["trees"], tree_values(seen, TREE_INPUTS), margin) - margin)[:, None]


def title_rows(abt: pl.LazyFrame, simulated: pl.LazyFrame) -> pl.DataFrame:
    """Rows of abt/title_abt by day and driver with `SIMULATED`, from model/simulated_titles.

    Raises `InputMissingError` if the simulations lack a row.
    """
    of_drivers = simulated.filter(pl.col("title") == DRIVER).select(
        *TITLE, "is_excluded", driver_id="entrant_id", simulation="probability", fixed="probability_fixed"
    )
    rows = abt.join(of_drivers, on=KEY, how="left").sort("as_of", "driver_id").collect()
    require_simulated(rows, SIMULATION, "model/simulated_titles")
    return rows


def seen_of(rows: pl.DataFrame) -> pl.DataFrame:
    """Turns rows into model inputs, sorted by day and driver.

    A win has been worth 8 to 25 points, so a gap counts in rounds at the leader's mean pace, and a count is the share
    of the field's maximum.
    """
    require(rows, [*KEY, *INPUTS])
    is_open = ~pl.col("is_excluded")
    run = pl.col("round") - (~pl.col("is_race_day") & (pl.col("round") > 0)).cast(pl.Int32)
    pace = pl.col("points_season").max().over("as_of") / run.clip(1)
    most = pl.col(STATURE_WINS).filter(is_open).max().over("as_of").clip(1)
    return rows.sort("as_of", "driver_id").with_columns(
        log_simulated=pl.col(SIMULATION).clip(LEAST_SHARE).log(),
        log_wins=(LEAST_WINS + pl.col(STATURE_WINS).fill_null(0) / most).log(),
        gap_rounds=pl.when(pl.col("points_gap") > 0).then(pl.col("points_gap") / pace).otherwise(0.0),
        progress=run / (run + pl.col("rounds_remaining")).clip(1),
        is_leader=(pl.col("position_season") == 1).fill_null(value=False),
    ).with_columns(pl.col(MEASURES) / pl.col(MEASURES).max().over("as_of").clip(1e-9))


def title_fit(history: pl.DataFrame) -> TitleFit | None:
    """Fit the recipe on the scored decisions of rows of `title_rows`; None with fewer than `MIN_SEASONS` seasons.

    A decision whose champion is not among the entrants is left out (1952: Ascari missed the first race).
    """
    scored = history.filter(decision.is_scored("is_champion")).filter(pl.col("is_champion").any().over("as_of"))
    seasons = scored["season"].unique().sort()
    if len(seasons) < MIN_SEASONS:
        return None
    seen = seen_of(scored)
    open_ = seen.filter(~pl.col("is_excluded"))
    season = int(seasons[-1]) + 1
    past = Decided.of(open_)
    coefficients = stature_coefficients(past, season, MEMBERS)
    margin, weight = past.x @ coefficients[0], age_weight(past.season, season, HALF_LIFE_SEASONS)
    trees = fitted_trees(tree_values(open_, TREE_INPUTS), margin, past.won, past.decision, weight)
    return TitleFit(
        recipe=RECIPE_ID,
        published=PUBLISHED,
        fitted_from=seasons[0],
        fitted_through=seasons[-1],
        boosters={"trees": trees},
        shares=leader_shares(seen),
        coefficients=coefficients.tolist(),
        way=best_way(_losses_of_ways(open_, past, season), season, WAYS),
    )


def stature_inputs(seen: pl.DataFrame) -> np.ndarray:
    """The inputs of stature: logarithms of the simulated share, and of the share of the most wins."""
    return seen.select("log_simulated", "log_wins").to_numpy()


def redrawn_shares(seen: pl.DataFrame, share: str, members: int) -> np.ndarray:
    """The simulated share, and its values on resampled simulations: rows × (1 + members).

    The champions of a day's simulations are drawn again; the same day gives the same draws, whatever else is computed.
    """
    if seen.is_empty():
        return np.zeros((0, 1 + members))
    days = []
    p_of_all, starts = seen[share].to_numpy(), np.flatnonzero(np.diff(numbers(seen, ["as_of"]), prepend=-1))
    for day, p in zip(seen["as_of"].gather(starts), np.split(p_of_all, starts[1:]), strict=True):
        drawn = np.random.default_rng(day.toordinal()).multinomial(TITLE_SIMULATIONS, p / p.sum(), size=members)
        days.append(np.column_stack([p, drawn.T / TITLE_SIMULATIONS]))
    return np.concatenate(days)


class Decided(NamedTuple):
    """The entrants who could still win, of scored decisions in order of the day.

    The inputs of stature, who `won`, the season, and the number of the decision.
    """

    x: np.ndarray
    won: np.ndarray
    season: np.ndarray
    decision: np.ndarray

    @classmethod
    def of(cls, open_: pl.DataFrame) -> "Decided":
        """From rows of `seen_of`, without the excluded."""
        won = open_["is_champion"].to_numpy().astype(float)
        return cls(stature_inputs(open_), won, open_["season"].to_numpy(), numbers(open_, TITLE))

    def within(self, first: int, last: int) -> "Decided":
        """Those of the seasons from the first to the last."""
        rows = slice(*np.searchsorted(self.season, [first, last + 1]))
        decision = self.decision[rows]
        return Decided(self.x[rows], self.won[rows], self.season[rows], decision - decision[:1])


def stature_coefficients(decided: Decided, season: int, members: int = 0) -> np.ndarray:
    """Coefficients of the logit on the seasons before a season, and on resampled seasons: (1 + members) × 2."""
    past = decided.within(LEARNED_FROM, season - 1)
    if not len(past.season):
        return np.tile(TOWARDS, (1 + members, 1))
    return members_of(
        past.x, past.won, age_weight(past.season, season, HALF_LIFE_SEASONS), np.full(2, RIDGE), past.decision,
        past.season, members, SEED, np.array(TOWARDS),
    )  # fmt: skip


def _losses_of_ways(open_: pl.DataFrame, decided: Decided, season: int) -> pl.DataFrame:
    """The loss of each way on the scored decisions of the seasons that the choice looks at; stature is out of sample.
    """
    first = max(FIRST_JUDGED, season - parameters.SEASONS_SEEN)
    of_seasons = [np.zeros(0)]
    for year in range(first, season):
        rows = decided.within(year, year)
        if len(rows.season):
            of_seasons.append(softmax(rows.x @ stature_coefficients(decided, year)[0], rows.decision))
    judged = open_.filter(pl.col("season").is_between(first, season - 1))
    return losses(judged.with_columns(pl.Series(STATURE, np.concatenate(of_seasons))), WAYS)


def title_odds_by(fit: TitleFit, rows: pl.DataFrame, learners: Collection[str] = LEARNERS) -> pl.DataFrame:
    """The odds of a fit for rows of `title_rows`; with `round`, `part`, `is_scored`, `is_champion` and `way`.

    Once the season is over the odds are 1 for the champion and 0 for the others.
    """
    of_row = rows.select(
        *KEY, "round", "is_champion", part=decision.part_of_season(), is_scored=decision.is_scored("is_champion"),
        is_over=(pl.col("rounds_remaining") == 0) & pl.col("is_champion").is_not_null(),
    )
    settled = pl.when("is_over").then(pl.col("is_champion").cast(pl.Float64))
    return (
        fit.probabilities(rows, learners)
        .join(of_row, on=KEY, validate="m:1")
        .with_columns(settled.otherwise(pl.col(value)).alias(value) for value in ODDS)
        .with_columns(way=pl.lit(fit.way))
    )


def _load_pyfunc(folder: str) -> PublishedOdds:
    """Entry point of MLflow for loading a registered fit."""
    return PublishedOdds(TitleFit.load(Path(folder)), {"as_of": pl.Date})
