"""Points, wins and places of a season as they stood after each of its sessions: plain sums.

Used by the tables that show standings; the rules under which earlier seasons dropped scores do
not belong here.
"""

import polars as pl

COUNTBACK_PLACES = 12
"""How many places break a tie: five bits of an integer for each, 60 in all."""


def season_points(results: pl.LazyFrame) -> pl.LazyFrame:
    """How the season stood after every race and sprint, one row a day and driver entered so far.

    From silver/session_results to `season`, `round`, `as_of`, `is_race_day`, `driver_id`,
    `constructor_id` (of the latest session), `points`, `points_gap` (to the leader), `wins` (of
    races) and `position`. Points are the source's, races and sprints, plainly added: official from
    1991 on; until 1990 only a driver's best results counted. Ties go to the better race results,
    wins first (countback, FIA sporting regulations), to the twelfth place; equal beyond that,
    drivers share the position.
    """
    sessions = results.filter(pl.col("session") != "Qualifying").rename({"session_date": "as_of"})
    days = sessions.group_by("season", "round", "as_of").agg(is_race_day=(pl.col("session") == "Race").any())
    drivers = sessions.group_by("season", "driver_id").agg(since=pl.col("as_of").min())
    is_race = pl.col("session") == "Race"
    below_last_place = (COUNTBACK_PLACES - pl.col("position")).clip(0)
    in_place = is_race & (pl.col("position") <= COUNTBACK_PLACES)
    added = sessions.group_by("season", "as_of", "driver_id").agg(
        constructor_id=pl.col("constructor_id").last(),
        points=(pl.col("points") * 100).round().cast(pl.Int64).sum(),
        wins=(is_race & (pl.col("position") == 1)).sum().cast(pl.Int32),
        countback=pl.when(in_place).then(pl.lit(32, pl.Int64).pow(below_last_place)).otherwise(0).sum(),
    )
    ranked = ["points", "countback"]
    of_driver, of_day = ["season", "driver_id"], ["season", "as_of"]
    return (
        days.join(drivers, on="season")
        .filter(pl.col("as_of") >= pl.col("since"))
        .join(added, on=["season", "as_of", "driver_id"], how="left")
        .sort("as_of", "driver_id")
        .with_columns(
            pl.col("points", "wins", "countback").fill_null(0).cum_sum().over(of_driver),
            pl.col("constructor_id").forward_fill().over(of_driver),
        )
        .with_columns(
            position=pl.struct(ranked).rank("min", descending=True).over(of_day).cast(pl.Int32),
            points_gap=(pl.col("points").max().over(of_day) - pl.col("points")) / 100,
            points=pl.col("points") / 100,
        )
        .select(
            "season", "round", "as_of", "is_race_day", "driver_id", "constructor_id",
            "points", "points_gap", "wins", "position",
        )
    )
