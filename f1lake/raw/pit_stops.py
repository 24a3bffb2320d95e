"""raw/pit_stops: every stop of a race, one file per race event."""

from collections.abc import Iterator

import dagster as dg
import dataframely as dy
import polars as pl

from f1lake.raw.event_rows import OF_EVENTS, EventRows, collected_events
from f1lake.storage.contract import enforced, table
from f1lake.upstream.pages import PIT_STOPS

TABLE = "raw/pit_stops"
FIRST_SEASON = 2011
"""The source has no earlier ones."""


class PitStops(EventRows):
    """The pit stops of a race, one row per driver and stop."""

    driverId = dy.String(primary_key=True, description="the source's id of the driver")
    stop = dy.Int64(primary_key=True, min=1, description="number of the stop among the driver's, from 1")
    lap = dy.Int64(nullable=True, min=1, description="the lap on which it was made")
    time = dy.Time(nullable=True, description="local time of day")
    duration = dy.Duration(nullable=True, description="time in the pit lane; hours where the race was interrupted")


@dg.asset(**table(TABLE, PitStops), **OF_EVENTS)
@enforced(PitStops)
def pit_stops(
    context: dg.AssetExecutionContext, schedule: pl.LazyFrame, results: pl.LazyFrame
) -> Iterator[dg.Output[dict[str, pl.DataFrame]]]:
    """The stops of the run's past events."""
    yield from collected_events(context, PIT_STOPS, TABLE, PitStops, schedule, results)
