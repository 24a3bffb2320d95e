"""A made-up title table: four drivers, a few rounds a season, and form that tells something."""

import datetime as dt
import functools
from collections.abc import Callable
from typing import Any

import dagster as dg
import numpy as np
import polars as pl

from f1lake.abt.title_abt import TitleAbt
from f1lake.model.simulated_titles import SimulatedTitles
from f1lake.model.title_model import title_model
from f1lake.model.title_scores import title_scores

DRIVERS = ("ann", "bea", "cyd", "dot")
ROUNDS = 4


def simulated(abt: pl.DataFrame) -> pl.DataFrame:
    """Rows of model/simulated_titles for a title table: shares that fall with the gap, nobody out of reach."""
    strength = (-pl.col("points_gap") / (5 + 5 * pl.col("rounds_remaining"))).exp()
    fixed = {
        "title": "driver", "constructor_id": "team", "sprints_remaining": 0, "expected_points": 30.0,
        "expected_points_low": 20.0, "expected_points_high": 40.0, "strength": 0.0, "strength_rank": 1, "car_rank": 1,
        "strongest_car_since": 0, "is_out": False,
    }  # fmt: skip
    rows = abt.with_columns(
        is_excluded=pl.lit(value=False), probability=strength / strength.sum().over("as_of"), entrant_id="driver_id",
        probability_fixed=strength / strength.sum().over("as_of"),
        position="position_season", points="points_season",
        **{name: pl.lit(value) for name, value in fixed.items()},
    )  # fmt: skip
    return SimulatedTitles.cast(rows.select(SimulatedTitles.column_names()))


@functools.cache
def title_abt(first: int = 1991, last: int = 2007, running_rounds: int = 2, seed: int = 1) -> pl.DataFrame:
    """Rows of abt/title_abt; the last season is running, `running_rounds` of its rounds are held."""
    chance = np.random.default_rng(seed)
    frames = []
    for season in range(first, last + 1):
        strength = chance.normal(size=len(DRIVERS))
        won = chance.multinomial(1, np.exp(strength) / np.exp(strength).sum(), size=ROUNDS)
        points = np.vstack([np.zeros(len(DRIVERS)), (10 * won + chance.integers(0, 7, won.shape)).cumsum(axis=0)])
        held = range(ROUNDS + 1 if season < last else running_rounds + 1)
        form = strength + chance.normal(size=(ROUNDS + 1, len(DRIVERS)))
        frames += [_day(season, round_, points, won, form[round_], season < last) for round_ in held]
    return pl.concat(frames).sort("as_of", "driver_id")


def _day(season: int, round_: int, points: np.ndarray, won: np.ndarray, form: np.ndarray, over: bool) -> pl.DataFrame:
    total = points[round_]
    known: dict[str, Any] = {
        "season": season,
        "as_of": dt.date(season, 1 + 2 * round_, 1),
        "driver_id": DRIVERS,
        "round": round_,
        "is_before_season": round_ == 0,
        "is_race_day": round_ > 0,
        "rounds_remaining": ROUNDS - round_,
        "sprints_remaining": 0,
        "constructor_id": "team",
        "points_season": total,
        "points_gap": total.max() - total,
        "position_season": (1 + (total[:, None] < total).sum(axis=1)) if round_ else [None] * len(DRIVERS),
        "wins_season": won[:round_].sum(axis=0),
        "is_champion": [i == points[-1].argmax() for i in range(len(DRIVERS))] if over else [None] * len(DRIVERS),
    }
    schema = TitleAbt.create_empty().schema
    features = {
        name: pl.Series(name, 10 + form if "points" in name else np.ones(len(DRIVERS))).cast(dtype)
        for name, dtype in schema.items() if name not in known
    }
    return pl.DataFrame(known | features, schema=schema)


def with_sprint_day(abt: pl.DataFrame, season: int) -> pl.DataFrame:
    """A sprint on the day before the second race."""
    second = abt.filter(pl.col("season") == season, pl.col("round") == 2)
    day_before, race_to_come = pl.col("as_of") - pl.duration(days=1), pl.col("rounds_remaining") + 1
    sprint = second.with_columns(day_before, race_to_come, is_race_day=pl.lit(False))
    return pl.concat([abt, sprint]).sort("as_of", "driver_id")


def backtest(
    made: Callable[..., pl.DataFrame], abt: pl.DataFrame, first: int, last: int, simulations: pl.DataFrame | None = None
) -> pl.DataFrame:
    """model/title_model of a run over these seasons, in key order."""
    seasons = dg.PartitionKeyRange(str(first), str(last))
    context = dg.build_asset_context(partition_key_range=seasons)
    simulations = simulated(abt) if simulations is None else simulations
    return made(title_model, context, abt, simulations).sort("learner", "as_of", "driver_id")


def scores(made: Callable[..., pl.DataFrame], tested: pl.DataFrame) -> pl.DataFrame:
    """model/title_scores of a backtest."""
    return made(title_scores, tested)
