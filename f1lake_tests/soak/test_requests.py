"""What the whole history costs a service in requests, from an address and through FastF1's own limiter."""

import re

import pytest

from f1lake.settings import settings
from f1lake_tests.conftest import UpstreamServer


@pytest.mark.soak
def test_the_whole_history_costs_few_requests(
    upstream_server: UpstreamServer, monkeypatch: pytest.MonkeyPatch, lake
) -> None:
    import dagster as dg

    from f1lake import runs

    monkeypatch.setenv("F1LAKE_UPSTREAM", upstream_server.address)
    monkeypatch.setenv("F1LAKE_NOW", "2026-07-05T23:59:59Z")
    settings.cache_clear()
    runs.dagster_home()
    with dg.DagsterInstance.get() as instance:
        for _ in range(2):
            runs.collect_calendars(instance)
            runs.collect_standings(instance, runs.collect_results(instance))
            log = upstream_server.log()
            asked = [path for path, times in log["by_path"].items() for _ in range(times)]
            races = [p for p in asked if re.search(r"f1/(races|results|sprint)|schedule_", p)]
            assert len(races) <= 300
            assert log["requests"] <= 499
            assert len(asked) == len(set(asked)), "a page was asked for twice"
