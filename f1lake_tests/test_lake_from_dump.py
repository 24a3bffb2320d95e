"""A lake whose history is from the bulk dump equals one collected page by page, and costs few requests."""

import os
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from f1lake import runs
from f1lake.settings import settings
from f1lake.storage.contract import CONTRACTS, key_columns, volatile_columns
from f1lake.storage.raw_io import RawIOManager, stored_keys
from f1lake.upstream import budget
from f1lake.upstream.dump.kept import kept
from f1lake_tests.conftest import UpstreamServer
from f1lake_tests.whole_lake import contents

FIRST, LAST = 2025, 2026
RAW = ("event_schedule", "session_results", "driver_standings", "constructor_standings", "pit_stops", "laps")
OF_WHOM = {
    "constructorUrl", "constructorUrls", "driverNumber", "driverUrl", "driverNationality", "locality",
    "permanent_number", "nationality", "url",
}  # fmt: skip
"""What is told of a driver, team or circuit: the recordings have it as answered over the years, a dump has one row."""
NO_DUMPS = [{"status": 503, "match": "/data/dumps", "every": 1}]


@pytest.fixture
def at_the_end(
    upstream_server: UpstreamServer, recording: Path, monkeypatch: pytest.MonkeyPatch
) -> UpstreamServer:
    """The recorded upstream at its end, asked as quickly as it answers, for seasons enough to have a history."""
    monkeypatch.setenv("F1LAKE_UPSTREAM", upstream_server.address)
    monkeypatch.setenv("F1LAKE_NOW", "2026-07-05T23:59:59Z")
    monkeypatch.setenv("F1LAKE_FROM_SEASON", str(FIRST))
    monkeypatch.setenv("F1LAKE_REQUESTS_PER_HOUR", "100000")
    monkeypatch.setattr(budget, "INTERVAL_S", 0)
    settings.cache_clear()
    return upstream_server


def collected(lake: Path, monkeypatch: pytest.MonkeyPatch, laps_from: int | None = None) -> list[str]:
    """Collect and build a lake; what was said of a dump that cannot be had."""
    monkeypatch.setenv("F1LAKE_LAKE", str(lake))
    settings.cache_clear()
    os.environ.pop("DAGSTER_HOME", None)
    runs.dagster_home()
    said: list[str] = []
    with dg.DagsterInstance.get() as instance:
        runs.collect_due(instance, laps_from, said.append)
        runs.run("build", instance, (str(FIRST), str(LAST)))
    return said


def raw() -> dict[str, pl.DataFrame]:
    """Every raw table of the lake, sorted by its key, without what says when and where from."""
    tables = {f"raw/{name}": RawIOManager().read(f"raw/{name}").collect() for name in RAW}
    return {
        name: rows.drop(volatile_columns(CONTRACTS[name])).sort(key_columns(CONTRACTS[name]))
        for name, rows in tables.items()
    }


def told(tables: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    return {name: rows.drop(OF_WHOM & set(rows.columns)) for name, rows in tables.items()}


def test_a_lake_from_the_dump_equals_one_from_the_pages(
    at_the_end: UpstreamServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert collected(tmp_path / "dumped" / "lake", monkeypatch) == []
    log = at_the_end.log()
    assert log["requests"] <= 60
    dump = kept()
    assert dump is not None
    rows = RawIOManager().read("raw/session_results").collect()
    by_source = rows.group_by("source").agg(pl.struct("season", "round").n_unique()).rows()
    assert dict(by_source) == {dump.source: 31, "jolpica": 2}
    assert len(stored_keys("raw/laps")) == len(stored_keys("raw/pit_stops")) == 33
    dumped = told(raw() | contents())
    at_the_end.faults(NO_DUMPS)
    said = collected(tmp_path / "paged" / "lake", monkeypatch, laps_from=FIRST)
    assert len(said) == 1
    assert said[0].startswith("bulk dump, the list of dumps: the service answers with status 503. Nothing of it")
    assert kept() is None
    assert at_the_end.log()["requests"] > log["requests"] + 400
    paged = told(raw() | contents())
    assert set(dumped) == set(paged)
    for name, frame in paged.items():
        assert dumped[name].equals(frame), name
