"""bronze/session_results: every row of races, sprints and qualifyings, classified or not."""

import dagster as dg
import dataframely as dy
import polars as pl

from f1lake.bronze.filed import SCHEDULE, rightly_filed
from f1lake.partitions import ALL_EVENTS, SEASONS
from f1lake.raw.session_results import Results
from f1lake.storage.contract import enforced, table
from f1lake.upstream.absent import NULL_WHERE_ABSENT

DURATIONS = ("totalRaceTime", "fastestLapTime", "Q1", "Q2", "Q3")


class SessionResults(Results):
    """The results of races, sprints and qualifyings, one row per driver, session and car number."""

    totalRaceTime_ms = dy.Int64(nullable=True, description="race time, or gap to the winner", metadata={"unit": "ms"})
    fastestLapTime_ms = dy.Int64(nullable=True, description="fastest lap", metadata={"unit": "ms"})
    Q1_ms = dy.Int64(nullable=True, description="first part of qualifying", metadata={"unit": "ms"})
    Q2_ms = dy.Int64(nullable=True, description="second part of qualifying", metadata={"unit": "ms"})
    Q3_ms = dy.Int64(nullable=True, description="third part of qualifying", metadata={"unit": "ms"})


@dg.asset(
    **table("bronze/session_results", SessionResults),
    partitions_def=SEASONS,
    ins={"results": dg.AssetIn(["raw", "session_results"], partition_mapping=ALL_EVENTS)} | SCHEDULE,
)
@enforced(SessionResults)
def session_results(results: pl.LazyFrame, schedule: pl.LazyFrame) -> pl.LazyFrame:
    """The collected rows, with durations in milliseconds."""
    in_ms = [pl.col(c).dt.total_milliseconds().alias(f"{c}_ms") for c in DURATIONS]
    own = rightly_filed(results, schedule).with_columns(*in_ms)
    return own.with_columns(NULL_WHERE_ABSENT).select(SessionResults.column_names())
