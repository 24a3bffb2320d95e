"""When a bulk dump is asked for, and which questions it answers in place of the API."""

import datetime as dt
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from f1lake.automation.due.attempts import Attempts
from f1lake.automation.due.from_dump import DUMP, Dumped, with_dump
from f1lake.automation.due.questions import Question
from f1lake.automation.due.rules import due, first
from f1lake.automation.due.stored import CALENDAR, CONSTRUCTORS, DRIVERS, RESULTS, Stored
from f1lake.raw import laps, pit_stops
from f1lake_tests.automation.due.two_weekends import A_DAY, CHINA_ENDED, RACE_ENDED, failed, stored, was

NEWEST = f"{DUMP} newest"
LATER = CHINA_ENDED + 10 * A_DAY
NONE = Dumped()
KNOWN = Dumped(
    calendars=frozenset(map(str, range(1950, 2026))),
    sessions=frozenset({("1950-01", "Race"), ("2026-01", "Race"), ("2026-01", "Qualifying")}),
    standings=frozenset({"1950", "2026"}),
)  # fmt: skip


@pytest.fixture(autouse=True)
def from_2025(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("F1LAKE_FROM_SEASON", "2025")


@pytest.fixture
def without_history() -> Stored:
    """A lake with calendars and nothing else."""
    empty: frozenset[str] = frozenset()
    lake = stored()
    keys = {CALENDAR: lake.of(CALENDAR), RESULTS: empty, DRIVERS: empty, CONSTRUCTORS: empty}
    return replace(lake, keys=keys, sessions=lake.sessions.clear())


@pytest.fixture
def with_history() -> Stored:
    """A lake with a race of the year before."""
    lake = stored(("2026-01", "Race"), ("2026-01", "Qualifying"))
    return replace(lake, keys={**lake.keys, RESULTS: lake.of(RESULTS) | {"2025-01"}})


def planned(lake: Stored, attempts: Attempts, now: dt.datetime, dump: Dumped = NONE) -> list[Question]:
    """What is due but the present calendar, which is always the API's to tell."""
    questions = with_dump(due(lake, attempts, now, dumped=dump.events), lake, attempts, dump, now)
    return [question for question in questions if question.name != f"{CALENDAR} 2026"]


def test_a_lake_without_history_asks_for_a_dump_before_anything_else(without_history: Stored) -> None:
    assert [question.name for question in planned(without_history, {}, LATER)] == [NEWEST]


def test_while_another_machine_brings_it_nothing_is_asked(without_history: Stored) -> None:
    attempts = {NEWEST: was(LATER, is_open=True)}
    assert planned(without_history, attempts, LATER + dt.timedelta(minutes=5)) == []
    assert [question.name for question in planned(without_history, attempts, LATER + A_DAY)] == [NEWEST]


def test_where_none_can_be_had_the_api_is_asked_and_a_dump_again_a_day_later(without_history: Stored) -> None:
    attempts = {NEWEST: was(LATER)}
    questions = planned(without_history, attempts, LATER)
    assert {question.table for question in questions} == {RESULTS}
    assert not any(question.is_for_dump for question in questions)
    a_day_later = LATER + 25 * dt.timedelta(hours=1)
    assert [question.name for question in planned(without_history, attempts, a_day_later)] == [NEWEST]


def test_a_dump_answers_what_it_has_and_the_api_the_rest(without_history: Stored) -> None:
    questions = planned(without_history, {NEWEST: was(LATER)}, LATER, KNOWN)
    assert {question.name: question.is_for_dump for question in questions} == {
        f"{RESULTS} 2026-01 Qualifying albert_park from the dump": True,
        f"{RESULTS} 2026-01 Race albert_park from the dump": True,
        f"{RESULTS} 2026-02 Qualifying shanghai": False,
        f"{RESULTS} 2026-02 Race shanghai": False,
    }


def test_what_the_dump_was_asked_and_did_not_answer_the_api_is_asked(without_history: Stored) -> None:
    race = f"{RESULTS} 2026-01 Race albert_park from the dump"
    for outcome in (was(LATER), failed(LATER, LATER + A_DAY)):
        questions = planned(without_history, {NEWEST: was(LATER), race: outcome}, LATER, KNOWN)
        of_race = [question for question in questions if question.about.startswith("2026-01 Race")]
        assert [(question.about, question.is_for_dump) for question in of_race] == [("2026-01 Race albert_park", False)]


def test_while_another_reads_the_dump_the_api_is_not_asked_for_the_same(without_history: Stored) -> None:
    race = f"{RESULTS} 2026-01 Race albert_park from the dump"
    attempts = {NEWEST: was(LATER), race: was(LATER, is_open=True)}
    questions = planned(without_history, attempts, LATER, KNOWN)
    assert not [question for question in questions if question.about.startswith("2026-01 Race")]
    late = LATER + dt.timedelta(hours=1)
    [question] = [q for q in planned(without_history, attempts, late, KNOWN) if q.about.startswith("2026-01 Race")]
    assert (question.about, question.is_for_dump) == ("2026-01 Race albert_park", False), "its run was lost"


def test_a_correction_is_the_apis_to_tell(with_history: Stored) -> None:
    day_after = RACE_ENDED + A_DAY
    questions = planned(with_history, {NEWEST: was(day_after)}, day_after, KNOWN)
    asked_again = [question for question in questions if question.reason == "corrections"]
    assert asked_again
    assert not any(question.is_for_dump for question in asked_again)


def test_laps_of_past_seasons_come_with_a_dump_and_not_without(monkeypatch: pytest.MonkeyPatch) -> None:
    lake = stored(("2026-01", "Race"), rows={laps.TABLE: set(), pit_stops.TABLE: set()})
    old = lake.calendar.with_columns(pl.col("season").replace(1950, 1996))
    monkeypatch.setenv("F1LAKE_FROM_SEASON", "1996")
    events = {"1996-01", "2026-01"}
    raced = pl.DataFrame([(event, "Race") for event in events], schema=["event", "session"], orient="row")
    lake = replace(lake, calendar=old, sessions=raced, keys={**lake.keys, RESULTS: frozenset(events)})
    known = replace(KNOWN, sessions=frozenset((event, "Race") for event in events))
    wanted = {
        dump: {q.keys[0] for q in due(lake, {}, LATER, dumped=dump.events) if q.table == laps.TABLE}
        for dump in (NONE, known)
    }
    assert wanted == {NONE: {"2026-01"}, known: events}


def test_questions_to_the_dump_go_together_whatever_their_season(without_history: Stored) -> None:
    events = ("1996-01", "2025-01", "2026-01")
    questions = [Question(laps.TABLE, key, (key,), "", is_for_dump=key < "2026") for key in events]
    assert first(questions) == questions
    assert first([replace(question, is_for_dump=False) for question in questions]) == questions[-1:]


def test_a_newer_one_is_asked_for_once_a_month_when_nothing_else_is_due(with_history: Stored) -> None:
    attempts = {NEWEST: was(LATER)}
    some = due(with_history, {}, LATER)
    month = dt.timedelta(days=30)
    assert with_dump([], with_history, attempts, KNOWN, LATER + month - A_DAY) == []
    assert with_dump(some, with_history, attempts, NONE, LATER + month + A_DAY) == some
    newest = with_dump([], with_history, attempts, KNOWN, LATER + month + A_DAY)
    assert [question.name for question in newest] == [NEWEST]


def test_a_recording_needs_none(without_history: Stored, recording: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("F1LAKE_UPSTREAM", str(recording))
    assert DUMP not in {question.table for question in planned(without_history, {}, LATER)}
