"""bronze/timing_drivers: drivers as shown by live timing, with headshots and colours; only with an F1TV account."""

import dagster as dg
import polars as pl

from f1lake.bronze.filed import SCHEDULE, rightly_filed
from f1lake.partitions import ALL_EVENTS, SEASONS
from f1lake.raw import timing_drivers as raw
from f1lake.storage.contract import enforced, table
from f1lake.storage.raw_io import OPTIONAL


class TimingDrivers(raw.TimingDrivers):
    """One row per driver of a session, as live timing shows them."""


@dg.asset(
    **table("bronze/timing_drivers", TimingDrivers),
    partitions_def=SEASONS,
    ins={"rows": dg.AssetIn(["raw", "timing_drivers"], partition_mapping=ALL_EVENTS, metadata=OPTIONAL)} | SCHEDULE,
)
@enforced(TimingDrivers)
def timing_drivers(rows: pl.LazyFrame, schedule: pl.LazyFrame) -> pl.LazyFrame:
    """The collected rows, unchanged."""
    return rightly_filed(rows, schedule).select(TimingDrivers.column_names())
