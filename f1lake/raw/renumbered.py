"""Results of another event than is registered under a round: the source renumbers rounds as its calendar changes.

What does not belong here: asking for the calendar, which comes next (`automation/`).
"""

from typing import Any

from f1lake.partitions import event_key
from f1lake.upstream.failures import OtherEventError
from f1lake.upstream.pages import described


def of_another_event(row: dict[str, Any]) -> OtherEventError:
    """The source renumbers rounds: this row's circuit or day is not the one registered for its event."""
    return OtherEventError(
        described(row["session"], row["season"], row["round"]),
        f"the answer is of {row['circuitId']} on {row['raceDate']}, registered is "
        f"{row['circuitId_registered']} on {row['raceDate_registered']}",
        event_key(row["season"], row["round"]),
    )
