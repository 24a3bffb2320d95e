"""bronze/race_control_messages: the messages of race control to the teams; only with an F1TV account."""

import dagster as dg
import polars as pl

from f1lake.bronze.filed import SCHEDULE, rightly_filed
from f1lake.partitions import ALL_EVENTS, SEASONS
from f1lake.raw import race_control_messages as raw
from f1lake.storage.contract import enforced, table
from f1lake.storage.raw_io import OPTIONAL


class RaceControlMessages(raw.RaceControlMessages):
    """One row per message of race control in a session."""


@dg.asset(
    **table("bronze/race_control_messages", RaceControlMessages),
    partitions_def=SEASONS,
    ins={"rows": dg.AssetIn(["raw", "race_control_messages"], partition_mapping=ALL_EVENTS, metadata=OPTIONAL)}
    | SCHEDULE,
)
@enforced(RaceControlMessages)
def race_control_messages(rows: pl.LazyFrame, schedule: pl.LazyFrame) -> pl.LazyFrame:
    """The collected rows, unchanged."""
    return rightly_filed(rows, schedule).select(RaceControlMessages.column_names())
