"""bronze/lap_tyres: the tyres of each lap of a session; only with an F1TV account."""

import dagster as dg
import polars as pl

from f1lake.bronze.filed import SCHEDULE, rightly_filed
from f1lake.partitions import ALL_EVENTS, SEASONS
from f1lake.raw import lap_tyres as raw
from f1lake.storage.contract import enforced, table
from f1lake.storage.raw_io import OPTIONAL


class LapTyres(raw.LapTyres):
    """One row per driver and lap of a session."""


@dg.asset(
    **table("bronze/lap_tyres", LapTyres),
    partitions_def=SEASONS,
    ins={"rows": dg.AssetIn(["raw", "lap_tyres"], partition_mapping=ALL_EVENTS, metadata=OPTIONAL)} | SCHEDULE,
)
@enforced(LapTyres)
def lap_tyres(rows: pl.LazyFrame, schedule: pl.LazyFrame) -> pl.LazyFrame:
    """The collected rows, unchanged."""
    return rightly_filed(rows, schedule).select(LapTyres.column_names())
