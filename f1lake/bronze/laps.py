"""bronze/laps: every lap of the races whose laps were collected, since 1996."""

import dagster as dg
import dataframely as dy
import polars as pl

from f1lake.bronze.filed import SCHEDULE, rightly_filed
from f1lake.partitions import ALL_EVENTS, SEASONS
from f1lake.raw.event_rows import EventRows
from f1lake.storage.contract import enforced, table
from f1lake.storage.raw_io import OPTIONAL
from f1lake.upstream.absent import NULL_WHERE_ABSENT


class Laps(EventRows):
    """The laps of races, one row per driver and lap."""

    driverId = dy.String(primary_key=True, description="the source's id of the driver")
    lap = dy.Int64(primary_key=True, min=1, description="which lap, from 1; the source's `number`")
    position = dy.Int64(nullable=True, min=1, description="the driver's place at the end of the lap")
    time_ms = dy.Int64(nullable=True, metadata={"unit": "ms"}, description="lap time")


@dg.asset(
    **table("bronze/laps", Laps),
    partitions_def=SEASONS,
    ins={"timings": dg.AssetIn(["raw", "laps"], partition_mapping=ALL_EVENTS, metadata=OPTIONAL)} | SCHEDULE,
)
@enforced(Laps)
def laps(timings: pl.LazyFrame, schedule: pl.LazyFrame) -> pl.LazyFrame:
    """The collected laps, with lap times in milliseconds."""
    return rightly_filed(timings, schedule).with_columns(NULL_WHERE_ABSENT).with_columns(
        lap=pl.col("number"), time_ms=pl.col("time").dt.total_milliseconds()
    ).select(Laps.column_names())
