"""Freshness by the calendar: nothing is stale in August, what ended is waited for, then told."""

import datetime as dt
from typing import Any

import dagster as dg
import polars as pl
import pytest

from f1lake.automation.checks import freshness
from f1lake.automation.checks.freshness import follow_the_results, follows_the_calendar
from f1lake.automation.due import attempts

UTC = dt.UTC
EVENTS = [
    {"season": 2026, "round": 9, "event_name": "British Grand Prix", "event_date": dt.date(2026, 7, 5),
     "race_start": dt.datetime(2026, 7, 5, 14, tzinfo=UTC), "sprint_date": dt.date(2026, 7, 4),
     "sprint_start": dt.datetime(2026, 7, 4, 11, tzinfo=UTC)},
    {"season": 2026, "round": 10, "event_name": "Belgian Grand Prix", "event_date": dt.date(2026, 7, 19),
     "race_start": dt.datetime(2026, 7, 19, 13, tzinfo=UTC), "sprint_date": None, "sprint_start": None},
    {"season": 2026, "round": 11, "event_name": "Dutch Grand Prix", "event_date": dt.date(2026, 8, 23),
     "race_start": None, "sprint_date": None, "sprint_start": None},
]  # fmt: skip
HELD = [(9, "Sprint", dt.date(2026, 7, 4)), (9, "Race", dt.date(2026, 7, 5)), (10, "Race", dt.date(2026, 7, 19))]


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Any:
    """`at("2026-07-19T20:00:00Z", rounds=9)`: what the check says then, with results up to a round."""

    def check(now: str, rounds: int) -> dg.AssetCheckResult:
        tables = {
            "silver/events": pl.DataFrame(EVENTS),
            "silver/session_results": pl.DataFrame(
                [{"season": 2026, "round": r, "session": s, "session_date": d} for r, s, d in HELD if r <= rounds]
            ),
        }
        monkeypatch.setattr(freshness, "read", lambda name: tables[name].lazy())
        monkeypatch.setenv("F1LAKE_NOW", now)
        return follows_the_calendar()

    return check


@pytest.mark.parametrize("now", ["2026-07-20T12:00:00Z", "2026-08-15T12:00:00Z", "2026-08-23T20:00:00Z"])
def test_in_august_nothing_is_stale(at: Any, now: str) -> None:
    result = at(now, rounds=10)
    assert result.passed
    assert result.metadata["waiting for"].value == "nothing"


def test_what_has_ended_is_waited_for_and_fails_nothing(at: Any) -> None:
    assert at("2026-07-19T16:59:00Z", rounds=9).metadata["waiting for"].value == "nothing"
    result = at("2026-07-19T17:01:00Z", rounds=9)
    assert result.passed
    assert result.metadata["waiting for"].value == "Belgian Grand Prix 2026-10 (Race)"
    assert at("2026-07-22T12:00:00Z", rounds=9).passed


def asked_for(monkeypatch: pytest.MonkeyPatch, now: str) -> None:
    """The race of round 10 is asked for."""
    monkeypatch.setenv("F1LAKE_NOW", now)
    assert attempts.claim({"raw/session_results 2026-10 Race spa": "claim"}, *attempts.read())


def test_after_three_days_it_is_told_and_whose_fault_it_is(at: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    result = at("2026-07-23T12:00:00Z", rounds=9)
    assert (result.passed, result.severity) == (False, dg.AssetCheckSeverity.ERROR)
    assert "Belgian Grand Prix 2026-10 (Race), which ended on 2026-07-19, has no results" in result.description
    assert "has not been asked since" in result.description
    asked_for(monkeypatch, "2026-07-23T06:00:00Z")
    result = at("2026-07-23T12:00:00Z", rounds=9)
    assert (result.passed, result.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert "asked on 2026-07-23 and had none" in result.description


def test_months_after_the_source_has_ended_it_is_one_warning(at: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    asked_for(monkeypatch, "2026-11-20T00:00:00Z")
    result = at("2026-11-25T12:00:00Z", rounds=9)
    assert result.severity == dg.AssetCheckSeverity.WARN
    assert "nor have 1 after it" in result.description


def test_a_season_without_a_calendar_is_stale_from_march_on(at: Any) -> None:
    assert at("2027-02-28T12:00:00Z", rounds=10).description != at("2027-03-01T12:00:00Z", rounds=10).description
    assert "the season 2027 has no calendar" in at("2027-03-01T12:00:00Z", rounds=10).description


def test_odds_that_do_not_know_the_last_session_are_stale(monkeypatch: pytest.MonkeyPatch) -> None:
    tables = {
        "silver/session_results": pl.DataFrame({"session": ["Race"], "session_date": [dt.date(2026, 7, 5)]}),
        "odds/title_odds": pl.DataFrame({"as_of": [dt.date(2026, 7, 5)]}),
    }
    monkeypatch.setattr(freshness, "read", lambda name: tables[name].lazy())
    monkeypatch.setattr(freshness, "version", lambda name: 0 if name in tables else None)
    assert follow_the_results().passed
    tables["odds/title_odds"] = pl.DataFrame({"as_of": [dt.date(2026, 6, 28)]})
    result = follow_the_results()
    assert not result.passed
    assert "as of 2026-06-28, the last session was on 2026-07-05" in result.description
