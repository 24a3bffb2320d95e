"""Keeps the rows of raw that belong to the event which the calendar has under their round.

Rounds are renumbered when a race is cancelled or restored. A raw file under a round that now belongs to another event
stays until that event is collected. Not here: collecting it (`automation/`).
"""

from typing import Any

import dagster as dg
import polars as pl

from f1lake.partitions import SAME_SEASON
from f1lake.raw.plausible import EVENT
from f1lake.raw.session_results import REGISTERED

SCHEDULE: dict[str, Any] = {"schedule": dg.AssetIn(["raw", "event_schedule"], partition_mapping=SAME_SEASON)}
"""The input through which a table of events reads the calendar."""
FILED = [*EVENT, *REGISTERED]


def rightly_filed(rows: pl.LazyFrame, schedule: pl.LazyFrame) -> pl.LazyFrame:
    """Rows of events that are filed under the round the calendar has for them, so that no event counts twice."""
    return rows.join(schedule.select(FILED), on=FILED, how="semi", nulls_equal=True)
