"""silver/champions: who won each finished championship."""

import dagster as dg
import dataframely as dy
import polars as pl

from f1lake.partitions import SAME_SEASON, SEASONS
from f1lake.silver.championship import championship
from f1lake.silver.events import last_rounds
from f1lake.storage.contract import enforced, table


class Champions(dy.Schema):
    """The champions, from the official standings after the season's last scheduled round.

    A season without those standings is still running and has no row. While only the best car of a constructor scored
    (1958-78), the source adds up the points of all cars and would name the wrong champion in 1958, 1964, 1972 and 1973;
    those titles are counted by silver/scoring_rules.
    """

    season = dy.Int32(primary_key=True, min=1950, description="year of the championship")
    driver_id = dy.String(description="the champion of the drivers")
    constructor_id = dy.String(
        nullable=True,
        description="the champion of the constructors, who need not be the driver's; null before 1958, when there was "
        "no such title, and while the source has no standings of constructors",
    )


@dg.asset(
    **table("silver/champions", Champions),
    partitions_def=SEASONS,
    ins={
        "of_drivers": dg.AssetIn(["bronze", "driver_standings"], partition_mapping=SAME_SEASON),
        "of_constructors": dg.AssetIn(["bronze", "constructor_standings"], partition_mapping=SAME_SEASON),
        "schedule": dg.AssetIn(["bronze", "events"], partition_mapping=SAME_SEASON),
        "results": dg.AssetIn(["silver", "session_results"], partition_mapping=SAME_SEASON),
        "rules": dg.AssetIn(["silver", "scoring_rules"], partition_mapping=SAME_SEASON),
    },
)
@enforced(Champions)
def champions(
    of_drivers: pl.LazyFrame, of_constructors: pl.LazyFrame, schedule: pl.LazyFrame, results: pl.LazyFrame,
    rules: pl.LazyFrame,
) -> pl.LazyFrame:
    """The first in the official standings after the last round, where there are such standings."""
    last_round = last_rounds(schedule)
    best_car = rules.filter("has_constructors_title", pl.col("constructor_cars").is_not_null())
    counted = championship(
        results.join(best_car, on="season", how="semi"), best_car, "constructor", with_hindsight=True
    ).select("season", "round", "position", by_rules="id")
    return (
        first(of_drivers, last_round).select("season", driver_id="driverId")
        .join(first(of_constructors, last_round).select("season", "constructorId"), on="season", how="left")
        .join(first(counted, last_round).select("season", "by_rules"), on="season", how="left")
        .select("season", "driver_id", constructor_id=pl.coalesce("by_rules", "constructorId"))
        .sort("season")
    )


def first(standings: pl.LazyFrame, last_round: pl.LazyFrame) -> pl.LazyFrame:
    """The rows in first place after the last round of their season."""
    return standings.filter(pl.col("position") == 1).join(last_round, on=["season", "round"], how="semi")
