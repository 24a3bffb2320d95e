"""Points, wins and places of a season as they stood after each of its sessions: plain sums.

Used by the tables that show standings; the rules under which earlier seasons dropped scores do
not belong here.
"""

import polars as pl

from f1lake.silver.measures import HUNDREDTHS, in_points

COUNTBACK = {"countback": range(1, 13), "countback_below": range(13, 25)}
"""The places that break a tie, the best first: an integer holds twelve counts of five bits each."""

CLASSIFIED = (pl.col("session") == "Race") & (pl.col("status_class") == "classified")


def season_points(results: pl.LazyFrame) -> pl.LazyFrame:
    """How the season stood after every race and sprint, one row a day and driver entered so far.

    From silver/session_results to `season`, `round`, `as_of`, `is_race_day`, `driver_id`,
    `constructor_id` (of the latest session), `points`, `points_gap` (to the leader), `wins` (of
    races) and `position`. Points are the source's, races and sprints, plainly added: official from
    1991 on; until 1990 only a driver's best results counted. Ties go to the better race results,
    wins first, then second places … (countback, FIA sporting regulations); still equal, drivers
    share the position.
    """
    is_race = pl.col("session") == "Race"
    sessions = results.filter(pl.col("session") != "Qualifying").rename({"session_date": "as_of"})
    days = sessions.group_by("season", "round", "as_of").agg(is_race_day=is_race.any())
    drivers = sessions.group_by("season", "driver_id").agg(since=pl.col("as_of").min())
    added = sessions.select(
        "as_of",
        "driver_id",
        "constructor_id",
        points=HUNDREDTHS,
        wins=(is_race & (pl.col("position") == 1)).cast(pl.Int32),
        **{name: weight(places, CLASSIFIED) for name, places in COUNTBACK.items()},
    )
    totals = ["points", "wins", *COUNTBACK]
    of_driver, of_day = ["season", "driver_id"], ["season", "as_of"]
    return (
        days.join(drivers, on="season")
        .filter(pl.col("as_of") >= pl.col("since"))
        .join(added, on=["as_of", "driver_id"], how="left")
        .sort("as_of", "driver_id")
        .with_columns(
            pl.col(totals).fill_null(0).cum_sum().over(of_driver),
            pl.col("constructor_id").forward_fill().over(of_driver),
        )
        .with_columns(
            position=pl.struct("points", *COUNTBACK).rank("min", descending=True).over(of_day).cast(pl.Int32),
            points_gap=in_points(pl.col("points").max().over(of_day) - pl.col("points")),
            points=in_points(pl.col("points")),
        )
        .drop("since", *COUNTBACK)
    )


def weight(places: range, counts: pl.Expr) -> pl.Expr:
    """A race result as a number whose sums compare as counts of these places do, the best place first.

    At most twelve places, each to be counted 31 times; 0 where the result does not count.
    """
    in_places = pl.col("position").is_between(places.start, places.stop - 1)
    digit = (places.stop - 1 - pl.col("position")).clip(0, len(places) - 1)
    return pl.when(counts & in_places).then(pl.lit(32, pl.Int64).pow(digit)).otherwise(0)
