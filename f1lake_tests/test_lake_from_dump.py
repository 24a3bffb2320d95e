"""A lake whose history is from the bulk dump equals one collected page by page, and costs few requests."""

import gzip
import json
import os
from collections.abc import Callable
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from f1lake import runs
from f1lake.home import dagster_home
from f1lake.settings import settings
from f1lake.storage.raw_io import RawIOManager, stored_keys
from f1lake.storage.schemas import CONTRACTS, key_columns, volatile_columns
from f1lake.upstream import budget
from f1lake.upstream.dump.kept import kept
from f1lake_tests.dumps import answered_today
from f1lake_tests.recorded_upstream import Told, UpstreamServer
from f1lake_tests.ticks import tick
from f1lake_tests.whole_lake import contents

RAW = ("event_schedule", "session_results", "driver_standings", "constructor_standings", "pit_stops", "laps")
OF_WHOM = {
    "constructorUrl", "constructorUrls", "driverNumber", "driverUrl", "driverNationality", "locality",
    "permanent_number", "nationality", "url",
}  # fmt: skip
"""What is told of a driver, team or circuit: the recordings have it as answered over the years, a dump has one row."""
OF_TEAMS = {"constructorIds", "constructorNames", "constructorNationalities", "constructorUrls"}
"""Whom a driver raced for, in the standings: to 1995 only a dump has it."""
FAILING = [{"status": 503, "match": "/data/dumps", "every": 1}]
AT_END = "2026-07-05T23:59:59Z"


