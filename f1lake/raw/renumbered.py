"""Results of another event than is registered under a round: the source renumbers rounds as its calendar changes.

What does not belong here: collecting the calendar, which the sensor does for a run with the tag.
"""

import datetime as dt
from typing import Any

import dagster as dg

from f1lake import clock
from f1lake.partitions import event_key, seasons_of
from f1lake.upstream.failures import OtherEventError
from f1lake.upstream.pages import described

OTHER_EVENT_TAG = "f1lake/other_event_than"
TOLD_FOR = dt.timedelta(days=2)
"""In this time the calendar has been asked for: whatever is still another event then is not the calendar's doing."""


def of_another_event(row: dict[str, Any]) -> OtherEventError:
    """The source renumbers rounds: this row's circuit or day is not the one registered for its event."""
    return OtherEventError(
        described(row["session"], row["season"], row["round"]),
        f"the answer is of {row['circuitId']} on {row['raceDate']}, registered is "
        f"{row['circuitId_registered']} on {row['raceDate_registered']}",
        event_key(row["season"], row["round"]),
    )


def is_first_of_sensor(context: dg.AssetExecutionContext, event: str) -> bool:
    """Whether the sensor asked, for the present season, and no other run of these days found another event here.

    The run has the tag then. Older seasons' calendars the sensor does not ask for again.
    """
    if "dagster/sensor_name" not in context.run.tags or seasons_of(context.partition_keys) != [clock.now().year]:
        return False
    told, since = {OTHER_EVENT_TAG: event}, dt.datetime.fromtimestamp(clock.real_time(), dt.UTC) - TOLD_FOR
    before = context.instance.get_runs(dg.RunsFilter(tags=told, created_after=since))
    if {run.run_id for run in before} - {context.run.run_id, context.run.parent_run_id, context.run.root_run_id}:
        return False
    context.instance.add_run_tags(context.run.run_id, told)
    return True
