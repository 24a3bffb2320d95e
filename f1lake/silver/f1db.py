"""What silver's tables of F1DB have in common: F1DB's rounds and drivers as the lake knows them.

F1DB is optional: without it all of these tables are empty. What does not belong here: what each table keeps.
"""

from typing import Any

import dagster as dg
import polars as pl

from f1lake.partitions import SAME_SEASON
from f1lake.raw.f1db import MAIN

F1DB = {"source": "F1DB"}
RACE_DATA: dict[str, Any] = {"rows": dg.AssetIn(["bronze", "f1db_race_data"], partition_mapping=SAME_SEASON)}
RACES: dict[str, Any] = {"races": dg.AssetIn(["bronze", "f1db_races"], partition_mapping=SAME_SEASON)}
EVENTS: dict[str, Any] = {"events": dg.AssetIn(["silver", "events"], partition_mapping=SAME_SEASON)}
IDS: dict[str, Any] = {"ids": dg.AssetIn(["silver", "f1db_drivers"], partition_mapping=SAME_SEASON)}
INPUTS = RACE_DATA | RACES | EVENTS | IDS
SESSION_OF = {
    "race-results": "Race", "sprint-race-results": "Sprint",
    "starting-grid-positions": "Race", "sprint-starting-grid-positions": "Sprint",
}  # fmt: skip


def in_our_rounds(rows: pl.LazyFrame, races: pl.LazyFrame, events: pl.LazyFrame) -> pl.LazyFrame:
    """F1DB's rows with `round` as the lake counts it; without those of races that the lake has not.

    Both count anew when the calendar changes, a release later than the lake: a race is known by its day, which may be
    a day off (local days and UTC, and one mistake). What comes from the main branch was asked for by the lake's round.
    """
    known = our_rounds(races, events)
    released = pl.col("source") != MAIN
    return pl.concat([
        rows.filter(~released),
        rows.filter(released).join(known, on=["season", "round"]).drop("round").rename({"our_round": "round"})
        .select(rows.collect_schema().names()),
    ])  # fmt: skip


def our_rounds(races: pl.LazyFrame, events: pl.LazyFrame) -> pl.LazyFrame:
    """[season, round, our_round]: F1DB's races that are events of the lake.

    By their days; what this leaves on both sides is one race if it has the same number (2021 R16, of which F1DB has the
    day it was planned for).
    """
    days = events.select("season", day="event_date", our_round="round").drop_nulls("day").sort("day")
    by_day = (
        races.select("season", "round", day="date").sort("day")
        .join_asof(days, on="day", by="season", strategy="nearest", tolerance="1d", check_sortedness=False)
        .select("season", "round", "our_round")
    )  # fmt: skip
    taken = by_day.drop_nulls("our_round")
    by_number = (
        by_day.filter(pl.col("our_round").is_null()).drop("our_round")
        .join(events.select("season", "round", our_round="round"), on=["season", "round"])
        .join(taken, on=["season", "our_round"], how="anti")
    )
    return pl.concat([taken, by_number])


def with_driver_ids(rows: pl.LazyFrame, ids: pl.LazyFrame) -> pl.LazyFrame:
    """F1DB's rows with `driver_id`, the lake's; null for drivers whom the lake does not know."""
    known = ids.select("season", "driver_id", driverId="f1db_driver_id")
    return rows.join(known, on=["season", "driverId"], how="left")


def of_sessions(
    rows: pl.LazyFrame, races: pl.LazyFrame, events: pl.LazyFrame, ids: pl.LazyFrame, *types: str
) -> pl.LazyFrame:
    """The rows of races and sprints of some files, in the lake's rounds and ids, with `session`: one row a driver.

    Of a driver of several cars it is the one that stands first in the file.
    """
    wanted = rows.filter(pl.col("type").cast(pl.String).is_in(types))
    session = pl.col("type").cast(pl.String).replace_strict(SESSION_OF, return_dtype=pl.Enum(["Race", "Sprint"]))
    return (
        with_driver_ids(in_our_rounds(wanted, races, events), ids).drop_nulls("driver_id")
        .with_columns(session=session)
        .sort("season", "round", "session", "positionDisplayOrder")
        .unique(["season", "round", "session", "driver_id", "type"], keep="first", maintain_order=True)
    )
