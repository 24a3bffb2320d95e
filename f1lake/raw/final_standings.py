"""raw/final_standings: the official driver standings that a season ended with, or stands at."""

import dagster as dg
import polars as pl

from f1lake.partitions import SAME_SEASON, SEASONS
from f1lake.raw.driver_standings import DriverStandings
from f1lake.storage.contract import enforced, table


class FinalStandings(DriverStandings):
    """The last published round of `raw/driver_standings`, for readers of the files who want no other."""


@dg.asset(
    **table("raw/final_standings", FinalStandings),
    partitions_def=SEASONS,
    ins={"standings": dg.AssetIn(["raw", "driver_standings"], partition_mapping=SAME_SEASON)},
)
@enforced(FinalStandings)
def final_standings(context: dg.AssetExecutionContext, standings: pl.LazyFrame) -> dict[str, pl.DataFrame]:
    """The last round of each of the run's seasons; no request is sent for it."""
    last = standings.filter(pl.col("round") == pl.col("round").max().over("season")).collect()
    return {season: last.filter(season=int(season)) for season in context.partition_keys}
