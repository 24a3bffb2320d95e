"""bronze/f1db_races: the races of F1DB's calendar, with every change of them."""

import dagster as dg
import polars as pl

from f1lake.partitions import SAME_SEASON, SEASONS
from f1lake.raw.f1db_races import F1dbRaces
from f1lake.storage.contract import enforced, table
from f1lake.storage.raw_io import OPTIONAL


@dg.asset(
    **table("bronze/f1db_races", F1dbRaces),
    partitions_def=SEASONS,
    ins={"races": dg.AssetIn(["raw", "f1db_races"], partition_mapping=SAME_SEASON, metadata=OPTIONAL)},
)
@enforced(F1dbRaces)
def f1db_races(races: pl.LazyFrame) -> pl.LazyFrame:
    """The collected rows."""
    return races.select(F1dbRaces.column_names())
