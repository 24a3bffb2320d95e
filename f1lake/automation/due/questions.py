"""Questions to the sources, and when a question is asked again.

Not here: which questions there are (`rules.py`, `corrections.py`), and the pause after a failure (`attempts.py`).
"""

import datetime as dt
import math
from dataclasses import dataclass

from f1lake.automation.due.attempts import Attempts
from f1lake.automation.due.stored import CALENDAR, RESULTS
from f1lake.settings import settings

A_DAY = dt.timedelta(days=1)
A_MONTH = 30 * A_DAY
LONG_AGO = dt.datetime.min.replace(tzinfo=dt.UTC)
FIRST_RETRY = dt.timedelta(minutes=15)
"""How soon rows that the source does not have yet are requested again; the interval then doubles."""
OUTCOME_WITHIN = dt.timedelta(hours=1)
"""If no outcome is recorded within this time, the question was lost together with its run."""


@dataclass(frozen=True)
class Question:
    """A request for part of one table."""

    table: str
    about: str
    """What identifies it within the table, beginning with season or event: `2026-09 Race silverstone`."""
    keys: tuple[str, ...]
    """The partitions of the table."""
    reason: str
    session: str | None = None
    is_for_dump: bool = False
    """Whether the kept dump is read instead of the API."""

    @property
    def season(self) -> str:
        """The season of its first partition."""
        return self.keys[0][:4]

    @property
    def is_free(self) -> bool:
        """Whether it sends no request, so that any number of them can be combined."""
        return self.is_for_dump or settings().recording is not None

    @property
    def name(self) -> str:
        """The name under which it is recorded."""
        return f"{self.table} {self.about}"


def is_due(question: Question, attempts: Attempts, due_at: dt.datetime, now: dt.datetime) -> bool:
    """Whether a question that has been due since `due_at` should be asked now."""
    was = attempts.get(question.name)
    if was is None:
        return True
    if was.is_open:
        return now >= was.at + OUTCOME_WITHIN
    if was.failing is None:
        return was.at < due_at
    calendar = attempts.get(f"{CALENDAR} {now.year}")
    has_new_calendar = calendar is not None and calendar.number > was.number and not calendar.is_open
    return now >= was.failing.again_at or (was.failing.is_calendars and has_new_calendar)


def of_session(event: str, session: str, circuit: str, reason: str) -> Question:
    """A question about a session of the last two seasons; the circuit distinguishes events with the same number."""
    return Question(RESULTS, f"{event} {session} {circuit}", (event,), reason, session)


def last_retry(since: dt.datetime, now: dt.datetime) -> dt.datetime:
    """When a missing answer should last have been requested: after 15 minutes, 30 minutes, an hour, …"""
    quarters = (now - since) / FIRST_RETRY
    return since if quarters < 1 else since + FIRST_RETRY * 2.0 ** math.floor(math.log2(quarters))


def midnight(instant: dt.datetime) -> dt.datetime:
    """The beginning of the day of an instant."""
    return instant.replace(hour=0, minute=0, second=0, microsecond=0)
