"""Runs on Celery workers by the words of deploy/scale.md: 1, 2 and 4 of them on backtests, and one that ends midway."""

import itertools
import re
import shutil
import time
from pathlib import Path

import boto3
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from f1lake.contracts import declared
from f1lake.invent.recording import invent
from f1lake_tests.deploy.operating import (
    PASSWORD,
    PATIENCE_S,
    SEASONS,
    again,
    bucket,
    ended,
    failed_runs,
    filled_in,
    last_odds,
    last_race,
    launched,
    of_profile,
    server,
    settle,
    under_way,
)  # fmt: skip
from f1lake_tests.deploy.profile import STOPS_WITHIN_S, Profile, commands, wait_for
from f1lake_tests.storage.ceph import Gateway
from f1lake_tests.whole_lake import contents

__all__ = ["bucket", "server"]
pytestmark = [*of_profile, pytest.mark.skipif(shutil.which("redis-server") is None, reason="no Redis on this machine")]
LAST = 2026
WORKERS = (1, 2, 4)
BACKTESTS = ("model/title_model", "model/race_model", "model/constructor_title_model")
"""What each round makes anew. The simulations stay: the later seasons' fits need those of the earlier ones."""


def spans(first: int, count: int) -> list[tuple[str, str]]:
    """So many ranges of seasons, which hold each from the first one once."""
    edges = [first + (LAST + 1 - first) * number // count for number in range(count + 1)]
    return [(str(a), str(b - 1)) for a, b in itertools.pairwise(edges)]


def allow(profile: Profile, workers: int) -> None:
    """Have so many runs at once, and so many workers."""
    file = profile.folder / "dagster-workers.yaml"
    file.write_text(re.sub(r"max_concurrent_runs: \d+", f"max_concurrent_runs: {workers}", file.read_text()))
    profile.stop("daemon")
    profile.do(f"docker compose up -d --scale worker={workers}")


def forget(bucket: str, prefix: str) -> None:
    """Remove what lies below a place of a bucket."""
    client = boto3.Session().client("s3")
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for one in page.get("Contents", []):
            client.delete_object(Bucket=bucket, Key=one["Key"])


def test_backtests_go_to_workers_and_a_run_survives_the_end_of_its_own(
    server: Profile, ceph: Gateway, bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    world, first = tmp_path / "world", LAST + 1 - SEASONS
    invent(world, SEASONS, seed=7)
    for command in commands("With containers")[:2]:
        server.do(command, PASSWORD)
    filled_in(server, ceph, bucket, world, "first")
    choose, *start = commands("Runs on workers", "scale.md")
    server.do(choose)
    server.fill_in(server.folder / ".env", REDIS_PASSWORD="cafe")
    for command in start:
        server.do(command)
    monkeypatch.setenv("F1LAKE_LAKE", f"{bucket}/first")
    wait_for(lambda: last_odds() == last_race(world), "the history, collected and built by workers", PATIENCE_S)
    settle(server)
    declared()
    before, took = contents(), dict[int, float]()
    for workers in WORKERS:
        for table in BACKTESTS:
            forget(bucket.removeprefix("s3://"), f"first/{table}/")
        allow(server, workers)
        began = time.monotonic()
        asked = [launched(server, "backtest", span) for span in spans(first, max(WORKERS))]
        assert {ended(server, run) for run in asked} == {"SUCCESS"}
        took[workers] = time.monotonic() - began
        with capsys.disabled():
            print(f"{workers} workers: {took[workers]:.1f} s", flush=True)
        after = contents()
        for table in BACKTESTS:
            assert_frame_equal(after[table], before[table], check_row_order=False)

    *_, register = commands("Backtests by ranges of seasons", "scale.md")
    for _ in range(2):
        server.do(register)
    settle(server)
    assert failed_runs(server) == []
    for table in ("model/title_versions", "model/race_versions"):
        versions = contents()[table]
        assert versions.height == versions["fingerprint"].n_unique()
        assert versions.filter(pl.col("is_champion")).height == 1

    run = launched(server, "backtest", spans(first, 1)[0])
    wait_for(lambda: run in under_way(server, "backtest"), "the run to be under way")
    at_work = [name for name in ("worker", "worker-2", "worker-3", "worker-4") if run in server.log(name)]
    assert at_work
    for name in at_work:
        assert server.stop(name) < STOPS_WITHIN_S
    assert ended(server, run) == "FAILURE"
    wait_for(lambda: bool(again(server, run)), "the daemon to start it again")
    assert ended(server, again(server, run)[0]) == "SUCCESS"
