"""The races as the learners see them: which columns a row brings, and what is made of them.

What does not belong here: what is fitted on them (`race.py`).
"""

import polars as pl

from f1lake.abt.race_abt import KEY, WITHOUT_ORDER
from f1lake.model.learn.decision import RACE
from f1lake.model.learn.stored import require, require_simulated
from f1lake.model.season.simulate import FLOOR
from f1lake.model.strength.practice import PRACTICE

TARGETS = ("win", "podium", "points")
LAST_SLOT = 26
LEAST_BEHIND, LEAST_WINS = 0.1, 0.05

OF_SIMULATION = [
    "pace", "pace_sd", "car", "pace_rank", "car_rank", "p_retired", "p_win", "p_podium", "p_points", "pace_fixed",
    "p_win_fixed", *PRACTICE,
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
OF_PRACTICE = [name for name in PRACTICE if name.startswith("practice_")]
OF_FRIDAY = [name for name in PRACTICE if name.startswith("friday_")]
TREE_INPUTS = ["pace", "pace_sd", "car", "pace_rank", "car_rank", "p_retired", "log_p_win", "grid", *LATELY]


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
    place, has_grid = pl.col("grid").fill_null(LAST_SLOT), ~pl.col("stage").is_in(WITHOUT_ORDER)
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
    knows_no_more = pl.col(OF_PRACTICE[0]).eq_missing(pl.col(OF_FRIDAY[0])).all().over(RACE)
    to_field = [
        *(_against_the_field(name) for name in LATELY),
        *(pl.col(name) - pl.col(name).mean().over(RACE) for name in PRACTICE),
    ]
    return rows.sort(KEY).with_columns(*to_field, is_friday=knows_no_more).with_columns(
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


def _log_odds(name: str) -> pl.Expr:
    p = pl.col(name).clip(1e-3, 1 - 1e-3)
    return (p / (1 - p)).log()


def _against_the_field(name: str) -> pl.Expr:
    value = pl.col(name)
    if "avg_" in name or "qualifying_gap" in name:
        return (value - value.mean().over(RACE)).alias(name)
    highest = value.max().over(RACE)
    return pl.when(highest > 0).then(value.fill_null(0) / highest).otherwise(0.0).alias(name)
