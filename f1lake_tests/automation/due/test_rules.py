"""What is asked for and when: after each session, ever more rarely, again for what failed, and what comes late."""

import datetime as dt
from dataclasses import replace

import polars as pl

from f1lake.automation.due.attempts import Attempts
from f1lake.automation.due.rules import begun_events, due, first
from f1lake.automation.due.stored import CALENDAR, DRIVERS, RESULTS
from f1lake.raw import laps, pit_stops
from f1lake_tests.automation.due.two_weekends import (
    A_DAY,
    A_MINUTE,
    QUALIFYING,
    QUALIFYING_ENDED,
    RACE,
    RACE_ENDED,
    UTC,
    calendar,
    failed,
    names,
    stored,
    was,
)


def sessions_due(now: dt.datetime, *there: tuple[str, str], attempts: Attempts | None = None) -> list[str]:
    return [q.about for q in due(stored(*there), attempts or {}, now) if q.table == RESULTS]


def test_an_event_begins_with_its_first_session_and_an_old_one_with_its_day() -> None:
    just_before = dt.datetime(2026, 3, 6, 3, 59, tzinfo=UTC)
    assert begun_events(calendar().lazy(), just_before) == ["1950-01"]
    assert begun_events(calendar().lazy(), just_before + A_MINUTE) == ["1950-01", "2026-01"]


def test_nothing_is_asked_for_before_a_session_has_ended() -> None:
    assert sessions_due(QUALIFYING_ENDED - dt.timedelta(seconds=1)) == []
    assert sessions_due(QUALIFYING_ENDED) == [QUALIFYING]


def test_an_old_season_that_is_not_stored_is_one_question() -> None:
    lake = stored()
    lake = replace(lake, sessions=lake.sessions.clear(), keys={**lake.keys, RESULTS: frozenset()})
    [question] = [q for q in due(lake, {}, dt.datetime(2026, 1, 1, tzinfo=UTC)) if q.table == RESULTS]
    assert (question.about, question.keys, question.session) == ("1950", ("1950-01",), None)


def test_an_unpublished_race_is_asked_for_ever_more_rarely() -> None:
    attempts: Attempts = {}
    times = []
    now = RACE_ENDED
    while now < RACE_ENDED + dt.timedelta(days=200):
        if RACE in sessions_due(now, ("2026-01", "Qualifying"), attempts=attempts):
            attempts = {f"{RESULTS} {RACE}": was(now)}
            times.append(now - RACE_ENDED)
        now += dt.timedelta(minutes=15) if now - RACE_ENDED < A_DAY else A_DAY
    minutes = [round(waited.total_seconds() / 60) for waited in times]
    assert minutes[:5] == [0, 15, 30, 60, 120]
    assert len(times) <= 17
    assert times[-1] > dt.timedelta(days=80)


def test_in_the_week_after_the_race_one_session_a_day_is_asked_for_again() -> None:
    there = ("2026-01", "Qualifying"), ("2026-01", "Race")
    attempts: Attempts = {f"{RESULTS} {about}": was(RACE_ENDED) for about in (RACE, QUALIFYING)}
    days: dict[int, list[str]] = {}
    for hours in range(0, 24 * 7 + 12, 6):
        now = RACE_ENDED + dt.timedelta(hours=hours)
        if again := [about for about in sessions_due(now, *there, attempts=attempts) if about.startswith("2026-01")]:
            attempts |= {f"{RESULTS} {about}": was(now) for about in again}
            days[(now.date() - RACE_ENDED.date()).days] = again
    assert days == {1: [RACE], 2: [RACE], 5: [RACE], 7: [QUALIFYING]}


def test_qualifying_that_the_source_does_not_have_is_given_up_after_a_week() -> None:
    attempts = {f"{RESULTS} {QUALIFYING}": was(RACE_ENDED + 8 * A_DAY)}
    assert QUALIFYING not in sessions_due(RACE_ENDED + 300 * A_DAY, ("2026-01", "Race"), attempts=attempts)


def test_a_race_that_is_collected_late_brings_its_qualifying() -> None:
    """One that was cancelled and is restored after weeks, or filed under another round until now."""
    assert sessions_due(RACE_ENDED + 30 * A_DAY)[:2] == [QUALIFYING, RACE]


def test_what_failed_is_asked_again_when_its_pause_is_over_and_keeps_nothing_else_waiting() -> None:
    pause = RACE_ENDED + 5 * A_MINUTE
    attempts = {f"{RESULTS} {RACE}": failed(RACE_ENDED, pause)}
    assert sessions_due(RACE_ENDED + 4 * A_MINUTE, attempts=attempts) == [QUALIFYING]
    assert sessions_due(pause, attempts=attempts) == [QUALIFYING, RACE]


def test_a_question_whose_run_was_lost_is_asked_again_after_an_hour() -> None:
    attempts = {f"{RESULTS} {RACE}": was(RACE_ENDED, is_open=True)}
    there = ("2026-01", "Qualifying")
    assert sessions_due(RACE_ENDED + 59 * A_MINUTE, there, attempts=attempts) == []
    assert sessions_due(RACE_ENDED + 60 * A_MINUTE, there, attempts=attempts) == [RACE]


