"""raw/race_control_messages: the messages of race control to the teams; only with an F1TV account."""

from collections.abc import Iterator

import dagster as dg
import dataframely as dy
import polars as pl

from f1lake.raw.event_rows import OF_EVENTS
from f1lake.raw.event_schedule import UTC_TIME
from f1lake.raw.live_timing import OfSession, collected_part
from f1lake.storage.contract import enforced, table

TABLE = "raw/race_control_messages"


class RaceControlMessages(OfSession):
    """One row per message of race control in a session."""

    message_number = dy.Int64(primary_key=True, min=1, description="number of the message among the session's, from 1")
    Time = dy.Datetime(description="when it was sent", **UTC_TIME)
    Category = dy.String(description="Flag, SafetyCar, Drs, CarEvent, Other")
    Message = dy.String(description="what it says")
    Status = dy.String(nullable=True, description="status of its subject, `DEPLOYED`")
    Flag = dy.String(nullable=True, description="GREEN, YELLOW, RED, CHEQUERED, …")
    Scope = dy.String(nullable=True, description="Track, Sector or Driver")
    Sector = dy.Int64(nullable=True, description="the sector it is about")
    RacingNumber = dy.String(nullable=True, description="the car it is about")
    Lap = dy.Int64(nullable=True, description="the lap on which it was shown")


@dg.asset(**table(TABLE, RaceControlMessages), **OF_EVENTS)
@enforced(RaceControlMessages)
def race_control_messages(
    context: dg.AssetExecutionContext, schedule: pl.LazyFrame, results: pl.LazyFrame
) -> Iterator[dg.Output[dict[str, pl.DataFrame]]]:
    """The sessions of the run's past events."""
    yield from collected_part(context, schedule, results, "messages", TABLE, RaceControlMessages)
