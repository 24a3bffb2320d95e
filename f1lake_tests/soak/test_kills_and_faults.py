"""Collections that are killed and disturbed: each ends complete, equal to an undisturbed one, or with a typed error.

`make soak` runs them. The normal suite has a killed writer (`storage/`) and each kind of failing answer (`upstream/`).
"""

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest

from f1lake_tests.recorded_upstream import UpstreamServer

COLLECT = [sys.executable, "-c", "from f1lake.cli.main import app; app(['collect', '--no-wait'])"]
COLLECT_AND_BUILD = [
    sys.executable,
    "-c",
    "from f1lake.cli.main import app; app(['collect', '--no-wait'], standalone_mode=False); app(['build'])",
]
FAULTS = {
    "every third fails": [{"status": 503, "every": 3}],
    "too many requests": [{"status": 429, "retry_after": 1, "every": 4}],
    "cut bodies": [{"truncate": True, "every": 4}],
    "stalls": [{"delay_s": 6, "every": 20}],
    "all together": [
        {"status": 503, "every": 7},
        {"status": 429, "retry_after": 1, "every": 11},
        {"truncate": True, "every": 13},
        {"delay_s": 6, "every": 41},
    ],
}


@pytest.fixture
def environment(upstream_server: UpstreamServer, tmp_path: Path, request: pytest.FixtureRequest) -> dict[str, str]:
    """Where three seasons are collected from and to, the last of them (the parameter) over."""
    upstream_server.clock(f"{request.param}-12-31")
    return {
        **os.environ,
        "F1LAKE_UPSTREAM": upstream_server.address,
        "F1LAKE_FROM_SEASON": str(request.param - 2),
        "F1LAKE_NOW": f"{request.param + 1}-01-15T12:00:00Z",
        "F1LAKE_REQUESTS_PER_HOUR": "100000",
        "COLUMNS": "200",
        "F1LAKE_LAKE": str(tmp_path / "lake"),
    }


def run(command: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600)


def raw(lake: str | Path) -> dict[str, pl.DataFrame]:
    """Every raw file of a lake, without what says when."""
    return {
        file.relative_to(lake).as_posix(): pl.read_parquet(file, hive_partitioning=False).drop("collected_at")
        for file in sorted((Path(lake) / "raw").rglob("*.parquet"))
    }


def tables(lake: str | Path) -> dict[str, pl.DataFrame]:
    """Every Delta table of a lake, its rows in an order of their own, without what says when."""
    found = {}
    for log in sorted(Path(lake).glob("*/*/_delta_log")):
        rows = pl.read_delta(str(log.parent))
        rows = rows.drop("collected_at", "made_at", strict=False)
        found[log.parent.relative_to(lake).as_posix()] = rows.sort(rows.columns)
    return found


def assert_same(lake: dict[str, pl.DataFrame], undisturbed: dict[str, pl.DataFrame]) -> None:
    assert lake.keys() == undisturbed.keys()
    assert [name for name in lake if not lake[name].equals(undisturbed[name])] == []


@pytest.fixture
def undisturbed(environment: dict[str, str], tmp_path: Path) -> tuple[dict[str, pl.DataFrame], float]:
    """Files and tables of a collection and build that nothing disturbed, and the seconds that it took."""
    started, lake = time.monotonic(), tmp_path / "undisturbed" / "lake"
    result = run(COLLECT_AND_BUILD, environment | {"F1LAKE_LAKE": str(lake)})
    assert result.returncode == 0, result.stdout
    return raw(lake) | tables(lake), time.monotonic() - started


@pytest.mark.soak
@pytest.mark.parametrize(("kills", "environment"), [(30, 2012)], indirect=["environment"])
def test_killed_at_any_moment_the_next_run_completes_and_asks_for_nothing_twice(
    kills: int, environment, undisturbed, upstream_server: UpstreamServer, tmp_path: Path, capsys
) -> None:
    expected, duration_s = undisturbed
    asked_twice = 0
    for kill in range(kills):
        asked_before = upstream_server.log()["by_path"]
        at = environment | {"F1LAKE_LAKE": str(tmp_path / f"killed{kill}" / "lake")}
        process = subprocess.Popen(COLLECT_AND_BUILD, env=at, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        after_s = random.Random(kill).uniform(0.1, 0.95) * duration_s
        time.sleep(after_s)
        process.kill()
        process.wait()
        result = run(COLLECT_AND_BUILD, at)
        assert result.returncode == 0, result.stdout + result.stderr
        assert_same(raw(at["F1LAKE_LAKE"]) | tables(at["F1LAKE_LAKE"]), expected)
        asked = {path: n - asked_before.get(path, 0) for path, n in upstream_server.log()["by_path"].items()}
        again = {path: n for path, n in asked.items() if n > 1}
        assert sum(n - 1 for n in again.values()) <= 1, f"beyond the request in flight: {again}"
        asked_twice += sum(n - 1 for n in again.values())
        with capsys.disabled():
            print(f"kill {kill + 1} after {after_s:.1f} s of {duration_s:.1f} s: complete, asked twice: {again or 0}")
    assert asked_twice <= kills


@pytest.mark.soak
@pytest.mark.parametrize(("faults", "environment"), [(name, 2012) for name in FAULTS], indirect=["environment"])
def test_a_storm_of_faults_ends_complete_or_with_a_typed_error(
    faults: str, environment, upstream_server: UpstreamServer, tmp_path: Path, capsys
) -> None:
    undisturbed = tmp_path / "undisturbed" / "lake"
    assert run(COLLECT, environment | {"F1LAKE_LAKE": str(undisturbed)}).returncode == 0
    expected = raw(undisturbed)
    before = upstream_server.log()["requests"]
    upstream_server.faults(FAULTS[faults])
    collections = 0
    while collections < 10:
        collections += 1
        result = run(COLLECT, environment)
        if result.returncode == 0:
            break
        assert "upstream.failures." in result.stdout, result.stdout + result.stderr
        stored = raw(environment["F1LAKE_LAKE"])
        assert [name for name in stored if not stored[name].equals(expected[name])] == []
    assert result.returncode == 0
    assert_same(raw(environment["F1LAKE_LAKE"]), expected)
    with capsys.disabled():
        requests = upstream_server.log()["requests"] - before
        print(f"{faults}: complete after {collections} collections, {requests} requests")
