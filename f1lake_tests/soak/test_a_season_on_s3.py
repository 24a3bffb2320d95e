"""Race weekends on a lake on S3 whose network cuts, delays and fails: no lost row, no half table, all as on disk."""

from pathlib import Path

import pytest

from f1lake.invent.recording import advance, invent
from f1lake_tests.storage.ceph import Gateway
from f1lake_tests.storage.s3_proxy import FAILURES, proxy_of
from f1lake_tests.whole_lake import assert_same, contents, fill

SEASONS, WEEKENDS = 12, 2
FAILS_EACH = 23
"""Of so many requests one is cut, answered with 500 or 503, or done without an answer."""
DELAY_S = 0.005


@pytest.mark.soak
def test_a_season_on_a_bad_s3_is_as_on_disk(
    s3_lake: str, ceph: Gateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    world, first = tmp_path / "world", 2026 - SEASONS + 1
    invent(world, SEASONS, seed=3)
    monkeypatch.setenv("F1LAKE_UPSTREAM", str(world))
    with proxy_of(ceph.address) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.address)
        proxy.delay(DELAY_S)
        for weekend in range(WEEKENDS + 1):
            of_lake = {}
            for lake in (str(tmp_path / "lake"), s3_lake):
                monkeypatch.setenv("F1LAKE_LAKE", lake)
                proxy.counted()
                proxy.fail(FAILS_EACH, (*FAILURES, "late"))
                fill(2026 if weekend else first, 2026, "refresh" if weekend else "whole_history")
                proxy.fail(0)
                sent = sum(proxy.counted().values())
                of_lake[lake] = contents()
            with capsys.disabled():
                print(f"weekend {weekend}: {sent} requests, {sent // FAILS_EACH} of them failed", flush=True)
            assert_same(*of_lake.values())
            advance(world)
