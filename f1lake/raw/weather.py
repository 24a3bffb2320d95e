"""raw/weather: the weather at the track, once a minute of a session; only with an F1TV account."""

from collections.abc import Iterator

import dagster as dg
import dataframely as dy
import polars as pl

from f1lake.raw.event_rows import OF_EVENTS
from f1lake.raw.live_timing import OfSession, collected_part
from f1lake.storage.contract import enforced, table

TABLE = "raw/weather"


class Weather(OfSession):
    """One row per minute of a session."""

    Time = dy.Duration(primary_key=True, description="since the start of the recording of the session")
    AirTemp = dy.Float64(nullable=True, min=-30, max=60, description="air temperature", metadata={"unit": "°C"})
    Humidity = dy.Float64(nullable=True, min=0, max=100, description="relative humidity", metadata={"unit": "%"})
    Pressure = dy.Float64(nullable=True, min=500, max=1100, description="air pressure", metadata={"unit": "mbar"})
    Rainfall = dy.Bool(nullable=True, description="whether it rains")
    TrackTemp = dy.Float64(nullable=True, min=-30, max=90, description="track temperature", metadata={"unit": "°C"})
    WindDirection = dy.Int64(nullable=True, min=0, max=360, description="wind direction", metadata={"unit": "degrees"})
    WindSpeed = dy.Float64(nullable=True, min=0, max=100, description="wind speed", metadata={"unit": "m/s"})


@dg.asset(**table(TABLE, Weather), **OF_EVENTS)
@enforced(Weather)
def weather(
    context: dg.AssetExecutionContext, schedule: pl.LazyFrame, results: pl.LazyFrame
) -> Iterator[dg.Output[dict[str, pl.DataFrame]]]:
    """The sessions of the run's past events."""
    yield from collected_part(context, schedule, results, "weather", TABLE, Weather)
