"""Races are moved, cancelled and restored while the season runs: in the end the lake is that of one backfill."""

import datetime as dt
from collections.abc import Callable

import dagster as dg
import polars as pl
import pytest

from f1lake import runs
from f1lake.home import dagster_home
from f1lake.storage.raw_io import RawIOManager, stored_keys
from f1lake.storage.schemas import CONTRACTS
from f1lake.upstream import budget
from f1lake_tests.recorded_upstream import UpstreamServer
from f1lake_tests.whole_lake import contents

EDITS = {
    "2026-03-20": {"season": 2026, "round": 3, "shift_days": 7},  # Suzuka, from 29 March to 5 April
    "2026-04-10": {"season": 2026, "round": 4, "cancel": True},  # Miami, 3 May
    "2026-05-26": {},  # all as it was
}
LAST_DAY = "2026-07-07"
EVERY_DAY = [f"{dt.date(2026, 3, 1) + dt.timedelta(days=i)}" for i in range(129)]
SOME_DAYS = ["2026-03-16", "2026-03-20", "2026-03-30", "2026-04-06", "2026-04-10", "2026-05-25", "2026-05-26", LAST_DAY]

BRONZE = [dg.AssetKey(name.split("/")) for name in CONTRACTS if name.startswith("bronze/")]
"""What is compared: all that follows is made of it."""


@pytest.fixture
def collected(upstream_server: UpstreamServer, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """`collected(day)` brings raw to the evening of a day."""
    monkeypatch.setenv("F1LAKE_UPSTREAM", upstream_server.address)
    monkeypatch.setenv("F1LAKE_FROM_SEASON", "2026")
    monkeypatch.setenv("F1LAKE_REQUESTS_PER_HOUR", "100000")
    monkeypatch.setattr(budget, "INTERVAL_S", 0)

    def collect(day: str) -> None:
        upstream_server.clock(day)
        monkeypatch.setenv("F1LAKE_NOW", f"{day}T23:59:00Z")
        dagster_home()
        with dg.DagsterInstance.get() as instance:
            runs.collect_due(instance)

    return collect


def bronze() -> dict[str, pl.DataFrame]:
    with dg.DagsterInstance.get() as instance:
        runs.run("build", instance, ("2026", "2026"), assets=BRONZE)
    return {name: rows for name, rows in contents().items() if name.startswith("bronze/")}


def assert_rightly_filed(day: str) -> None:
    """Every stored race has been run by that day, and stands under the round that the calendar has for it."""
    if not stored_keys("raw/session_results"):
        return
    races = RawIOManager().read("raw/session_results").filter(pl.col("session").cast(pl.String) == "Race")
    filed = races.select("season", "round", "circuitId", "raceDate").unique().collect()
    assert (filed["raceDate"].cast(pl.String) <= day).all()
    calendar = RawIOManager().read("raw/event_schedule").collect()
    assert filed.join(calendar, on=filed.columns, how="anti").is_empty(), day


@pytest.mark.parametrize("days", [SOME_DAYS, pytest.param(EVERY_DAY, marks=pytest.mark.soak)], ids=["some", "every"])
def test_a_season_with_a_race_moved_and_one_cancelled_and_restored_ends_as_one_backfill(
    days: list[str],
    upstream_server: UpstreamServer,
    collected: Callable[[str], None],
    tmp_path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for day in days:
        if day in EDITS:
            upstream_server.calendar(EDITS[day])
        collected(day)
        assert_rightly_filed(day)
        if day == "2026-05-25":
            assert "miami" not in set(RawIOManager().read("raw/session_results").collect()["circuitId"])
            assert "miami" not in set(bronze()["bronze/session_results"]["circuitId"])
    with capsys.disabled():
        print(f"{len(days)} collections: {upstream_server.log()['requests']} requests")
    daily = bronze()
    monkeypatch.setenv("F1LAKE_LAKE", str(tmp_path / "backfill"))
    collected(LAST_DAY)
    once = bronze()
    assert daily.keys() == once.keys()
    assert [name for name in daily if not daily[name].equals(once[name])] == []
    assert once["bronze/session_results"].filter(pl.col("session").cast(pl.String) == "Race")["round"].n_unique() == 9
