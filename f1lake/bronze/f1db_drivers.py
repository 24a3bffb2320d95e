"""bronze/f1db_drivers: who the drivers of F1DB's seasons are, with every change of it."""

import dagster as dg
import polars as pl

from f1lake.partitions import SAME_SEASON, SEASONS
from f1lake.raw.f1db_drivers import F1dbDrivers
from f1lake.storage.contract import enforced, table
from f1lake.storage.raw_io import OPTIONAL


@dg.asset(
    **table("bronze/f1db_drivers", F1dbDrivers),
    partitions_def=SEASONS,
    ins={"drivers": dg.AssetIn(["raw", "f1db_drivers"], partition_mapping=SAME_SEASON, metadata=OPTIONAL)},
)
@enforced(F1dbDrivers)
def f1db_drivers(drivers: pl.LazyFrame) -> pl.LazyFrame:
    """The collected rows."""
    return drivers.select(F1dbDrivers.column_names())
