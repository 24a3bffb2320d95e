"""silver/champions: who won each championship that is over."""

import dagster as dg
import dataframely as dy
import polars as pl

from f1lake.partitions import SAME_SEASON, SEASONS
from f1lake.storage.contract import enforced, table


class Champions(dy.Schema):
    """The champions, by the official standings after the season's last scheduled round.

    A season without those is still running and has no row.
    """

    season = dy.Int32(primary_key=True, min=1950, description="year of the championship")
    driver_id = dy.String(description="the champion of the drivers")
    constructor_id = dy.String(
        nullable=True,
        description="the champion of the constructors, who need not be the driver's; null while the lake "
        "has no constructors' standings, and before 1958, when there was no such title",
    )


@dg.asset(
    **table("silver/champions", Champions),
    partitions_def=SEASONS,
    ins={
        "standings": dg.AssetIn(["bronze", "driver_standings"], partition_mapping=SAME_SEASON),
        "schedule": dg.AssetIn(["bronze", "events"], partition_mapping=SAME_SEASON),
    },
)
@enforced(Champions)
def champions(standings: pl.LazyFrame, schedule: pl.LazyFrame) -> pl.LazyFrame:
    """The first of the standings after the last round, where there are such standings."""
    last_round = schedule.group_by("season").agg(pl.col("round").max())
    return (
        standings.filter(pl.col("position") == 1)
        .join(last_round, on=["season", "round"], how="semi")
        .select("season", driver_id="driverId", constructor_id=pl.lit(None, pl.String))
    )
