"""Two machines on one lake on S3, each with a working directory and a Dagster instance of its own: none asks twice.

Both see every moment of a race weekend at once. What they ask is counted by the upstream.
"""

import datetime as dt
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from f1lake.raw import laps, pit_stops, session_results
from f1lake.storage.raw_io import RawIOManager
from f1lake_tests.recorded_upstream import UpstreamServer

A_MACHINE = """
import dagster as dg
from f1lake import runs
from f1lake.home import dagster_home
from f1lake_tests.ticks import tick
dagster_home()
with dg.DagsterInstance.get() as instance:
    asked = 0
    while tick(instance):
        asked += 1
print("asked", asked, "times")
"""
MOMENTS = [
    "2026-03-01T00:01:00Z", "2026-03-06T12:00:00Z", "2026-03-07T09:01:00Z", "2026-03-08T08:01:00Z",
    "2026-03-08T09:00:00Z", "2026-03-09T00:01:00Z", "2026-03-10T00:01:00Z", "2026-03-14T07:01:00Z",
    "2026-03-14T11:01:00Z", "2026-03-15T11:01:00Z", "2026-03-16T00:01:00Z",
]  # fmt: skip
"""Two race weekends, the second with a sprint, and the days of corrections after them."""


@pytest.fixture
def both(
    s3_lake: str, upstream_server: UpstreamServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], list[str]]:
    """`both(instant)` has two machines look at that time, at once; what they say."""
    monkeypatch.setenv("F1LAKE_FROM_SEASON", "2026")
    monkeypatch.setenv("F1LAKE_UPSTREAM", upstream_server.address)
    monkeypatch.setenv("F1LAKE_REQUESTS_PER_HOUR", "100000")
    root = str(Path(__file__).resolve().parents[2])
    folders = [tmp_path / name for name in ("one", "other")]
    for folder in folders:
        folder.mkdir()

    def look(now: str) -> list[str]:
        upstream_server.clock(now[:10])
        environment = os.environ | {"F1LAKE_NOW": now, "PYTHONPATH": root}
        machines = [
            subprocess.Popen(
                [sys.executable, "-c", A_MACHINE], cwd=folder, env=environment, stdout=subprocess.PIPE,
                stderr=subprocess.PIPE, text=True,
            )
            for folder in folders
        ]
        said = [machine.communicate(timeout=600) for machine in machines]
        assert [machine.returncode for machine in machines] == [0, 0], "\n".join(err[-3000:] for _, err in said)
        monkeypatch.setenv("F1LAKE_NOW", now)
        return [out.strip().splitlines()[-1] for out, _ in said]

    return look


@pytest.mark.soak
def test_two_machines_on_one_lake_ask_nothing_twice_in_two_race_weekends(
    both: Callable[[str], list[str]], upstream_server: UpstreamServer, capsys: pytest.CaptureFixture[str]
) -> None:
    twice: dict[str, dict[str, int]] = {}
    for now in MOMENTS:
        before = upstream_server.log()["by_path"]
        said = both(now)
        spent = {path: n - before.get(path, 0) for path, n in upstream_server.log()["by_path"].items()}
        if again := {path: n for path, n in spent.items() if n > 1}:
            twice[now] = again
        with capsys.disabled():
            print(f"{dt.datetime.fromisoformat(now):%d %B %H:%M}: {said}, {sum(spent.values())} requests", flush=True)
    assert twice == {}
    stored = RawIOManager().read(session_results.TABLE, [2026]).select("round", "session").unique().collect()
    sessions = stored.group_by("round").agg(pl.len()).sort("round").rows()
    assert sessions == [(1, 2), (2, 3)]
    for table in (laps.TABLE, pit_stops.TABLE):
        assert RawIOManager().read_one(table, "2026-02") is not None, table
