"""bronze/pit_stops: every stop of every race since 2011."""

import dagster as dg
import dataframely as dy
import polars as pl

from f1lake.bronze.filed import SCHEDULE, rightly_filed
from f1lake.partitions import ALL_EVENTS, SEASONS
from f1lake.raw.event_rows import EventRows
from f1lake.storage.contract import enforced, table
from f1lake.storage.raw_io import OPTIONAL
from f1lake.upstream.absent import NULL_WHERE_ABSENT


class PitStops(EventRows):
    """The pit stops of races, one row per driver and stop."""

    driverId = dy.String(primary_key=True, description="the source's id of the driver")
    stop = dy.Int64(primary_key=True, min=1, description="number of the stop among the driver's, from 1")
    lap = dy.Int64(nullable=True, min=1, description="the lap on which it was made")
    time = dy.String(nullable=True, description="local time of day, 18:05:33")
    duration_ms = dy.Int64(
        nullable=True, metadata={"unit": "ms"}, description="time in the pit lane; hours where the race was interrupted"
    )


@dg.asset(
    **table("bronze/pit_stops", PitStops),
    partitions_def=SEASONS,
    ins={"stops": dg.AssetIn(["raw", "pit_stops"], partition_mapping=ALL_EVENTS, metadata=OPTIONAL)} | SCHEDULE,
)
@enforced(PitStops)
def pit_stops(stops: pl.LazyFrame, schedule: pl.LazyFrame) -> pl.LazyFrame:
    """The collected stops, with durations in milliseconds and times of day as text."""
    return rightly_filed(stops, schedule).with_columns(NULL_WHERE_ABSENT).with_columns(
        pl.col("time").dt.strftime("%H:%M:%S"), duration_ms=pl.col("duration").dt.total_milliseconds()
    ).select(PitStops.column_names())
