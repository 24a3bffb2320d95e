"""gold/driver_standings: the drivers' championship after every round, as plain sums of points."""

import dagster as dg
import dataframely as dy
import polars as pl

from f1lake.partitions import SAME_SEASON, SEASONS
from f1lake.silver.season_points import season_points
from f1lake.storage.contract import enforced, table


class DriverStandings(dy.Schema):
    """The drivers' championship after every round: all points of races and sprints added up.

    Official from 1991 on; until 1990 only a driver's best results counted, and those rules are not
    applied yet. A driver excluded from the standings afterwards (Schumacher, 1997) is in them here.
    """

    season = dy.Int32(primary_key=True, min=1950, description="year of the championship")
    round = dy.Int32(primary_key=True, min=1, description="the round after which these are the standings")
    driver_id = dy.String(primary_key=True, description="each driver with a race or sprint row so far")
    constructor_id = dy.String(description="the constructor of the driver's latest race or sprint")
    points = dy.Float64(min=0, description="points so far, none dropped", metadata={"unit": "points"})
    points_gap = dy.Float64(min=0, description="points behind the leader", metadata={"unit": "points"})
    position = dy.Int32(min=1, description="by points, then by the better race results; equal ones share it")
    wins = dy.Int32(min=0, description="races won so far, shared wins included", metadata={"unit": "races"})


@dg.asset(
    **table("gold/driver_standings", DriverStandings),
    partitions_def=SEASONS,
    ins={"results": dg.AssetIn(["silver", "session_results"], partition_mapping=SAME_SEASON)},
)
@enforced(DriverStandings)
def driver_standings(results: pl.LazyFrame) -> pl.LazyFrame:
    """The season as it stood on the day of each race."""
    return season_points(results).filter("is_race_day").select(DriverStandings.column_names())
