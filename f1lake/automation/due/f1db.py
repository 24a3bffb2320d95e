"""What to ask F1DB for now: a release once a day on race weekends, else once a week; practices on the same evening.

F1DB is optional: what of it is asked in vain is asked again by these rules, and fails nothing. What does not belong
here: the first source (`rules.py`), and the runs that ask (`planner.py`).
"""

import datetime as dt
from collections.abc import Iterator

import polars as pl

from f1lake.automation.due.attempts import Attempts
from f1lake.automation.due.questions import A_DAY, A_MONTH, Question, is_due, last_retry
from f1lake.automation.due.stored import RELEASED, SESSION_FILES, Stored
from f1lake.partitions import EVENT_KEY
from f1lake.raw.f1db_session_files import practices
from f1lake.settings import settings

A_WEEK = 7 * A_DAY
BEFORE_RACE, AFTER_RACE = 3 * A_DAY, 4 * A_DAY
"""A race weekend: from before its first session until its release is out, 28 hours after the race at the latest."""


def is_of_f1db(name: str) -> bool:
    """Whether a question's name is one of these: when they were asked says nothing of the first source."""
    return name.split()[0] in (*RELEASED, SESSION_FILES)


def due_of_f1db(stored: Stored, attempts: Attempts, now: dt.datetime) -> list[Question]:
    """The questions that are due now; none on a recording, and none before the first source has told a calendar."""
    if settings().recording is not None or stored.calendar.is_empty():
        return []
    return [*_releases(stored, attempts, now), *_practices(stored, attempts, now)]


def _releases(stored: Stored, attempts: Attempts, now: dt.datetime) -> Iterator[Question]:
    """The newest release: of all seasons at first and once a month, for old mistakes are mended; else of the present.

    A lake that has some seasons of F1DB and not all is asked about every day.
    """
    every = tuple(str(season) for season in range(settings().from_season, now.year + 1))
    pause = A_DAY if is_race_weekend(stored.calendar, now) else A_WEEK
    for table in RELEASED:
        there = stored.of(table)
        history = Question(table, "history", every, "all seasons of the second source")
        lacks_some = bool(there) and not set(every) <= there
        if is_due(history, attempts, now - (A_DAY if lacks_some else A_MONTH), now):
            yield history
            continue
        newest = Question(table, "newest", (str(now.year),), "a new release of the second source")
        if attempts[history.name].at < now - pause and is_due(newest, attempts, now - pause, now):
            yield newest


def is_race_weekend(calendar: pl.DataFrame, now: dt.datetime) -> bool:
    """Whether a race is near: a release comes in the night after it, or on the next day."""
    today = now.date()
    near = calendar.filter(pl.col("raceDate").is_between(today - AFTER_RACE, today + BEFORE_RACE))
    return not near.is_empty()


def _practices(stored: Stored, attempts: Attempts, now: dt.datetime) -> Iterator[Question]:
    """Practices that have ended and are not in the lake, day by day, until the race: in a lake that has releases."""
    if not stored.of(RELEASED[0]):
        return
    events = stored.calendar.lazy().select("season", "round", "circuitId", "raceTime", event=EVENT_KEY)
    ended = (
        practices(stored.calendar.lazy())
        .with_columns(pl.col("ended_at").max().over("season", "round", pl.col("ended_at").dt.date()))
        .join(events, on=["season", "round"])
        .filter(pl.col("ended_at") <= now, pl.col("raceTime") > now)
        .with_columns(pl.col("type").cast(pl.String))
        .join(stored.practices.lazy(), on=["event", "type"], how="anti")
        .group_by("event", "circuitId").agg(pl.col("ended_at").max()).sort("event").collect()
    )
    for event, circuit, ended_at in ended.iter_rows():
        question = Question(SESSION_FILES, f"{event} {circuit}", (event,), "practice, before a release has it")
        if is_due(question, attempts, last_retry(ended_at, now), now):
            yield question
