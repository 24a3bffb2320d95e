"""Collections that are killed and disturbed: each ends complete, equal to an undisturbed one, or with a typed error.

A few of these runs are in the normal suite; `make soak` has all of them.
"""

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest

from f1lake_tests.conftest import UpstreamServer

COLLECT = [sys.executable, "-c", "from f1lake.cli import app; app()", "collect", "--no-wait"]
FAULTS = {
    "every third fails": [{"status": 503, "every": 3}],
    "too many requests": [{"status": 429, "retry_after": 1, "every": 4}],
    "cut bodies": [{"truncate": True, "every": 4}],
    "stalls": [{"delay_s": 6, "every": 20}],
    "all together": [
        {"status": 503, "every": 7}, {"status": 429, "retry_after": 1, "every": 11}, {"truncate": True, "every": 13},
        {"delay_s": 6, "every": 41},
    ],
}


@pytest.fixture
def environment(upstream_server: UpstreamServer, tmp_path: Path) -> dict[str, str]:
    """Where three seasons are collected from and to, the last of them over."""
    upstream_server.clock("2012-12-31")
    return {
        **os.environ, "F1LAKE_UPSTREAM": upstream_server.address, "F1LAKE_FROM_SEASON": "2010",
        "F1LAKE_NOW": "2013-01-15T12:00:00Z", "F1LAKE_REQUESTS_PER_HOUR": "100000", "COLUMNS": "200",
        "F1LAKE_LAKE": str(tmp_path / "lake"),
    }


def collect(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(COLLECT, env=environment, capture_output=True, text=True, timeout=300)


def raw(lake: str | Path) -> dict[str, pl.DataFrame]:
    """Every raw file of a lake, without what says when."""
    return {
        file.relative_to(lake).as_posix(): pl.read_parquet(file, hive_partitioning=False).drop("collected_at")
        for file in sorted((Path(lake) / "raw").rglob("*.parquet"))
    }


def assert_same(lake: dict[str, pl.DataFrame], undisturbed: dict[str, pl.DataFrame]) -> None:
    assert lake.keys() == undisturbed.keys()
    assert [name for name in lake if not lake[name].equals(undisturbed[name])] == []


@pytest.fixture
def undisturbed(environment: dict[str, str], tmp_path: Path) -> tuple[dict[str, pl.DataFrame], float]:
    """The raw files of a collection that nothing disturbed, and the seconds that it took."""
    started = time.monotonic()
    result = collect(environment | {"F1LAKE_LAKE": str(tmp_path / "undisturbed" / "lake")})
    assert result.returncode == 0, result.stdout
    return raw(tmp_path / "undisturbed" / "lake"), time.monotonic() - started


@pytest.mark.parametrize("kills", [2, pytest.param(30, marks=pytest.mark.soak)])
def test_killed_at_any_moment_the_next_run_completes_and_asks_for_nothing_twice(
    kills: int, environment, undisturbed, upstream_server: UpstreamServer, tmp_path: Path
) -> None:
    expected, duration_s = undisturbed
    asked_before = upstream_server.log()["by_path"]
    for kill in range(kills):
        at = environment | {"F1LAKE_LAKE": str(tmp_path / f"killed{kill}" / "lake")}
        process = subprocess.Popen(COLLECT, env=at, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(random.Random(kill).uniform(0.2, 0.95) * duration_s)
        process.kill()
        process.wait()
        result = collect(at)
        assert result.returncode == 0, result.stdout
        assert_same(raw(at["F1LAKE_LAKE"]), expected)
        asked = upstream_server.log()["by_path"]
        again = {path: n - asked_before.get(path, 0) for path, n in asked.items() if n - asked_before.get(path, 0) > 1}
        assert sum(n - 1 for n in again.values()) <= 1, f"beyond the request in flight: {again}"
        asked_before = asked
        collect(at)
        assert_same(raw(at["F1LAKE_LAKE"]), expected)
        asked_before = upstream_server.log()["by_path"]


@pytest.mark.parametrize(
    "faults", [pytest.param(name, marks=[] if name == "every third fails" else pytest.mark.soak) for name in FAULTS]
)
def test_a_storm_of_faults_ends_complete_or_with_a_typed_error(
    faults: str, environment, undisturbed, upstream_server: UpstreamServer
) -> None:
    expected, _ = undisturbed
    upstream_server.faults(FAULTS[faults])
    for _ in range(10):
        result = collect(environment)
        if result.returncode == 0:
            break
        assert "upstream.failures." in result.stdout, result.stdout + result.stderr
        stored = raw(environment["F1LAKE_LAKE"])
        assert [name for name in stored if not stored[name].equals(expected[name])] == []
    assert result.returncode == 0
    assert_same(raw(environment["F1LAKE_LAKE"]), expected)
