"""What the title learners see of a row of abt/title_abt: checked by name, and set against the field.

What is fitted, and on what, belongs to `title_recipe.py`.
"""

import polars as pl

from f1lake.silver.driver_features import FEATURES

MEASURES = [name for name in FEATURES if "_all_" in name]
"""Races and sprints together. Those of one scope say the same: until 2020 there was no sprint."""

STATE = [
    "round", "is_before_season", "is_race_day", "rounds_remaining",
    "points_season", "points_gap", "position_season", "wins_season",
]
SIMULATED = ["simulated", "is_excluded"]
"""Of model/simulated_titles: the share of the simulations won, and whether arithmetic excludes the driver."""

INPUTS = [*STATE, *SIMULATED, *MEASURES]
"""The columns that a row must bring, with `season`, `as_of` and `driver_id`, which name it."""

KEY = ["season", "as_of", "driver_id"]

GAP_INPUTS = ["gap_rounds", "gap_rounds_late", "gap_per_round"]
TREE_INPUTS = [
    "log_simulated", "gap_rounds", "progress", "rounds_remaining", "position_season", "wins_season", *MEASURES,
]  # fmt: skip
MIN_SHARE = 1e-4


class InputMissingError(LookupError):
    """A column that the model was fitted with is not there, or not under that name."""


def with_simulation(abt: pl.LazyFrame, simulated: pl.LazyFrame) -> pl.DataFrame:
    """Rows of abt/title_abt with `SIMULATED`, from model/simulated_titles.

    Raises `InputMissingError` if the simulations lack a row: they were made before the latest results.
    """
    of_drivers = simulated.filter(pl.col("title") == "driver").select(
        "season", "as_of", "is_excluded", driver_id="entrant_id", simulated="probability"
    )
    rows = abt.join(of_drivers, on=KEY, how="left").sort("as_of", "driver_id").collect()
    lacking = rows.filter(pl.col("simulated").is_null())["season"].unique().sort().to_list()
    if lacking:
        raise InputMissingError(
            f"model/simulated_titles lacks days of {lacking}: materialize it for those seasons first (`f1lake odds`)"
        )
    return rows


def title_inputs(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows as the learners see them, by `as_of` and driver.

    Columns `GAP_INPUTS` and `TREE_INPUTS`. Points have been worth 8 to 25 for a win, so a gap counts in
    rounds at the leader's mean pace, and a measure is the share of the field's highest. Raises
    `InputMissingError` if one of `INPUTS` is not there.
    """
    missing = [name for name in [*KEY, *INPUTS] if name not in rows.columns]
    if missing:
        raise InputMissingError(f"the title model was fitted with {missing}, which the frame does not have")
    rounds_run = pl.col("round") - (~pl.col("is_race_day") & ~pl.col("is_before_season")).cast(pl.Int32)
    pace = pl.col("points_season").max().over("as_of") / rounds_run.clip(1)
    return (
        rows.sort("as_of", "driver_id")
        .with_columns(
            gap_rounds=pl.when(pl.col("points_gap") > 0).then(pl.col("points_gap") / pace).otherwise(0.0),
            progress=rounds_run / (rounds_run + pl.col("rounds_remaining")).clip(1),
            log_simulated=(pl.col("simulated") + MIN_SHARE).log(),
        )
        .with_columns(_share_of_highest(name) for name in MEASURES)
        .with_columns(
            gap_rounds_late=pl.col("gap_rounds") * pl.col("progress"),
            gap_per_round=pl.col("gap_rounds") / pl.col("rounds_remaining").clip(1),
        )
    )


def _share_of_highest(measure: str) -> pl.Expr:
    highest = pl.col(measure).max().over("as_of")
    return pl.when(highest != 0).then(pl.col(measure) / highest).alias(measure)
