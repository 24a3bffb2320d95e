"""Questions to the source, and when one that was asked is to be asked again.

What does not belong here: which questions there are (`rules.py`, `corrections.py`).
"""

import datetime as dt
import math
from dataclasses import dataclass

from f1lake.automation.due.asked import Questions
from f1lake.automation.due.stored import CALENDAR, RESULTS
from f1lake.settings import settings

A_DAY = dt.timedelta(days=1)
LONG_AGO = dt.datetime.min.replace(tzinfo=dt.UTC)
FIRST_RETRY = dt.timedelta(minutes=15)
OUTCOME_WITHIN = dt.timedelta(hours=1)
"""A question whose run has noted nothing in this time was lost with its run."""


@dataclass(frozen=True)
class Question:
    """Something to ask the source for, in one table."""

    table: str
    about: str
    """What tells it from the others of the table, the season or event first: `2026-09 Race silverstone`."""
    keys: tuple[str, ...]
    """The partitions of the table."""
    reason: str
    session: str | None = None
    is_for_dump: bool = False
    """Whether the kept dump is read in place of the API."""

    @property
    def season(self) -> str:
        """The season of its first partition."""
        return self.keys[0][:4]

    @property
    def is_free(self) -> bool:
        """Whether no service is asked: any number of them goes together."""
        return self.is_for_dump or settings().recording is not None

    @property
    def name(self) -> str:
        """Under which name it is remembered."""
        return f"{self.table} {self.about}"


def is_due(question: Question, asked: Questions, due_at: dt.datetime, now: dt.datetime) -> bool:
    """Whether a question that should have been asked since `due_at` is to be asked now."""
    was = asked.get(question.name)
    if was is None:
        return True
    if was.is_open:
        return now >= was.at + OUTCOME_WITHIN
    if was.failing is None:
        return was.at < due_at
    calendar = asked.get(f"{CALENDAR} {now.year}")
    has_new_calendar = calendar is not None and calendar.number > was.number and not calendar.is_open
    return now >= was.failing.again_at or (was.failing.is_calendars and has_new_calendar)


def of_session(event: str, session: str, circuit: str, reason: str) -> Question:
    """A session of the last two seasons; the circuit tells it from that of another event that had its number."""
    return Question(RESULTS, f"{event} {session} {circuit}", (event,), reason, session)


def last_retry(since: dt.datetime, now: dt.datetime) -> dt.datetime:
    """When last to have asked for what has not come since then: after a quarter of an hour, half an hour, an hour, …"""
    quarters = (now - since) / FIRST_RETRY
    return since if quarters < 1 else since + FIRST_RETRY * 2.0 ** math.floor(math.log2(quarters))


def midnight(instant: dt.datetime) -> dt.datetime:
    """When the day of an instant began."""
    return instant.replace(hour=0, minute=0, second=0, microsecond=0)
