"""What a collection costs a service in requests, and how it keeps to the hour's limit, in a time of the tests' own."""

import re
from collections import Counter
from collections.abc import Callable

import dagster as dg
import pytest

from f1lake import runs
from f1lake.home import dagster_home
from f1lake.raw import laps
from f1lake.storage.raw_io import stored_keys
from f1lake.upstream.progress import waiting_out
from f1lake.upstream.retries import ATTEMPTS
from f1lake_tests.recorded_upstream import UpstreamServer


def collect(laps_from: int | None = None) -> list[str]:
    """Collect what is due, waiting wherever the upstream must be waited for; what was waited for."""
    dagster_home()
    waits: list[str] = []
    with (
        dg.DagsterInstance.get() as instance,
        waiting_out(lambda reason, left_s: waits.append(reason) if left_s == 0 else None),
    ):
        runs.collect_due(instance, laps_from)
    return waits


def kinds(log: dict[str, int]) -> Counter[str]:
    """Requests by what was asked: `results`, `laps`, `schedule files`."""
    found: Counter[str] = Counter()
    for path, times in log.items():
        of_api = re.findall(r"/(\w+)\.json", path)
        found["schedule files" if "f1schedule" in path else of_api[0] if of_api else "dumps"] += times
    return found


@pytest.mark.soak
def test_the_whole_history_takes_as_many_hours_as_199_requests_an_hour_need_and_none_is_refused(
    server_in_moved_time: UpstreamServer,
    hours_passed: Callable[[], float],
    lake,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("F1LAKE_NOW", "2026-07-05T23:59:59Z")
    monkeypatch.setenv("F1LAKE_REQUESTS_PER_HOUR", "199")
    # A little more than is sent: it counts the list of dumps too, and a busy machine delivers a request late.
    server_in_moved_time.faults([{"hourly": 205}])
    waits = collect()
    log = server_in_moved_time.log()
    with capsys.disabled():
        print(f"{log['requests']} requests in {hours_passed():.1f} hours, {len(waits)} waits: {kinds(log['by_path'])}")
    assert set(log["by_path"].values()) == {1}, "a page was refused, or asked for twice"
    asked = kinds(log["by_path"])
    assert asked["races"] + asked["results"] + asked["sprint"] + asked["schedule files"] <= 300
    assert waits
    hours = (log["requests"] - asked["dumps"] - 1) // 199
    assert hours_passed() == pytest.approx(hours, abs=0.2), "as many hours as it needs, no more"
    assert collect() == []
    assert server_in_moved_time.log()["requests"] <= log["requests"] + 12


@pytest.mark.parametrize(
    ("hourly", "with_laps"), [(20, False), pytest.param(60, True, marks=pytest.mark.soak)], ids=["20", "60 and laps"]
)
def test_a_service_that_grants_fewer_requests_than_we_think_is_waited_for_until_a_season_is_complete(
    hourly: int,
    with_laps: bool,
    server_in_moved_time: UpstreamServer,
    hours_passed: Callable[[], float],
    lake,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("F1LAKE_NOW", "2026-01-15T12:00:00Z")
    monkeypatch.setenv("F1LAKE_FROM_SEASON", "2025")
    server_in_moved_time.faults([{"hourly": hourly}])
    waits = collect(2025 if with_laps else None)
    log = server_in_moved_time.log()
    with capsys.disabled():
        print(f"{hourly} an hour: {log['requests']} requests in {hours_passed():.1f} hours, {len(waits)} waits")
    assert hours_passed() >= len(log["by_path"]) / hourly - 1.5
    refused = sum(times - 1 for path, times in log["by_path"].items() if "f1db" not in path)
    assert 0 < refused <= ATTEMPTS * len(waits), "it goes on asking while it is refused"
    assert len(stored_keys("raw/session_results", [2025])) == len(stored_keys("raw/pit_stops", [2025])) == 24
    assert len(stored_keys(laps.TABLE, [2025])) == (24 if with_laps else 0)
