"""What the sensor waits for, in words: for its cursor and `f1lake doctor`.

Not here: what is due (`rules.py`), and the pause before something is requested again (`questions.py`, and after a
failure `attempts.py`).
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from f1lake.automation.due.attempts import Attempts
from f1lake.automation.due.rules import EXPECTED_FOR, sessions
from f1lake.automation.due.stored import RELEASED, Stored
from f1lake.raw.f1db_session_files import practices


@dataclass(frozen=True)
class Awaited:
    """What the lake waits for: a text, and the values of its places in braces.

    They are kept apart, so that a command can say it in another language (`cli/portuguese.py`).
    """

    text: str
    values: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.text.format(**self.values)


def waiting_for(stored: Stored, attempts: Attempts, now: dt.datetime) -> Awaited:
    """What the lake waits for: a failing source, else a session that has ended, else the next session."""
    failing = [(name, was.failing) for name, was in attempts.items() if was.failing and not was.failing.is_over(now)]
    if failing:
        name, worst = min(failing, key=lambda failure: failure[1].since)
        values = {"name": name, "since": worst.since, "more": len(failing) - 1, "why": worst.why, "at": worst.again_at}
        if len(failing) > 1:
            return Awaited(
                "{name} fails since {since:%Y-%m-%d %H:%M} UTC, and {more} more: {why} "
                "Asked for again from {at:%Y-%m-%d %H:%M} UTC", values
            )
        return Awaited(
            "{name} fails since {since:%Y-%m-%d %H:%M} UTC: {why} Asked for again from {at:%Y-%m-%d %H:%M} UTC", values
        )
    if stored.calendar.is_empty():
        return Awaited("waiting for the calendar")
    late, coming = _late(stored, now), _coming(stored, now)
    if not late.is_empty():
        return Awaited(
            "waiting for {session} of {raceName} ({event}) to be published: ended by {ended_at:%Y-%m-%d %H:%M} UTC",
            late.row(0, named=True),
        )
    if coming.is_empty():
        return Awaited("waiting for the calendar of the next season")
    return Awaited(
        "waiting for {session} of {raceName} ({event}), asked for from {ended_at:%Y-%m-%d %H:%M} UTC",
        coming.row(0, named=True),
    )


def is_quiet(stored: Stored, attempts: Attempts, now: dt.datetime) -> bool:
    """Whether nothing is awaited: nothing fails or is being requested, and every session that has ended is stored."""
    is_answered = not any(was.is_open or (was.failing and not was.failing.is_over(now)) for was in attempts.values())
    return is_answered and not stored.calendar.is_empty() and _late(stored, now).is_empty()


def next_moment(stored: Stored, now: dt.datetime) -> dt.datetime:
    """When something can become due if nothing is now: the end of a session, or the next day."""
    midnight = dt.datetime.combine(now.date() + dt.timedelta(days=1), dt.time(), now.tzinfo)
    ends = _coming(stored, now)["ended_at"].to_list()
    if stored.of(RELEASED[0]):
        ends += practices(stored.calendar.lazy()).filter(pl.col("ended_at") > now).collect()["ended_at"].to_list()
    return min([midnight, *ends])


def _late(stored: Stored, now: dt.datetime) -> pl.DataFrame:
    """The sessions that have ended, are not stored and are still expected, oldest first."""
    is_late = (pl.col("ended_at") <= now) & (pl.col("ended_at") + EXPECTED_FOR > now)
    every = sessions(stored.calendar.lazy()).filter(is_late)
    return every.join(stored.sessions.lazy(), on=["event", "session"], how="anti").sort("ended_at").collect()


def _coming(stored: Stored, now: dt.datetime) -> pl.DataFrame:
    return sessions(stored.calendar.lazy()).filter(pl.col("ended_at") > now).sort("ended_at").collect()

