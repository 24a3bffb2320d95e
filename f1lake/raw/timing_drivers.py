"""raw/timing_drivers: drivers as shown by live timing, with headshots and colours; only with an F1TV account."""

from collections.abc import Iterator

import dagster as dg
import dataframely as dy
import polars as pl

from f1lake.raw.event_rows import OF_EVENTS
from f1lake.raw.live_timing import OfSession, collected_part
from f1lake.storage.contract import enforced, table

TABLE = "raw/timing_drivers"


class TimingDrivers(OfSession):
    """One row per driver of a session, as live timing shows them."""

    DriverNumber = dy.String(primary_key=True, description="car number")
    BroadcastName = dy.String(description="name on television, `G RUSSELL`")
    Abbreviation = dy.String(description="three letters of the timing screens")
    DriverId = dy.String(nullable=True, description="the source's id of the driver, where Jolpica has the session")
    TeamName = dy.String(nullable=True, description="name of the team, without sponsors")
    TeamColor = dy.String(nullable=True, description="colour of the team that day, as six hexadecimal digits")
    TeamId = dy.String(nullable=True, description="the source's id of the constructor")
    HeadshotUrl = dy.String(nullable=True, description="picture of the driver")
    CountryCode = dy.String(nullable=True, description="country of the driver, three letters")


@dg.asset(**table(TABLE, TimingDrivers), **OF_EVENTS)
@enforced(TimingDrivers)
def timing_drivers(
    context: dg.AssetExecutionContext, schedule: pl.LazyFrame, results: pl.LazyFrame
) -> Iterator[dg.Output[dict[str, pl.DataFrame]]]:
    """The sessions of the run's past events."""
    yield from collected_part(context, schedule, results, "drivers", TABLE, TimingDrivers)
