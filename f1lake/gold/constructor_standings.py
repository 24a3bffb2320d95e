"""gold/constructor_standings: the constructors' championship after every round, by the rules of its season."""

import dagster as dg
import dataframely as dy
import polars as pl

from f1lake.partitions import SAME_SEASON, SEASONS
from f1lake.silver.championship import championship
from f1lake.silver.measures import in_points
from f1lake.storage.contract import enforced, table


class ConstructorStandings(dy.Schema):
    """Which constructor led its championship after each round, by how much?

    From 1958, when it began. Counted by silver/scoring_rules: to 1978 only the best car of a race and the
    best results, without the Indianapolis 500; with the decisions on teams in it (McLaren, excluded from
    2007). Where the source's standings differ, docs/standings-differences.md says why.
    """

    season = dy.Int32(primary_key=True, min=1958, description="year of the championship")
    round = dy.Int32(primary_key=True, min=1, description="the round after which these are the standings")
    constructor_id = dy.String(primary_key=True, description="each constructor with a race or sprint row so far")
    points = dy.Float64(min=0, description="points that count so far", metadata={"unit": "points"})
    points_dropped = dy.Float64(
        min=0, description="points of results beyond the best that count", metadata={"unit": "points"}
    )
    points_gap = dy.Float64(description="points behind the leader", metadata={"unit": "points"})
    position = dy.Int32(
        nullable=True, min=1,
        description="by points, then the better race results of all cars; equal ones share it; null for those excluded",
    )
    wins = dy.Int32(min=0, description="races won so far; a shared car won once", metadata={"unit": "races"})


@dg.asset(
    **table("gold/constructor_standings", ConstructorStandings),
    partitions_def=SEASONS,
    ins={
        "results": dg.AssetIn(["silver", "session_results"], partition_mapping=SAME_SEASON),
        "rules": dg.AssetIn(["silver", "scoring_rules"], partition_mapping=SAME_SEASON),
    },
)
@enforced(ConstructorStandings)
def constructor_standings(results: pl.LazyFrame, rules: pl.LazyFrame) -> pl.LazyFrame:
    """The championship on the evening of each race, where there is one."""
    return (
        championship(results, rules.filter("has_constructors_title"), "constructor", with_hindsight=True)
        .filter("is_race_day")
        .select(
            "season", "round", "position", "wins",
            constructor_id="id",
            points=in_points(pl.col("points")),
            points_dropped=in_points(pl.col("points_dropped")),
            points_gap=in_points(pl.col("points_gap")),
        )
        .select(ConstructorStandings.column_names())
        .sort("season", "round", "constructor_id")
    )
