"""What the race learners see of a row of abt/race_abt with model/simulated_races: set against the field.

What is fitted, and on what, belongs to `race_recipe.py`.
"""

import polars as pl

from f1lake.abt.race_abt import KEY, RACE_FEATURES

OF_SIMULATION = ["pace", "pace_sd", "car", "pace_rank", "car_rank", "p_retired", "p_win", "p_podium", "p_points"]
"""Of model/simulated_races."""

TREE_FEATURES = [name for name in RACE_FEATURES if name.endswith("_last_10") or name.startswith("circuit_")]
INPUTS = ["grid", "is_starting", *OF_SIMULATION, *TREE_FEATURES]
"""The columns that a row must bring, with the key, which names it."""

LOGIT_INPUTS = {
    "win": ["log_p_win"], "podium": ["log_odds_podium"], "points": ["log_odds_points"],
}  # fmt: skip
SHARED_INPUTS = [
    "pace", "log_behind_best", "log_finishing", "wins_all_last_10", "podiums_all_last_10", "form_points_share_last_10",
    "car_points_all_last_10", "circuit_wins_all_life", "log_grid", "is_pole", "is_second", "has_no_grid",
]  # fmt: skip
TREE_INPUTS = [
    "pace", "pace_sd", "car", "pace_rank", "car_rank", "p_retired", "log_p_win", "behind_best", "entrants", "grid",
    *TREE_FEATURES,
]  # fmt: skip
LAST_GRID = 26
DECISION = ["season", "round", "stage"]


class RaceInputMissingError(LookupError):
    """A column that the model was fitted with is not there, or not under that name."""


def with_simulated_race(abt: pl.LazyFrame, simulated: pl.LazyFrame) -> pl.DataFrame:
    """Rows of abt/race_abt with `OF_SIMULATION`.

    Raises `RaceInputMissingError` if the simulations lack a row: they were made before the latest results.
    """
    rows = abt.join(simulated.select(*KEY, *OF_SIMULATION), on=KEY, how="left").sort(KEY).collect()
    lacking = rows.filter(pl.col("p_win").is_null())["season"].unique().sort().to_list()
    if lacking:
        raise RaceInputMissingError(
            f"model/simulated_races lacks races of {lacking}: materialize it for those seasons first (`f1lake odds`)"
        )
    return rows


def race_inputs(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows as the learners see them, by key: counts as shares of the field's highest, means less the field's mean.

    Raises `RaceInputMissingError` if one of `INPUTS` is not there.
    """
    missing = [name for name in [*KEY, *INPUTS] if name not in rows.columns]
    if missing:
        raise RaceInputMissingError(f"the race model was fitted with {missing}, which the frame does not have")
    logit = {name: pl.col(f"p_{name}").clip(1e-3, 1 - 1e-3) for name in ("podium", "points")}
    place = pl.col("grid").fill_null(LAST_GRID)
    has_grid = pl.col("stage") == "grid"
    behind_best = pl.col("pace").max().over(DECISION) - pl.col("pace")
    return rows.sort(KEY).with_columns(*(_against_the_field(name) for name in TREE_FEATURES)).with_columns(
        log_p_win=(pl.col("p_win") + 1e-4).log(),
        log_odds_podium=(logit["podium"] / (1 - logit["podium"])).log(),
        log_odds_points=(logit["points"] / (1 - logit["points"])).log(),
        log_finishing=(1 - pl.col("p_retired")).log(),
        behind_best=behind_best,
        log_behind_best=(behind_best + 0.1).log(),
        entrants=pl.len().over(DECISION),
        log_grid=pl.when(has_grid).then(place.log()).otherwise(0.0),
        # Of the grid that the race's row has, as all of these: silver's `is_pole` differs in shared cars of 1950-64.
        is_pole=(pl.col("grid") == 1).fill_null(value=False).cast(pl.Float64),
        is_second=(pl.col("grid") == 2).fill_null(value=False).cast(pl.Float64),
        has_no_grid=(has_grid & pl.col("grid").is_null()).cast(pl.Float64),
        grid=pl.when(has_grid).then(place),
    )


def _against_the_field(name: str) -> pl.Expr:
    value = pl.col(name)
    if "avg_" in name or "qualifying_gap" in name:
        return (value - value.mean().over(DECISION)).alias(name)
    highest = value.max().over(DECISION)
    return pl.when(highest > 0).then(value.fill_null(0) / highest).otherwise(0.0).alias(name)
