"""bronze/driver_standings: the official standings of the drivers, which decide who is champion."""

import dagster as dg
import polars as pl

from f1lake.partitions import SAME_SEASON, SEASONS
from f1lake.raw import driver_standings as raw
from f1lake.storage.contract import enforced, table
from f1lake.upstream.absent import NULL_WHERE_ABSENT


class DriverStandings(raw.DriverStandings):
    """The official driver standings, as the source publishes them after the event of `round`."""


@dg.asset(
    **table("bronze/driver_standings", DriverStandings),
    partitions_def=SEASONS,
    ins={"standings": dg.AssetIn(["raw", "driver_standings"], partition_mapping=SAME_SEASON)},
)
@enforced(DriverStandings)
def driver_standings(standings: pl.LazyFrame) -> pl.LazyFrame:
    """The collected standings, unchanged."""
    return standings.with_columns(NULL_WHERE_ABSENT)
