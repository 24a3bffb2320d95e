"""silver/pit_stops: every stop of every race since 2011, in the lake's terms."""

import dagster as dg
import dataframely as dy
import polars as pl

from f1lake.partitions import SAME_SEASON, SEASONS
from f1lake.storage.contract import enforced, table

INTERRUPTED_MS = 5 * 60 * 1000
"""A stop of five minutes means that the race was stopped while the clock ran on in the pit lane."""


class PitStops(dy.Schema):
    """The pit stops of races. A race without rows has none in the source; drivers may have stopped all the same."""

    season = dy.Int32(primary_key=True, min=1950, description="year of the championship")
    round = dy.Int32(primary_key=True, min=1, description="place in the season's calendar, from 1")
    driver_id = dy.String(primary_key=True, description="the source's id of the driver")
    stop = dy.Int64(primary_key=True, min=1, description="which of the driver's stops, from 1")
    lap = dy.Int64(nullable=True, min=1, description="the lap on which it was made")
    duration_ms = dy.Int64(
        nullable=True, min=0, metadata={"unit": "ms"},
        description="time in the pit lane; null beyond five minutes, when the race was stopped",
    )


@dg.asset(
    **table("silver/pit_stops", PitStops),
    partitions_def=SEASONS,
    ins={"stops": dg.AssetIn(["bronze", "pit_stops"], partition_mapping=SAME_SEASON)},
)
@enforced(PitStops)
def pit_stops(stops: pl.LazyFrame) -> pl.LazyFrame:
    """The collected stops, without the durations of interrupted races."""
    return stops.select(
        "season", "round", "stop", "lap", driver_id="driverId",
        duration_ms=pl.when(pl.col("duration_ms") <= INTERRUPTED_MS).then("duration_ms"),
    ).select(PitStops.column_names()).sort("season", "round", "driver_id", "stop")
