"""raw/driver_standings: the official driver standings of a season, after every round or after the last."""

from collections.abc import Iterator

import dagster as dg
import dataframely as dy
import polars as pl

from f1lake.partitions import SEASONS
from f1lake.raw.event_schedule import SOURCE, UTC_TIME
from f1lake.raw.standings import collected_seasons
from f1lake.settings import FIRST_SEASON
from f1lake.storage.contract import enforced, table
from f1lake.upstream.pages import STANDINGS
from f1lake.upstream.unknown_fields import UNKNOWN

TABLE = "raw/driver_standings"


class DriverStandings(dy.Schema):
    """The official driver standings, as the source publishes them after the event of `round`."""

    season = dy.Int32(primary_key=True, min=1950, description="year of the championship")
    round = dy.Int32(primary_key=True, min=1, description="the event after which these are the standings")
    driverId = dy.String(primary_key=True, description="the source's id of the driver")
    position = dy.Int64(nullable=True, min=1, description="null for drivers whom the source does not rank")
    positionText = dy.String(nullable=True, description="the position, `-` without one, D if excluded from the season")
    points = dy.Float64(nullable=True, min=0, description="points that count, dropped scores left out")
    wins = dy.Int64(nullable=True, min=0, description="races won")
    driverNumber = dy.Int64(nullable=True, description="the driver's permanent number, since 2014")
    driverCode = dy.String(nullable=True, description="three letters of the timing screens")
    driverUrl = dy.String(nullable=True, description="article about the driver")
    givenName = dy.String(description="given name")
    familyName = dy.String(description="family name")
    dateOfBirth = dy.Date(nullable=True, description="day of birth")
    driverNationality = dy.String(nullable=True, description="nationality of the driver")
    constructorIds = dy.List(dy.String(), nullable=True, description="the constructors the driver raced for")
    constructorUrls = dy.List(dy.String(), nullable=True, description="articles about them")
    constructorNames = dy.List(dy.String(), nullable=True, description="their names")
    constructorNationalities = dy.List(dy.String(), nullable=True, description="their nationalities")
    unknown_fields = dy.String(**UNKNOWN)
    collected_at = dy.Datetime(description="when it was collected", metadata={"volatile": True}, **UTC_TIME)
    source = dy.String(description=SOURCE, metadata={"volatile": True})


@dg.asset(**table(TABLE, DriverStandings), partitions_def=SEASONS)
@enforced(DriverStandings)
def driver_standings(context: dg.AssetExecutionContext) -> Iterator[dg.Output[dict[str, pl.DataFrame]]]:
    """The standings of the run's seasons; no rows for a season before its first race."""
    yield from collected_seasons(context, STANDINGS, TABLE, DriverStandings, FIRST_SEASON)
