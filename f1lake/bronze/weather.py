"""bronze/weather: the weather at the track, once a minute of a session; only with an F1TV account."""

import dagster as dg
import dataframely as dy
import polars as pl

from f1lake.bronze.filed import SCHEDULE, rightly_filed
from f1lake.partitions import ALL_EVENTS, SEASONS
from f1lake.raw.live_timing import OfSession
from f1lake.storage.contract import enforced, table
from f1lake.storage.raw_io import OPTIONAL


class Weather(OfSession):
    """One row per minute of a session."""

    time_ms = dy.Int64(
        primary_key=True, metadata={"unit": "ms"}, description="since the start of the recording of the session"
    )
    AirTemp = dy.Float64(nullable=True, min=-30, max=60, description="air temperature", metadata={"unit": "°C"})
    Humidity = dy.Float64(nullable=True, min=0, max=100, description="relative humidity", metadata={"unit": "%"})
    Pressure = dy.Float64(nullable=True, min=500, max=1100, description="air pressure", metadata={"unit": "mbar"})
    Rainfall = dy.Bool(nullable=True, description="whether it rains")
    TrackTemp = dy.Float64(nullable=True, min=-30, max=90, description="track temperature", metadata={"unit": "°C"})
    WindDirection = dy.Int64(nullable=True, min=0, max=360, description="wind direction", metadata={"unit": "degrees"})
    WindSpeed = dy.Float64(nullable=True, min=0, max=100, description="wind speed", metadata={"unit": "m/s"})


@dg.asset(
    **table("bronze/weather", Weather),
    partitions_def=SEASONS,
    ins={"rows": dg.AssetIn(["raw", "weather"], partition_mapping=ALL_EVENTS, metadata=OPTIONAL)} | SCHEDULE,
)
@enforced(Weather)
def weather(rows: pl.LazyFrame, schedule: pl.LazyFrame) -> pl.LazyFrame:
    """The collected rows, with times in milliseconds."""
    own = rightly_filed(rows, schedule)
    return own.with_columns(time_ms=pl.col("Time").dt.total_milliseconds()).select(Weather.column_names())
