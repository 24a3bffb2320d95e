"""raw/laps: every lap of a race, one file per race event."""

from collections.abc import Iterator

import dagster as dg
import dataframely as dy
import polars as pl

from f1lake.raw.event_rows import OF_EVENTS, EventRows, collected_events
from f1lake.storage.contract import enforced, table
from f1lake.upstream.pages import LAPS

TABLE = "raw/laps"
FIRST_SEASON = 1996
"""The source has no earlier ones."""


class Laps(EventRows):
    """The laps of a race, one row per driver and lap."""

    driverId = dy.String(primary_key=True, description="the source's id of the driver")
    number = dy.Int64(primary_key=True, min=1, description="which lap, from 1")
    position = dy.Int64(nullable=True, min=1, description="the driver's place at the end of the lap")
    time = dy.Duration(nullable=True, description="lap time")


@dg.asset(**table(TABLE, Laps), **OF_EVENTS)
@enforced(Laps)
def laps(
    context: dg.AssetExecutionContext, schedule: pl.LazyFrame, results: pl.LazyFrame
) -> Iterator[dg.Output[dict[str, pl.DataFrame]]]:
    """The laps of the run's past events."""
    yield from collected_events(context, LAPS, TABLE, Laps, schedule, results)
