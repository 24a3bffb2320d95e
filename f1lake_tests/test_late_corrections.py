"""A race of June is changed in September: within a week the lake has it, by itself and for three requests more."""

import datetime as dt
from collections.abc import Callable

import dagster as dg
import polars as pl
import pytest

from f1lake import runs
from f1lake.automation.due import rules
from f1lake.storage.lake import read
from f1lake.upstream import budget
from f1lake_tests.recorded_upstream import UpstreamServer
from f1lake_tests.ticks import tick

SEPTEMBER = dt.date(2025, 9, 22)
"""The Monday after Baku; the next race is two weeks later."""
CHANGED = {"season": 2025, "round": 10, "session": "results", "driverId": "russell", "disqualify": True}
"""The winner in Montreal on 15 June."""


@pytest.fixture
def lived(
    upstream_server: UpstreamServer, monkeypatch: pytest.MonkeyPatch
) -> Callable[[dt.date, dg.DagsterInstance], int]:
    """`lived(day, instance)` has the sensor live the first minute of a day; the requests that it took."""
    monkeypatch.setenv("F1LAKE_FROM_SEASON", "2025")
    monkeypatch.setenv("F1LAKE_UPSTREAM", upstream_server.address)
    monkeypatch.setenv("F1LAKE_REQUESTS_PER_HOUR", "100000")
    monkeypatch.setattr(rules, "optional_tables", list)
    monkeypatch.setattr(budget, "INTERVAL_S", 0)

    def live(day: dt.date, instance: dg.DagsterInstance) -> int:
        upstream_server.clock(str(day))
        monkeypatch.setenv("F1LAKE_NOW", f"{day}T00:01:00Z")
        before = _of_api(upstream_server)
        while ended := tick(instance):
            assert all(success for _, success in ended)
        return _of_api(upstream_server) - before

    return live


def _of_api(server: UpstreamServer) -> int:
    """The requests so far, but for F1DB's, which is asked by rules of its own."""
    return sum(times for path, times in server.log()["by_path"].items() if "f1db" not in path)


def test_a_race_of_june_that_is_changed_in_september_reaches_the_lake_within_a_week(
    lived: Callable[[dt.date, dg.DagsterInstance], int], upstream_server: UpstreamServer,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        lived(SEPTEMBER - dt.timedelta(days=3), instance)
        lived(SEPTEMBER, instance)
        runs.run("build", instance, ("2025", "2025"))
        upstream_server.amend(CHANGED)
        days = [SEPTEMBER + dt.timedelta(days=n) for n in range(1, 9)]
        spent = {day: lived(day, instance) for day in days}
        runs.run("build", instance, ("2025", "2025"))
    with capsys.disabled():
        print({str(day): n for day, n in spent.items()})
    assert sum(spent.values()) - len(days) <= 3, spent
    changes = read("gold/result_corrections").filter(driver_id="russell", round=10, column="position").collect()
    assert changes.select("before").to_series().to_list() == ["1"]
    standings = read("gold/driver_standings").filter(season=2025, driver_id="russell").collect().sort("round")
    official = read("bronze/driver_standings").filter(pl.col("driverId") == "russell").collect().sort("round")
    assert standings["points"][-1] == official["points"][-1]
    report = read("gold/race_report").filter(season=2025, round=10).collect()
    assert report["winner_ids"].to_list() == [["max_verstappen"]]
