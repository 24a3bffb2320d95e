"""What the two tables of standings share: inputs, columns, and how they are shown."""

import dagster as dg
import dataframely as dy
import polars as pl

from f1lake.partitions import SAME_SEASON
from f1lake.silver.championship import Whose, championship
from f1lake.silver.measures import in_points
from f1lake.storage.pictures import lines, preview

POINTS = {"unit": "points"}
INPUTS = {
    "results": dg.AssetIn(["silver", "session_results"], partition_mapping=SAME_SEASON),
    "rules": dg.AssetIn(["silver", "scoring_rules"], partition_mapping=SAME_SEASON),
}
CONTENDERS = 8


def columns() -> dict[str, dy.Column]:
    """The columns after the key."""
    return {
        "points": dy.Float64(min=0, description="points that count so far", metadata=POINTS),
        "points_dropped": dy.Float64(
            min=0, description="points of results beyond the best that count", metadata={"from": ["points"], **POINTS}
        ),
        "points_gap": dy.Float64(description="points behind the leader", metadata={"from": ["points"], **POINTS}),
        "position": dy.Int32(
            nullable=True, min=1,
            description="by points, then the better race results, a constructor's of all cars; equal ones share it; "
            "null for those excluded",
        ),
        "wins": dy.Int32(
            min=0, description="races won so far; a shared win is each driver's, and one of the constructor",
            metadata={"from": ["session", "position"], "unit": "races"},
        ),
    }


def after_races(results: pl.LazyFrame, rules: pl.LazyFrame, whose: Whose) -> pl.LazyFrame:
    """The championship on the evening of each race, in points: these columns with the key, `as_of` and `id`."""
    return (
        championship(results, rules, whose, with_hindsight=True)
        .filter("is_race_day")
        .with_columns(in_points(pl.col("points", "points_dropped", "points_gap")))
    )


def fight(standings: pl.DataFrame, who: str) -> str:
    """The points of the top eight of the newest season after each round, and the current standings."""
    season = standings.filter(pl.col("season") == pl.col("season").max())
    now = season.filter(pl.col("round") == pl.col("round").max()).sort("position", nulls_last=True).head(CONTENDERS)
    return lines(season.join(now, on=who, how="semi"), "round", "points", who) + preview(now)
