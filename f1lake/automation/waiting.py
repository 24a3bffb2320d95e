"""What the sensor waits for, in words: its cursor, and what `f1lake doctor` says.

What does not belong here: what is due (`due.py`).
"""

import datetime as dt

import polars as pl

from f1lake.automation.asked import Questions
from f1lake.automation.due import EXPECTED_FOR, sessions
from f1lake.automation.stored import Stored


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
    every = sessions(stored.calendar.lazy())
    is_late = (pl.col("ended_at") <= now) & (pl.col("ended_at") + EXPECTED_FOR > now)
    late = every.filter(is_late).join(stored.sessions.lazy(), on=["event", "session"], how="anti").sort("ended_at")
    first_late = late.first().collect()
    if not first_late.is_empty():
        row = first_late.row(0, named=True)
        session = f"{row['session']} of {row['raceName']} ({row['event']})"
        return f"waiting for {session} to be published: ended by {row['ended_at']:%Y-%m-%d %H:%M} UTC"
    coming = every.filter(pl.col("ended_at") > now).sort("ended_at").first().collect()
    if coming.is_empty():
        return "waiting for the calendar of the next season"
    row = coming.row(0, named=True)
    session = f"{row['session']} of {row['raceName']} ({row['event']})"
    return f"waiting for {session}, asked for from {row['ended_at']:%Y-%m-%d %H:%M} UTC"
