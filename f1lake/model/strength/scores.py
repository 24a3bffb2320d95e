"""Scores of each entrant in a session, about normally distributed within a field; higher is better.

A race has two observations: qualifying and the finish. With qualifying times, the gap to the best is the score;
otherwise, and in sprints, the place on the grid. How strengths follow from scores is in `follow.py`.
"""

import polars as pl

from f1lake.abt.race_abt import FEWEST_TIMES

BEHIND_THE_GRID = 1000
SLOWEST_PCT = 7.0
"""A time further behind the best of its part of qualifying was no real attempt."""
SPREAD_OF_PLACES = (2, 20)
LEAST_SPREAD_PCT = 0.15
SPREAD_KEPT = 0.9
CLOSE, WIDTH, LOWEST = 0.3, 1.75, -3.2
"""The score is -ln(`CLOSE` + gap / spread), minus the mean of the session, times `WIDTH`, and at least `LOWEST`."""

ROUND = ["season", "round"]
SESSION = ["session_date", "session"]


def observed(results: pl.DataFrame, constructors: pl.DataFrame) -> pl.DataFrame:
    """Races and sprints, one row per entrant, by day and driver: with `car`, `qualifying_score` and `finish_score`.

    From silver/session_results and silver/constructors. Drivers who failed to qualify rank behind the grid. Starters
    from the pit lane and withdrawn drivers have no place on it, unclassified ones no finish.
    """
    times = qualifying_scores(results)
    grid = pl.when(pl.col("status_class") == "failed_to_qualify").then(BEHIND_THE_GRID).when("is_start").then("grid")
    finish = pl.when(pl.col("status_class") == "classified").then("position")
    is_timed = pl.struct(ROUND).is_in(times.select(pl.struct(ROUND).unique()).to_series().implode())
    return (
        with_cars(results.filter(pl.col("session") != "Qualifying"), constructors)
        .join(times, on=[*ROUND, "driver_id"], how="left")
        .with_columns(
            qualifying_score=pl.when(is_timed & (pl.col("session") == "Race"))
            .then("time_score").otherwise(place_scores(grid, SESSION)),
            finish_score=place_scores(finish, SESSION),
        )
        .drop("time_score")
        .sort(*SESSION, "driver_id")
    )


def with_cars(results: pl.DataFrame, constructors: pl.DataFrame) -> pl.DataFrame:
    """Rows with `season` and `constructor_id`, by season, with `car`: the constructor's latest known lineage."""
    cars = constructors.select("season", "constructor_id", car="lineage_id").sort("season")
    return (
        results.sort("season")
        .join_asof(cars, on="season", by="constructor_id", check_sortedness=False)
        .with_columns(pl.col("car").fill_null(pl.col("constructor_id")))
    )


def place_scores(place: pl.Expr, field: list[str]) -> pl.Expr:
    """The place in a field as a quantile of the normal distribution, null without one: first of 20 is 1.96."""
    from scipy.special import ndtri  # half a second of every process that scores nothing

    rank, count = place.rank("average").over(field), place.count().over(field)
    return ((count - rank + 0.5) / count).map_batches(
        lambda share: pl.Series(ndtri(share.to_numpy())), return_dtype=pl.Float64
    ).fill_nan(None)


def gap_pct(time: str, over: list[str]) -> pl.Expr:
    """How far a time is behind the best, 100 ln(time / best); null beyond `SLOWEST_PCT`, which was no attempt."""
    gap = 100 * (pl.col(time) / pl.col(time).min().over(over)).log()
    return pl.when(gap <= 100 * pl.lit(1 + SLOWEST_PCT / 100).log()).then(gap)


def qualifying_scores(results: pl.DataFrame) -> pl.DataFrame:
    """`season`, `round`, `driver_id` and `time_score` of qualifyings with times: one row per driver with a time.

    A driver's gap, in per cent, is that to the best time of the last part in which the driver set one. It is divided by
    the spread of the field: the mean of that day's (mean gap of places 2 to 20) and of earlier ones'.
    """
    parts = ["q1_ms", "q2_ms", "q3_ms"]
    gaps = (
        results.filter(pl.col("session") == "Qualifying")
        .with_columns(gap=pl.coalesce(gap_pct(part, ROUND) for part in reversed(parts)))
        .drop_nulls("gap")
        .filter(pl.len().over(ROUND) >= FEWEST_TIMES)
    )
    spreads = (
        gaps.filter(pl.col("position").is_between(*SPREAD_OF_PLACES))
        .group_by(ROUND).agg(own=pl.col("gap").mean().clip(LEAST_SPREAD_PCT).log())
        .sort(ROUND)
        .with_columns(run=pl.col("own").ewm_mean(alpha=1 - SPREAD_KEPT, adjust=False).shift().fill_null(pl.col("own")))
        .select(*ROUND, spread=((pl.col("own") + pl.col("run")) / 2).exp())
    )
    score = -(CLOSE + pl.col("gap") / pl.col("spread")).log()
    return gaps.join(spreads, on=ROUND).select(
        *ROUND, "driver_id", time_score=(WIDTH * (score - score.mean().over(ROUND))).clip(LOWEST)
    )
