"""What the sensor waits for, in words: its cursor, and what `f1lake doctor` says.

What does not belong here: what is due (`rules.py`).
"""

import datetime as dt
from typing import Any

import polars as pl

from f1lake.automation.due.asked import Questions
from f1lake.automation.due.rules import EXPECTED_FOR, sessions
from f1lake.automation.due.stored import RELEASED, Stored
from f1lake.raw.f1db_session_files import practices


def waiting_for(stored: Stored, asked: Questions, now: dt.datetime) -> str:
    """In words, what is waited for: the source if it fails, else a session that has ended, else the next one to end."""
    failing = [(name, was.failing) for name, was in asked.items() if was.failing and not was.failing.is_over(now)]
    if failing:
        name, worst = min(failing, key=lambda failure: failure[1].since)
        more = f", and {len(failing) - 1} more" if len(failing) > 1 else ""
        return (
            f"{name} fails since {worst.since:%Y-%m-%d %H:%M} UTC{more}: {worst.why} "
            f"Asked for again from {worst.again_at:%Y-%m-%d %H:%M} UTC"
        )
    if stored.calendar.is_empty():
        return "waiting for the calendar"
    late, coming = _late(stored, now), _coming(stored, now)
    if not late.is_empty():
        row = late.row(0, named=True)
        return f"waiting for {_named(row)} to be published: ended by {row['ended_at']:%Y-%m-%d %H:%M} UTC"
    if coming.is_empty():
        return "waiting for the calendar of the next season"
    row = coming.row(0, named=True)
    return f"waiting for {_named(row)}, asked for from {row['ended_at']:%Y-%m-%d %H:%M} UTC"


def is_quiet(stored: Stored, asked: Questions, now: dt.datetime) -> bool:
    """Whether nobody waits for the source: nothing fails or is being asked, and each session that has ended is here."""
    is_answered = not any(was.is_open or (was.failing and not was.failing.is_over(now)) for was in asked.values())
    return is_answered and not stored.calendar.is_empty() and _late(stored, now).is_empty()


def next_moment(stored: Stored, now: dt.datetime) -> dt.datetime:
    """When something may be due that was not before, if it is quiet now: a session ends, a practice, or a day."""
    midnight = dt.datetime.combine(now.date() + dt.timedelta(days=1), dt.time(), now.tzinfo)
    ends = _coming(stored, now)["ended_at"].to_list()
    if stored.of(RELEASED[0]):
        ends += practices(stored.calendar.lazy()).filter(pl.col("ended_at") > now).collect()["ended_at"].to_list()
    return min([midnight, *ends])


def _late(stored: Stored, now: dt.datetime) -> pl.DataFrame:
    """The sessions that have ended and are not here, the first one first, as long as they are expected."""
    is_late = (pl.col("ended_at") <= now) & (pl.col("ended_at") + EXPECTED_FOR > now)
    every = sessions(stored.calendar.lazy()).filter(is_late)
    return every.join(stored.sessions.lazy(), on=["event", "session"], how="anti").sort("ended_at").collect()


def _coming(stored: Stored, now: dt.datetime) -> pl.DataFrame:
    return sessions(stored.calendar.lazy()).filter(pl.col("ended_at") > now).sort("ended_at").collect()


def _named(row: dict[str, Any]) -> str:
    return f"{row['session']} of {row['raceName']} ({row['event']})"
