"""Why the title odds are what they are: the terms, and an English sentence made of them.

The terms are columns, so that a page can word them in another language.
"""

import dataframely as dy
import polars as pl

from f1lake.model.simulated_titles import SimulatedTitles

STANDING = ["position", "points", "points_gap", "rounds_remaining", "sprints_remaining"]
PROSPECTS = [
    "is_excluded", "is_out", "expected_points", "expected_points_low", "expected_points_high", "strength_rank",
    "car_rank", "strongest_car_since",
]  # fmt: skip


def reason_columns() -> dict[str, dy.Column]:
    """The columns of the terms and of the sentence."""
    terms = SimulatedTitles.columns()
    return {
        **{name: terms[name] for name in STANDING},
        "is_decided": dy.Bool(description="whether the title is decided that day: one has 1, all others 0"),
        **{name: terms[name] for name in PROSPECTS},
        "reason": dy.String(description="these in one English sentence"),
    }


def with_reasons(odds: pl.DataFrame, simulated: pl.DataFrame, key: str) -> pl.DataFrame:
    """Odds (`season`, `as_of`, `probability` and `key`) with the terms of model/simulated_titles and the sentence."""
    known = simulated.select("season", "as_of", *STANDING, *PROSPECTS, **{key: pl.col("entrant_id")})
    is_decided = (pl.col("probability").max().over("season", "as_of") == 1).alias("is_decided")
    return (
        odds.join(known, on=["season", "as_of", key], how="left", validate="m:1")
        .with_columns(is_decided)
        .with_columns(reason=sentence())
    )


def sentence() -> pl.Expr:
    """The entrant's position and the strength of the car: `leads by 25 with 13 rounds to go; strongest car since round
    6`.
    """
    left = pl.format("{} to go", _counted(pl.col("rounds_remaining"), "round"))
    gap = _number(pl.col("points_gap").abs())
    stands = (
        pl.when(pl.col("is_decided") & (pl.col("probability") == 1))
        .then(pl.lit("is champion: nobody can catch up any more"))
        .when(pl.col("is_out")).then(pl.format("races no more; has {} points", _number(pl.col("points"))))
        .when(pl.col("is_excluded") | (pl.col("is_decided") & (pl.col("probability") == 0)))
        .then(pl.format("cannot win any more: {} behind with {}", gap, left))
        .when(pl.col("position").is_null())
        .then(pl.format("before the season, {}", left))
        .when(pl.col("points_gap") == 0)
        .then(pl.format("level on points at the top with {}", left))
        .when(pl.col("position") == 1)
        .then(pl.format("leads by {} with {}", gap, left))
        .otherwise(pl.format("{} behind with {}", gap, left))
    )
    since = pl.col("strongest_car_since")
    car = (
        pl.when(since == 0).then(pl.lit("strongest car since before the season"))
        .when(since.is_not_null()).then(pl.format("strongest car since round {}", since))
        .otherwise(pl.format("car ranked {}", pl.col("car_rank")))
    )  # fmt: skip
    return pl.when(pl.col("is_out")).then(stands).otherwise(pl.format("{}; {}", stands, car))


def _counted(number: pl.Expr, what: str) -> pl.Expr:
    return pl.format("{} {}", number, pl.when(number == 1).then(pl.lit(what)).otherwise(pl.lit(what + "s")))


def _number(points: pl.Expr) -> pl.Expr:
    """Points without trailing zeros: 25, 12.5."""
    return points.round(2).cast(pl.String).str.strip_suffix(".0")
