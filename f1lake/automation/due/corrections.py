"""Corrections: requests in the week after a race, and where official standings or a new dump contradict the lake.

Not here: what was never collected (`rules.py`), and which round is suspect (`suspects.py`).
"""

import datetime as dt
from collections.abc import Collection, Iterator
from typing import Any

import polars as pl

from f1lake.automation.due.attempts import Attempts
from f1lake.automation.due.from_dump import DUMP
from f1lake.automation.due.questions import A_DAY, LONG_AGO, Question, is_due, midnight, of_session
from f1lake.automation.due.stored import CONSTRUCTORS, DRIVERS, RESULTS, Stored
from f1lake.automation.due.suspects import renamed_ids, suspects
from f1lake.partitions import EVENT_KEY

CORRECTIONS = {1: "Race", 2: "Race", 3: "Sprint", 5: "Race", 7: "Qualifying"}
"""Which session is requested again how many days after the race: one request a day."""
OFFICIAL_AFTER = dt.timedelta(days=7)
"""The maximum age of the official standings of the current season."""


def last_correction(session: str, raced_at: dt.datetime | None, now: dt.datetime) -> dt.datetime | None:
    """The last day on which a stored session should have been requested again; None if there was none."""
    if raced_at is None:
        return None
    days = [midnight(raced_at) + n * A_DAY for n, name in CORRECTIONS.items() if name == session]
    return max((day for day in days if day <= now), default=None)


def contradicted(
    stored: Stored, attempts: Attempts, now: dt.datetime, differing: Collection[str], is_official_new: bool
) -> Iterator[Question]:
    """Sessions whose points the official standings contradict, and events of which a dump says something else.

    What a dump says is asked for once after each time one was brought.
    Of a contradiction one round a day is asked for, the likeliest first, until the standings agree or nobody can have
    been mistaken.
    """
    brought = attempts.get(f"{DUMP} newest")
    since = brought.at if brought else LONG_AGO
    circuits = dict(stored.calendar.select(EVENT_KEY.alias("event"), "circuitId").rows())
    for event in sorted(set(differing) & stored.of(RESULTS)):
        question = Question(RESULTS, f"{event} dump", (event,), "the newest dump says something else")
        if is_due(question, attempts, since, now):
            yield question
    for table in (DRIVERS, CONSTRUCTORS):
        for year in sorted(set(differing) & stored.of(table)):
            question = Question(table, f"{year} dump", (year,), "the newest dump says something else")
            if is_due(question, attempts, since, now):
                yield question
    season = newest(stored.points, "season")
    if season is None or not is_official_new:
        return
    results, official = stored.points.filter(season=season), stored.drivers.filter(season=season)
    if ids := renamed_ids(results, official, stored.constructors.filter(season=season)):
        events = tuple(sorted(set(stored.of(RESULTS)) & {f"{season}-{r:02d}" for r in results["round"].unique()}))
        question = Question(RESULTS, f"{season} of {','.join(ids)}", events, "ids that were renamed")
        if is_due(question, attempts, now - OFFICIAL_AFTER, now):
            yield question
    official_at = newest(official, "collected_at")
    rounds = suspects(results, official)
    for questions in (
        [of_session(event, name, circuits[event], "the official standings say something else") for name in names]
        for event, names in ((f"{season}-{round_:02d}", names) for round_, names in rounds)
    ):
        was = [attempts[question.name] for question in questions if question.name in attempts]
        if any(last.failing for last in was):
            yield from (question for question in questions if is_due(question, attempts, LONG_AGO, now))
            return
        if any(last.at.date() == now.date() for last in was):
            return
        if all(last.at < official_at for last in was):
            yield from questions
            return


def weekly_look(stored: Stored, attempts: Attempts, now: dt.datetime, is_idle: bool) -> Iterator[Question]:
    """The official standings of the current season, in winter of the last one, once a week: one request."""
    season = newest(stored.points, "season")
    official = stored.drivers.filter(season=season) if season else stored.drivers
    if official.is_empty():
        return
    question = Question(DRIVERS, str(season), (str(season),), "the week's look at the official standings")
    last = attempts.get(question.name)
    last_at = last.at if last else newest(official, "collected_at")
    is_wanted = last.failing if last and last.failing else is_idle and last_at + OFFICIAL_AFTER <= now
    if is_wanted and is_due(question, attempts, now, now):
        yield question


def newest(rows: pl.DataFrame, column: str) -> Any:
    """The maximum of a column; None without rows."""
    return rows.select(pl.col(column).max()).item()
