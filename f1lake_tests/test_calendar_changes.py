"""Races are moved, cancelled and restored while the season runs: in the end the lake is that of one backfill."""

import dagster as dg
import polars as pl
import pytest

from f1lake import runs
from f1lake.settings import settings
from f1lake.storage.raw_io import RawIOManager, stored_keys
from f1lake_tests.conftest import UpstreamServer

CANCELLED = {"season": 2026, "round": 4, "cancel": True}
MOVED = {"season": 2026, "round": 3, "shift_days": 7}


@pytest.fixture
def collected(upstream_server: UpstreamServer, monkeypatch: pytest.MonkeyPatch):
    """`collected(day)` brings the lake to the evening of a day."""
    monkeypatch.setenv("F1LAKE_UPSTREAM", upstream_server.address)
    monkeypatch.setenv("F1LAKE_FROM_SEASON", "2026")

    def collect(day: str) -> None:
        upstream_server.clock(day)
        monkeypatch.setenv("F1LAKE_NOW", f"{day}T23:59:00Z")
        settings.cache_clear()
        runs.dagster_home()
        with dg.DagsterInstance.get() as instance:
            runs.collect_calendars(instance)
            runs.collect_standings(instance, runs.collect_results(instance))
            keys = stored_keys("raw/session_results")
            results = RawIOManager().read("raw/session_results").select(pl.col("raceDate").max()).collect().item()
            assert keys
            assert str(results) <= day or (results - pl.Series([day]).str.to_date()[0]).days <= 2, (
                "of a race not yet run"
            )

    return collect


def raw_rows(table: str) -> pl.DataFrame:
    rows = RawIOManager().read(table).drop("collected_at").collect()
    return rows.sort([c for c in ("season", "round", "session", "driverId", "number") if c in rows.columns])


def test_a_moved_and_a_cancelled_and_restored_race_leave_no_trace(
    upstream_server: UpstreamServer, collected, lake, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    collected("2026-03-16")
    upstream_server.calendar(MOVED)
    collected("2026-03-30")
    assert stored_keys("raw/session_results") == ["2026-01", "2026-02"]
    upstream_server.calendar(CANCELLED)
    collected("2026-05-25")
    circuits = (
        raw_rows("raw/session_results").select("round", "circuitId").unique().sort("round")["circuitId"].to_list()
    )
    assert circuits[-1] == "villeneuve"
    assert "miami" not in circuits
    upstream_server.calendar({})
    collected("2026-05-27")
    names = ("raw/event_schedule", "raw/session_results", "raw/driver_standings", "raw/constructor_standings")
    daily = {name: raw_rows(name) for name in names}
    monkeypatch.setenv("F1LAKE_LAKE", str(tmp_path / "backfill"))
    settings.cache_clear()
    collected("2026-05-27")
    once = {name: raw_rows(name) for name in names}
    assert [name for name in names if not daily[name].equals(once[name])] == []
