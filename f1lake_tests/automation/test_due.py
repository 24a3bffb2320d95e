"""When a race event is asked for: after each session, ever more rarely, and again for corrections."""

import datetime as dt
from pathlib import Path

import polars as pl
import pytest

from f1lake.automation import due
from f1lake.partitions import registered_ranges

UTC = dt.UTC
TIMES = pl.Datetime("us", "UTC")
QUALIFYING_ENDED = dt.datetime(2026, 3, 7, 9, tzinfo=UTC)
RACE_ENDED = dt.datetime(2026, 3, 8, 8, tzinfo=UTC)


def calendar(**changes: object) -> pl.LazyFrame:
    """Melbourne 2026 (qualifying on Saturday at 5:00, race on Sunday at 4:00 UTC) and a race of 1950."""
    melbourne = {
        "season": 2026,
        "round": 1,
        "raceName": "Australian Grand Prix",
        "raceDate": dt.date(2026, 3, 8),
        "raceTime": dt.datetime(2026, 3, 8, 4, tzinfo=UTC),
        "fp1Time": dt.datetime(2026, 3, 6, 1, 30, tzinfo=UTC),
        "qualifyingTime": dt.datetime(2026, 3, 7, 5, tzinfo=UTC),
        "sprintTime": None,
        "qualifyingDate": dt.date(2026, 3, 7),
        "sprintDate": None,
    }
    silverstone = dict.fromkeys(melbourne) | {
        "season": 1950,
        "round": 1,
        "raceName": "British Grand Prix",
        "raceDate": dt.date(1950, 5, 13),
    }
    schema = {"raceTime": TIMES, "fp1Time": TIMES, "qualifyingTime": TIMES, "sprintTime": TIMES, "sprintDate": pl.Date}
    return pl.LazyFrame([silverstone, melbourne | changes], schema_overrides=schema)


def stored(*sessions: tuple[str, str]) -> pl.LazyFrame:
    return pl.LazyFrame(sessions, schema={"event": pl.String, "session": pl.String}, orient="row").with_columns(
        stored=pl.lit(True)
    )


def asked_for(now: dt.datetime, *sessions: tuple[str, str], asked: dict[str, str] | None = None) -> dict[str, str]:
    events = due.due_events(calendar(), stored(("1950-01", "Race"), *sessions), now, asked or {})
    return dict(zip(events["event"], events["reason"], strict=True))


def test_an_event_begins_with_its_first_session_and_an_old_one_with_its_day() -> None:
    just_before = dt.datetime(2026, 3, 6, 1, 29, tzinfo=UTC)
    assert due.begun_events(calendar(), just_before) == ["1950-01"]
    assert due.begun_events(calendar(), just_before + dt.timedelta(minutes=1)) == ["1950-01", "2026-01"]


def test_nothing_is_asked_for_before_a_session_has_ended() -> None:
    assert asked_for(QUALIFYING_ENDED - dt.timedelta(seconds=1)) == {}
    assert asked_for(QUALIFYING_ENDED) == {"2026-01": "Qualifying"}


def test_an_old_race_that_is_not_stored_is_due() -> None:
    events = due.due_events(calendar(), stored(), dt.datetime(2026, 1, 1, tzinfo=UTC), {})
    assert events["event"].to_list() == ["1950-01"]


def test_an_unpublished_race_is_asked_for_ever_more_rarely() -> None:
    asked: dict[str, str] = {}
    times = []
    now = RACE_ENDED
    while now < RACE_ENDED + dt.timedelta(days=200):
        if asked_for(now, ("2026-01", "Qualifying"), asked=asked):
            asked = {"2026-01": now.isoformat()}
            times.append(now - RACE_ENDED)
        now += dt.timedelta(minutes=15) if now - RACE_ENDED < dt.timedelta(days=1) else dt.timedelta(hours=24)
    minutes = [round(waited.total_seconds() / 60) for waited in times]
    assert minutes[:5] == [0, 15, 30, 60, 120]
    assert len(times) <= 17
    assert times[-1] > dt.timedelta(days=80)