@pytest.fixture
def at(whole_upstream: UpstreamServer, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """`at(now, first)` is an instant of the recorded upstream, asked as quickly as it answers, from a season on."""

    def go(now: str, first: int) -> None:
        whole_upstream.clock(now[:10])
        whole_upstream.faults([])
        monkeypatch.setenv("F1LAKE_UPSTREAM", whole_upstream.address)
        monkeypatch.setenv("F1LAKE_NOW", now)
        monkeypatch.setenv("F1LAKE_FROM_SEASON", str(first))
        monkeypatch.setenv("F1LAKE_REQUESTS_PER_HOUR", "100000")
        monkeypatch.setattr(budget, "INTERVAL_S", 0)

    return go


def collected(lake: Path, monkeypatch: pytest.MonkeyPatch, laps_from: int | None = None) -> list[str]:
    """Collect and build a lake; what was said of a dump that cannot be had."""
    monkeypatch.setenv("F1LAKE_LAKE", str(lake))
    os.environ.pop("DAGSTER_HOME", None)
    dagster_home()
    said: list[str] = []
    with dg.DagsterInstance.get() as instance:
        runs.collect_due(instance, laps_from, said.append)
        seasons = stored_keys("raw/event_schedule")
        runs.run("build", instance, (str(settings().from_season), seasons[-1]))
    return said


def says(without: set[str]) -> dict[str, pl.DataFrame]:
    """Every table, raw included, sorted by its key, without some columns and those that say when and where from."""
    tables = {f"raw/{name}": RawIOManager().read(f"raw/{name}").collect() for name in RAW if stored_keys(f"raw/{name}")}
    raw = {
        name: rows.drop(volatile_columns(CONTRACTS[name])).sort(key_columns(CONTRACTS[name]))
        for name, rows in tables.items()
    }
    return {name: rows.drop(without & set(rows.columns)) for name, rows in (raw | contents()).items()}


def assert_same(one: dict[str, pl.DataFrame], other: dict[str, pl.DataFrame]) -> None:
    assert set(one) == set(other)
    assert [name for name in one if not one[name].equals(other[name])] == []


def races_by_source() -> dict[str, int]:
    rows = RawIOManager().read("raw/session_results")
    return dict(rows.group_by("source").agg(pl.struct("season", "round").n_unique()).collect().iter_rows())


@pytest.mark.parametrize(
    ("now", "first", "of_dump", "of_api"),
    [
        ("1996-06-03T12:00:00Z", 1995, 17 + 6, 1),
        pytest.param(AT_END, 2025, 24 + 7, 2, marks=pytest.mark.soak),
    ],
)
def test_a_lake_from_the_dump_equals_one_from_the_pages(
    now: str, first: int, of_dump: int, of_api: int, at: Callable[..., None], whole_upstream: UpstreamServer,
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    at(now, first)
    assert collected(tmp_path / "dumped" / "lake", monkeypatch) == []
    requests = whole_upstream.log()["requests"]
    assert requests <= 60
    dump = kept()
    assert dump is not None
    assert races_by_source() == {dump.source: of_dump, "jolpica": of_api}
    dumped = says(OF_WHOM | (OF_TEAMS if first <= 1995 else set()))
    whole_upstream.faults(FAILING)
    said = collected(tmp_path / "paged" / "lake", monkeypatch, laps_from=first)
    assert len(said) == 1
    assert said[0].startswith("bulk dump, the list of dumps: the service answers with status 503. Nothing of it")
    assert kept() is None
    assert whole_upstream.log()["requests"] > 2 * requests
    assert_same(dumped, says(OF_WHOM | (OF_TEAMS if first <= 1995 else set())))


@pytest.mark.soak
def test_the_whole_history_from_the_dump_equals_that_of_the_answers(
    at: Callable[..., None], told: Told, whole_upstream: UpstreamServer, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    at(AT_END, 1950)
    assert collected(tmp_path / "dumped" / "lake", monkeypatch) == []
    assert whole_upstream.log()["requests"] <= 60
    dumped = says(OF_WHOM | OF_TEAMS)
    folder = tmp_path / "answers"
    folder.mkdir()
    for season, races in answered_today(told, told.seasons).items():
        content = json.dumps({"season": str(season), "races": races}).encode()
        (folder / f"{season}.json.gz").write_bytes(gzip.compress(content, 1))
    for file in [told.folder / "recording.json", *told.folder.glob("schedule_*.json.gz")]:
        (folder / file.name).write_bytes(file.read_bytes())
    monkeypatch.setenv("F1LAKE_UPSTREAM", str(folder))
    assert collected(tmp_path / "answered" / "lake", monkeypatch) == []
    assert_same(dumped, says(OF_WHOM | OF_TEAMS))


def ticked(now: str, at: Callable[..., None], first: int) -> set[str]:
    """What the sensor asks for at an instant until nothing is due, run at once; the names of the jobs."""
    at(now, first)
    os.environ.pop("DAGSTER_HOME", None)
    dagster_home()
    jobs: set[str] = set()
    with dg.DagsterInstance.get() as instance:
        while ended := tick(instance):
            assert all(success for _, success in ended)
            jobs |= {job for job, _ in ended}
    return jobs


def test_a_correction_of_long_ago_comes_by_itself_with_the_dump_of_the_next_month(
    at: Callable[..., None], whole_upstream: UpstreamServer, lake: Path
) -> None:
    """By way of the sensor: what it asks for, and three requests at most for the correction."""
    assert "collect_dump" in ticked("1996-06-03T12:00:00Z", at, 1995)
    whole_upstream.amend({
        "season": 1995, "round": 3, "session": "results", "driverId": "damon_hill", "set": {"laps": "52"}
    })  # fmt: skip
    assert _laps_of_hill() == 63
    jobs = ticked("1996-07-05T12:00:00Z", at, 1995)
    asked = [path for path in whole_upstream.log()["by_path"] if "/1995/" in path]
    assert jobs >= {"collect_dump", "collect_results"}
    assert _laps_of_hill() == 52
    assert {"/ergast/f1/1995/3/results.json?limit=100&offset=0"} <= set(asked)
    assert len(asked) <= 3


def _laps_of_hill() -> int:
    rows = RawIOManager().read_one("raw/session_results", "1995-03")
    assert rows is not None
    return rows.filter(driverId="damon_hill", session="Race")["laps"].item()
