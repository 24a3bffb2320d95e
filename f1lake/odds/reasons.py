"""Why the title odds are what they are: the terms, and an English sentence made of them.

The terms are columns, so that a page can word them in another language.
"""

import dataframely as dy
import polars as pl

POINTS, ROUNDS = {"unit": "points"}, {"unit": "rounds"}


def reason_columns() -> dict[str, dy.Column]:
    """The columns of the terms and of the sentence."""
    return {
        "position": dy.Int32(nullable=True, min=1, description="place in the championship; null before the season"),
        "points": dy.Float64(min=0, description="points that count so far", metadata=POINTS),
        "points_gap": dy.Float64(
            description="points behind the leader; the leader has minus the lead over the second", metadata=POINTS
        ),
        "rounds_remaining": dy.Int32(min=0, description="races still to come", metadata=ROUNDS),
        "sprints_remaining": dy.Int32(min=0, description="sprints still to come", metadata={"unit": "sprints"}),
        "is_decided": dy.Bool(description="whether the title is decided that day: one has 1, all others 0"),
        "is_excluded": dy.Bool(description="whether arithmetic excludes the entrant, whose probability is exactly 0"),
        "is_out": dy.Bool(description="whether the driver can race no more, as known that evening: the points stand"),
        "expected_points": dy.Float64(description="mean of the simulated points in the end", metadata=POINTS),
        "expected_points_low": dy.Float64(description="their 5 % quantile", metadata=POINTS),
        "expected_points_high": dy.Float64(description="their 95 % quantile", metadata=POINTS),
        "strength_rank": dy.Int32(min=1, description="place by estimated strength, of a driver with the car"),
        "car_rank": dy.Int32(min=1, description="place of the car among the cars by estimated strength"),
        "strongest_car_since": dy.Int32(
            nullable=True, min=0, metadata=ROUNDS,
            description="the round from which on the car has been the strongest, 0: since before the season; else null",
        ),
        "reason": dy.String(description="these in one English sentence"),
    }  # fmt: skip


def with_reasons(odds: pl.DataFrame, simulated: pl.DataFrame, key: str) -> pl.DataFrame:
    """Odds (`season`, `as_of`, `probability` and `key`) with the terms of model/simulated_titles and the sentence."""
    terms = [name for name in reason_columns() if name not in ("is_decided", "reason")]
    known = simulated.select("season", "as_of", *terms, **{key: pl.col("entrant_id")})
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
        .when((pl.col("position") == 1) & (pl.col("points_gap") == 0))
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