def test_in_the_week_after_the_race_one_session_a_day_is_asked_for_again() -> None:
    asked = {"2026-01": RACE_ENDED.isoformat()}
    days: dict[int, str] = {}
    for hours in range(0, 24 * 12, 6):
        now = RACE_ENDED + dt.timedelta(hours=hours)
        published = stored(("1950-01", "Race"), ("2026-01", "Qualifying"), ("2026-01", "Race"))
        again = due.due_events(calendar(), published, now, asked)
        if not again.is_empty():
            assert again["reason"].to_list() == ["corrections"]
            asked = {"2026-01": now.isoformat()}
            days[(now.date() - RACE_ENDED.date()).days] = again["sessions"].item()
    assert days == {1: "Race", 2: "Race", 5: "Race", 7: "Qualifying"}


def test_corrections_that_were_missed_are_asked_for_at_once() -> None:
    published = stored(("1950-01", "Race"), ("2026-01", "Qualifying"), ("2026-01", "Race"))
    asked = {"2026-01": RACE_ENDED.isoformat()}
    again = due.due_events(calendar(), published, RACE_ENDED + dt.timedelta(days=7), asked)
    assert set(again["sessions"].item().split(",")) == {"Race", "Qualifying"}


def test_the_calendar_is_asked_for_on_days_on_which_nothing_else_was() -> None:
    asked = {"calendar": "2026-03-06T00:00:00+00:00", "2026-01": "2026-03-06T10:00:00+00:00"}

    def is_due(day: int) -> bool:
        asked["2026-01"] = f"2026-03-{day:02}T00:00:30+00:00"
        return due.is_calendar_due(calendar(), dt.datetime(2026, 3, day, 0, 1, tzinfo=UTC), asked)

    assert due.is_calendar_due(calendar(), dt.datetime(2026, 3, 7, 0, 1, tzinfo=UTC), asked)
    assert [day for day in range(7, 15) if is_due(day)] == [8, 13, 14], "the race's day, then after a week"


def test_qualifying_that_the_source_does_not_have_is_given_up_after_a_week() -> None:
    asked = {"2026-01": (RACE_ENDED + dt.timedelta(days=8)).isoformat()}
    assert asked_for(RACE_ENDED + dt.timedelta(days=300), ("2026-01", "Race"), asked=asked) == {}


def test_a_race_that_is_collected_late_brings_its_qualifying() -> None:
    """One that was cancelled and is restored after weeks, or filed under another round until now."""
    asked = asked_for(RACE_ENDED + dt.timedelta(days=30))
    assert asked["2026-01"] == "Qualifying, Race"


def test_what_is_waited_for_is_said_in_words() -> None:
    late = due.waiting_for(calendar(), stored(), QUALIFYING_ENDED)
    assert late.startswith("waiting for Qualifying of Australian Grand Prix (2026-01) to be published")
    words = due.waiting_for(calendar(), stored(("2026-01", "Qualifying")), QUALIFYING_ENDED)
    assert words == "waiting for Race of Australian Grand Prix (2026-01), asked for from 2026-03-08 08:00 UTC"
    assert "next season" in due.waiting_for(calendar(), stored(), dt.datetime(2027, 1, 1, tzinfo=UTC))


def test_what_was_asked_for_is_remembered(lake: Path) -> None:
    due.note_asked(["2026-01"], QUALIFYING_ENDED)
    due.note_asked(["2026-02"], RACE_ENDED)
    assert due.read_asked() == {"2026-01": QUALIFYING_ENDED.isoformat(), "2026-02": RACE_ENDED.isoformat()}


def test_ranges_follow_the_order_of_registration_not_the_calendar() -> None:
    registered = ["2010-17", "2018-26", "2019-01", "2019-02", "2018-27"]
    assert registered_ranges(["2019-01", "2018-27", "2018-26", "2019-02"], registered) == [("2018-26", "2018-27")]
    assert registered_ranges(["2010-17", "2019-01"], registered) == [("2010-17", "2010-17"), ("2019-01", "2019-01")]
    with pytest.raises(ValueError, match="2027-01"):
        registered_ranges(["2027-01"], registered)
