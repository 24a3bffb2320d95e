"""gold/driver_standings: the drivers' championship after every round, by the rules of its season."""

import dagster as dg
import dataframely as dy
import polars as pl

from f1lake.partitions import SAME_SEASON, SEASONS
from f1lake.silver.championship import championship
from f1lake.silver.measures import in_points
from f1lake.storage.contract import enforced, table


class DriverStandings(dy.Schema):
    """Who led the drivers' championship after each round, by how much?

    Counted by silver/scoring_rules: to 1990 only a driver's best results. As official standings do, it
    has later decisions in it: Schumacher, excluded from 1997 after its last race, has no place in any
    round of it. Where official standings differ, docs/standings-differences.md says why.
    """

    season = dy.Int32(primary_key=True, min=1950, description="year of the championship")
    round = dy.Int32(primary_key=True, min=1, description="the round after which these are the standings")
    driver_id = dy.String(primary_key=True, description="each driver with a race or sprint row so far")
    constructor_id = dy.String(description="the constructor of the driver's latest race or sprint")
    points = dy.Float64(min=0, description="points that count so far", metadata={"unit": "points"})
    points_dropped = dy.Float64(
        min=0, description="points of results beyond the best that count", metadata={"unit": "points"}
    )
    points_gap = dy.Float64(description="points behind the leader", metadata={"unit": "points"})
    position = dy.Int32(
        nullable=True, min=1,
        description="by points, then the better race results; equal ones share it; null for those excluded",
    )
    wins = dy.Int32(min=0, description="races won so far, shared wins included", metadata={"unit": "races"})


@dg.asset(
    **table("gold/driver_standings", DriverStandings),
    partitions_def=SEASONS,
    ins={
        "results": dg.AssetIn(["silver", "session_results"], partition_mapping=SAME_SEASON),
        "rules": dg.AssetIn(["silver", "scoring_rules"], partition_mapping=SAME_SEASON),
    },
)
@enforced(DriverStandings)
def driver_standings(results: pl.LazyFrame, rules: pl.LazyFrame) -> pl.LazyFrame:
    """The championship on the evening of each race, with the driver's team."""
    sessions = results.filter(pl.col("session") != "Qualifying").select(
        "season", "constructor_id", as_of="session_date", id="driver_id"
    )
    return (
        championship(results, rules, "driver", with_hindsight=True)
        .filter("is_race_day")
        .sort("as_of")
        .join_asof(sessions.sort("as_of"), on="as_of", by=["season", "id"], check_sortedness=False)
        .select(
            "season", "round", "position", "wins", "constructor_id",
            driver_id="id",
            points=in_points(pl.col("points")),
            points_dropped=in_points(pl.col("points_dropped")),
            points_gap=in_points(pl.col("points_gap")),
        )
        .select(DriverStandings.column_names())
        .sort("season", "round", "driver_id")
    )
