"""silver/practice_results: the best times of the free practices, in the lake's words."""

import dagster as dg
import dataframely as dy
import polars as pl

from f1lake.partitions import SEASONS
from f1lake.raw.f1db_race_data import PRACTICE
from f1lake.silver.f1db import INPUTS, in_our_rounds, with_driver_ids
from f1lake.storage.contract import enforced, table

SESSIONS = tuple(PRACTICE.values())


class PracticeResults(dy.Schema):
    """Free practice, one row a driver and session: F1DB's, from two races of 1986 and all since 1988.

    Without F1DB there are no rows. On a race weekend a practice comes from F1DB's main branch, as a rule on the same
    evening; a release replaces it.
    """

    season = dy.Int32(primary_key=True, min=1950, description="year of the championship")
    round = dy.Int32(primary_key=True, min=1, description="place in the season's calendar, from 1")
    session = dy.Enum(
        SESSIONS, primary_key=True, description="Practice 1 to 4", metadata={"from": ["type"]}
    )
    f1db_driver_id = dy.String(
        primary_key=True, description="F1DB's id of the driver: not everybody who practised ever raced",
        metadata={"from": ["driverId"]},
    )
    driver_id = dy.String(nullable=True, description="the lake's; null for who never was in a qualifying or race")
    position = dy.Int32(
        nullable=True, min=1, description="place in the session", metadata={"from": ["positionNumber"]}
    )
    best_ms = dy.Int64(
        nullable=True, min=0, description="best time; null without one",
        metadata={"from": ["timeMillis"], "unit": "ms"},
    )
    gap_ms = dy.Int64(
        nullable=True, min=0, description="to the best time of the session",
        metadata={"from": ["timeMillis"], "unit": "ms"},
    )
    laps = dy.Int32(nullable=True, min=0, description="laps driven; from 1994", metadata={"unit": "laps"})


@dg.asset(**table("silver/practice_results", PracticeResults), partitions_def=SEASONS, ins=INPUTS)
@enforced(PracticeResults)
def practice_results(
    rows: pl.LazyFrame, races: pl.LazyFrame, events: pl.LazyFrame, ids: pl.LazyFrame
) -> pl.LazyFrame:
    """F1DB's rows of the practices, with the gap to the best."""
    session = pl.col("type").cast(pl.String).replace_strict(PRACTICE, default=None, return_dtype=pl.Enum(SESSIONS))
    practices = with_driver_ids(
        in_our_rounds(rows.with_columns(session=session).drop_nulls("session"), races, events), ids
    )
    return (
        practices.sort("positionDisplayOrder")  # of two cars of one driver the better
        .unique(["season", "round", "session", "driverId"], keep="first", maintain_order=True)
        .select(
            "season", "round", "session", "driver_id", "laps", f1db_driver_id="driverId", position="positionNumber",
            best_ms="timeMillis",
            gap_ms=pl.col("timeMillis") - pl.col("timeMillis").min().over("season", "round", "session"),
        )
        .select(PracticeResults.column_names())
        .sort("season", "round", "session", "position", "f1db_driver_id", nulls_last=True)
    )
