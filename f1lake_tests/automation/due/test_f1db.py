"""When F1DB is asked: a release once a day on race weekends, else once a week; practices when their day is over."""

import datetime as dt
from dataclasses import replace

import polars as pl

from f1lake.automation.due.f1db import due_of_f1db, is_of_f1db
from f1lake.automation.due.planner import questions_due
from f1lake.automation.due.stored import RELEASED, SESSION_FILES, Stored
from f1lake_tests.automation.due.two_weekends import A_DAY, RACE_ENDED, UTC, calendar, stored, was

NOW = dt.datetime(2026, 2, 1, 12, tzinfo=UTC)
SEASONS = frozenset(str(season) for season in range(1950, 2027))
FRIDAY = dt.datetime(2026, 3, 6, 4, tzinfo=UTC)
"""The first practice in Melbourne begins."""


def lake(*, has_f1db: bool = True) -> Stored:
    first = pl.col("fp1Time")
    timed = calendar().with_columns(fp2Time=first + dt.timedelta(hours=3.5), fp3Time=first + A_DAY)
    found = stored()
    keys = {**found.keys, **dict.fromkeys(RELEASED, SEASONS if has_f1db else frozenset())}
    return replace(found, calendar=timed, keys=keys)


def attempts(**at: dt.datetime) -> dict[str, object]:
    return {f"{table} {about}": was(then) for table in RELEASED for about, then in at.items()}


def about(found: Stored, known: dict, now: dt.datetime) -> set[str]:
    return {f"{q.table} {q.about}" for q in due_of_f1db(found, known, now)}


def test_at_first_all_seasons_are_asked_for_in_one_question_a_table() -> None:
    questions = due_of_f1db(lake(has_f1db=False), {}, NOW)
    assert {(q.about, len(q.keys)) for q in questions} == {("history", 77)}
    assert [q.table for q in questions] == list(RELEASED)


def test_a_release_is_asked_for_once_a_week_and_once_a_day_when_a_race_is_near() -> None:
    newest = {f"{table} newest" for table in RELEASED}
    for now, pause in ((NOW, 7 * A_DAY), (RACE_ENDED, A_DAY), (RACE_ENDED + 2 * A_DAY, A_DAY)):
        known = attempts(history=now - 10 * A_DAY, newest=now - pause + dt.timedelta(minutes=1))
        assert about(lake(), known, now) & newest == set()
        assert about(lake(), known, now + dt.timedelta(minutes=1, seconds=1)) & newest == newest


def test_once_a_month_all_seasons_are_compared_and_at_once_where_some_lack() -> None:
    history = {f"{table} history" for table in RELEASED}
    known = attempts(history=NOW - 29 * A_DAY, newest=NOW)
    assert about(lake(), known, NOW) == set()
    assert about(lake(), known, NOW + 2 * A_DAY) == history
    some = replace(lake(), keys={**lake().keys, **dict.fromkeys(RELEASED, frozenset({"2026"}))})
    assert about(some, known, NOW) == history


def test_practices_are_asked_for_when_the_last_of_a_day_has_ended_until_they_are_there() -> None:
    known = attempts(history=FRIDAY, newest=FRIDAY)
    question = f"{SESSION_FILES} 2026-01 albert_park"
    ended = FRIDAY + dt.timedelta(hours=5)
    assert about(lake(), known, ended - dt.timedelta(seconds=1)) == set()
    assert about(lake(), known, ended) == {question}
    known[question] = was(ended)
    assert about(lake(), known, ended + dt.timedelta(minutes=14)) == set()
    assert about(lake(), known, ended + dt.timedelta(minutes=15)) == {question}
    there = [("2026-01", f"free-practice-{n}-results") for n in (1, 2)]
    has_friday = replace(lake(), practices=pl.DataFrame(there, schema=["event", "type"], orient="row"))
    assert about(has_friday, known, ended + dt.timedelta(hours=1)) == set()
    assert question in about(lake(has_f1db=True), {}, ended)
    assert question not in about(lake(has_f1db=False), {}, ended)


def test_when_f1db_was_asked_changes_nothing_for_the_first_source() -> None:
    def others(known: dict) -> list[str]:
        return [q.name for q in questions_due(lake(), known, RACE_ENDED) if not is_of_f1db(q.name)]

    assert others(attempts(history=RACE_ENDED, newest=RACE_ENDED)) == others({})
