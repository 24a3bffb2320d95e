"""Which rows of raw are of the event that the calendar has under their round.

Rounds are renumbered when a race is cancelled or restored, and a file of raw under a round that has become another
event's stays until that event is collected. What does not belong here: collecting it (`automation/`).
"""

from typing import Any

import dagster as dg
import polars as pl

from f1lake.partitions import SAME_SEASON
from f1lake.raw.plausible import EVENT
from f1lake.raw.session_results import REGISTERED

SCHEDULE: dict[str, Any] = {"schedule": dg.AssetIn(["raw", "event_schedule"], partition_mapping=SAME_SEASON)}
"""The input by which a table of events knows the calendar."""
FILED = [*EVENT, *REGISTERED]


def rightly_filed(rows: pl.LazyFrame, schedule: pl.LazyFrame) -> pl.LazyFrame:
    """The rows of events that stand under the round that the calendar has for them: no event counts twice."""
    return rows.join(schedule.select(FILED), on=FILED, how="semi", nulls_equal=True)
