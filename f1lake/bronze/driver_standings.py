"""bronze/driver_standings: the official standings of the drivers, after the last event of each season."""

import dagster as dg
import dataframely as dy
import polars as pl

from f1lake.bronze.events import UTC_TIME
from f1lake.partitions import SAME_SEASON, SEASONS
from f1lake.storage.contract import enforced, table


class DriverStandings(dy.Schema):
    """The official driver standings, as the source has them after the event named by `round`."""

    season = dy.Int32(primary_key=True, min=1950, description="year of the championship")
    round = dy.Int32(primary_key=True, min=1, description="the event after which these are the standings")
    driverId = dy.String(primary_key=True, description="the source's id of the driver")
    position = dy.Int64(nullable=True, min=1, description="null for drivers whom the source does not rank")
    positionText = dy.String(nullable=True, description="the position, `-` without one, D if excluded from the season")
    points = dy.Float64(min=0, description="points that count, dropped scores left out")
    wins = dy.Int64(min=0, description="races won")
    givenName = dy.String(description="given name")
    familyName = dy.String(description="family name")
    constructorIds = dy.List(dy.String(), description="the constructors the driver raced for", nullable=True)
    collected_at = dy.Datetime(description="when it was collected", metadata={"volatile": True}, **UTC_TIME)
    source = dy.String(description="`jolpica`, or what the recording says of itself")


@dg.asset(
    **table("bronze/driver_standings", DriverStandings),
    partitions_def=SEASONS,
    ins={"standings": dg.AssetIn(["raw", "final_standings"], partition_mapping=SAME_SEASON)},
)
@enforced(DriverStandings)
def driver_standings(standings: pl.LazyFrame) -> pl.LazyFrame:
    """The collected standings, the columns that the contract names."""
    return standings.select(DriverStandings.column_names())
