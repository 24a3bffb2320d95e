"""bronze/events: the schedule of every season, as the source has it now."""

import dagster as dg
import dataframely as dy
import polars as pl

from f1lake.partitions import SAME_SEASON, SEASONS
from f1lake.raw.event_schedule import ERGAST, ScheduledEvents
from f1lake.storage.contract import enforced, table
from f1lake.upstream.absent import NULL_WHERE_ABSENT


class Events(ScheduledEvents):
    """The race schedule, one row per race weekend, with the UTC start of every session that has one."""

    event_date = dy.Date(
        nullable=True, description="day of the race, the source's `date` verbatim; null while it has none",
        metadata={"source": ERGAST},
    )


@dg.asset(
    **table("bronze/events", Events),
    partitions_def=SEASONS,
    ins={"schedule": dg.AssetIn(["raw", "event_schedule"], partition_mapping=SAME_SEASON)},
)
@enforced(Events)
def events(schedule: pl.LazyFrame) -> pl.LazyFrame:
    """The collected schedule, with `raceDate` under the lake's name for it."""
    return schedule.with_columns(NULL_WHERE_ABSENT).rename({"raceDate": "event_date"}).select(Events.column_names())