def test_another_event_under_a_round_has_the_calendar_asked_for_and_then_itself_at_once_and_only_once() -> None:
    now = RACE_ENDED + A_MINUTE
    present, race = f"{CALENDAR} 2026", f"{RESULTS} {RACE}"
    attempts = {present: was(RACE_ENDED, 1), race: failed(now, now + A_DAY, 2, error="OtherEventError")}
    lake = stored(("2026-01", "Qualifying"))
    assert [q.name for q in first(due(lake, attempts, now))] == [present]
    attempts[present] = was(now, 3)
    assert [q.name for q in first(due(lake, attempts, now))] == [race]
    attempts[race] = failed(now, now + A_DAY, 4, times=2, error="OtherEventError")
    assert names(due(lake, attempts, now), but="") == []


def calendar_due(attempts: Attempts, day: int) -> bool:
    now = dt.datetime(2026, 3, day, 0, 1, tzinfo=UTC)
    there = stored(("2026-01", "Qualifying"), ("2026-01", "Race"), ("2026-02", "Qualifying"), ("2026-02", "Race"))
    return any(question.table == CALENDAR for question in due(there, attempts, now))


def test_the_calendar_is_asked_for_on_days_on_which_nothing_else_is() -> None:
    def attempts(day: int, last: int = 6) -> Attempts:
        other = {f"{RESULTS} {name}": was(dt.datetime(2026, 3, day, tzinfo=UTC)) for name in (RACE, QUALIFYING)}
        return {f"{CALENDAR} 2026": was(dt.datetime(2026, 3, last, tzinfo=UTC)), **other}

    assert calendar_due(attempts(6), 7)
    assert not calendar_due(attempts(7), 7)
    assert calendar_due(attempts(8), 8), "the race's day, the second day after the last calendar"
    assert not calendar_due(attempts(9), 9)
    assert calendar_due(attempts(13), 13), "a week is long enough"


def test_past_seasons_without_formats_are_asked_for_once_a_week() -> None:
    old = pl.col("season").replace(1950, 2019)
    lake = stored(("2026-01", "Qualifying"), ("2026-01", "Race"), calendar=calendar().with_columns(old))
    [question] = [q for q in due(lake, {}, RACE_ENDED) if q.about == "formats"]
    assert question.keys == ("2019",)
    attempts = {question.name: was(RACE_ENDED)}
    assert question.name not in names(due(lake, attempts, RACE_ENDED + 6 * A_DAY), but="")
    assert question.name in names(due(lake, attempts, RACE_ENDED + 8 * A_DAY), but="")
    whole = replace(lake, calendar=lake.calendar.with_columns(EventFormat=pl.lit("conventional")))
    assert question.name not in names(due(whole, {}, RACE_ENDED), but="")


def test_the_calendar_comes_first_after_two_days_without_any_question() -> None:
    questions = due(stored(), {f"{CALENDAR} 2026": was(RACE_ENDED - 3 * A_DAY)}, RACE_ENDED)
    assert [question.table for question in first(questions)] == [CALENDAR]


def test_stops_and_laps_come_when_nothing_else_is_due_and_laps_of_history_only_where_they_are_wanted() -> None:
    there = stored(("2026-01", "Qualifying"), ("2026-01", "Race"), rows={pit_stops.TABLE: set(), laps.TABLE: set()})
    questions = due(there, {}, RACE_ENDED)
    optional = [question.name for question in questions if question.table in (pit_stops.TABLE, laps.TABLE)]
    assert optional == [f"{pit_stops.TABLE} 2026-01 albert_park", f"{laps.TABLE} 2026-01 albert_park"]
    assert [question.table for question in first(questions)] == [CALENDAR]
    without_standings = replace(there, keys={**there.keys, DRIVERS: frozenset({"1950"})})
    attempts = {f"{CALENDAR} 2026": was(RACE_ENDED)}
    assert [question.table for question in first(due(without_standings, attempts, RACE_ENDED))] == [DRIVERS]
    assert [question.name for question in first(due(there, attempts, RACE_ENDED))] == optional


def test_laps_that_the_source_has_late_are_asked_for_daily_and_more_and_more_slowly_for_four_weeks() -> None:
    there = ("2026-01", "Qualifying"), ("2026-01", "Race")
    both = {pit_stops.TABLE: {"2026-01"}, laps.TABLE: {"2026-01"}}
    lake = stored(*there, rows=both, empty={laps.TABLE: frozenset({"2026-01"})})
    name, days = f"{laps.TABLE} 2026-01 albert_park", []
    attempts = {name: was(RACE_ENDED)}
    for hours in range(0, 24 * 60, 12):
        now = RACE_ENDED + dt.timedelta(hours=hours)
        if name in names(due(lake, attempts, now)):
            attempts = {name: was(now)}
            days.append((now.date() - RACE_ENDED.date()).days)
    assert days == [1, 2, 3, 4, 6, 8, 11, 15, 20, 28]
