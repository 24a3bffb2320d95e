"""What the sensor asks for on every day of 2026, tick by tick without a daemon: few requests, and none for nothing."""

import datetime as dt
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import dagster as dg
import pytest

from f1lake import clock
from f1lake.home import dagster_home
from f1lake.storage.raw_io import RawIOManager
from f1lake_tests.recorded_upstream import UpstreamServer
from f1lake_tests.soak.test_a_season_lived import CORRECTIONS, EDITS, END, START, instants, requests_by_kind
from f1lake_tests.ticks import tick

OF_WEEKEND, OF_DAY, OF_CHANGE = 12, 1, 3
"""The most requests of a race weekend, Friday to Sunday, laps apart, of another day, and of one with a change.

On these two stops that are published late are asked for once more. Not of the day on which three races are restored:
it collects them anew.
"""


@pytest.fixture
def turn(upstream_server: UpstreamServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """An empty lake for 2026, and its clock and the upstream's."""
    monkeypatch.setenv("F1LAKE_FROM_SEASON", "2026")
    monkeypatch.setenv("F1LAKE_UPSTREAM", upstream_server.address)
    monkeypatch.setenv("F1LAKE_REQUESTS_PER_HOUR", "100000")

    def to(now: dt.datetime) -> None:
        upstream_server.clock(str(now.date()))
        monkeypatch.setenv("F1LAKE_NOW", now.isoformat())

    return to


@pytest.mark.soak
def test_a_race_weekend_takes_twelve_requests_and_any_other_day_one(
    turn: Callable[[dt.datetime], None], upstream_server: UpstreamServer, capsys: pytest.CaptureFixture[str]
) -> None:
    midnight = dt.time(0, 1, tzinfo=dt.UTC)
    turn(dt.datetime.combine(START, midnight))
    dagster_home()
    spent: dict[dt.date, Counter[str]] = {}
    races: set[dt.date] = set()
    with dg.DagsterInstance.get() as instance:
        tick(instance)  # the calendars of all seasons
        days = [START + dt.timedelta(days=i) for i in range((END - START).days + 1)]
        moments = {*instants(), *(dt.datetime.combine(day, midnight) for day in days)}
        for now in sorted(moments):
            morning = now.timetz() == midnight
            if morning and now.date() in EDITS:
                upstream_server.calendar(EDITS[now.date()])
            if morning and now.date() in CORRECTIONS:
                upstream_server.amend(CORRECTIONS[now.date()])
            before = requests_by_kind(upstream_server.log()["by_path"])
            turn(now)
            while ended := tick(instance):
                assert clock.today() in EDITS or all(success for _, success in ended), "only a calendar may surprise it"
            counted = requests_by_kind(upstream_server.log()["by_path"]) - before
            spent.setdefault(now.date(), Counter()).update(counted)
            if counted["laps"]:
                races.add(now.date())
    with capsys.disabled():
        print()
        for day, counted in spent.items():
            print(day, dict(counted), "race" if day in races else "")
    seen = {day + dt.timedelta(days=1) for day in EDITS}  # each is on a day with another question
    changes = {START, *EDITS, *seen, *CORRECTIONS}
    totals = {day: counted.total() - counted["laps"] for day, counted in spent.items() if day not in changes}
    weekends = {day: [day - dt.timedelta(days=2), day - dt.timedelta(days=1), day] for day in races - changes}
    of_weekends = {day: sum(totals.get(other, 0) for other in weekend) for day, weekend in weekends.items()}
    assert len(of_weekends) >= 8
    assert {day: asked for day, asked in of_weekends.items() if asked > OF_WEEKEND} == {}
    after_change = {day: spent[day]["asked"] + spent[day]["calendar"] for day in {*seen, *CORRECTIONS}}
    others = {day: asked for day, asked in totals.items() if day not in {d for w in weekends.values() for d in w}}
    assert {day: asked for day, asked in others.items() if asked - spent[day]["stops"] > OF_DAY} == {}
    late = {day: spent[day]["stops"] for day in {*others, *after_change}}
    assert max(late.values()) <= 1, "stops that are published late: once a day"
    assert {day: asked for day, asked in after_change.items() if asked > OF_CHANGE} == {}
    stored = RawIOManager().read("raw/session_results", [2026]).select("round", "session").unique().collect()
    assert dict(stored.group_by("session").len().rows()) == {"Race": 9, "Qualifying": 9, "Sprint": 4}
