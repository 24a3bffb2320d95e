"""The hour's requests, counted across processes, in a time of the tests' own."""

import itertools
import multiprocessing
import os
import time

import pytest

from f1lake import clock
from f1lake.upstream.budget import HOUR_S, INTERVAL_S, Budget
from f1lake.upstream.services import API, SCHEDULES


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The present second, in a list of one, to be moved."""
    second = [1_000_000.0]
    monkeypatch.setattr(clock, "real_time", lambda: second[0])
    return second


def test_the_public_service_is_asked_199_times_in_any_hour_and_the_whole_history_needs_as_many_as_it_takes(
    now, lake
) -> None:
    sent: list[float] = []
    waits = 0
    while len(sent) < 900:
        if seconds := Budget().take():
            waits += 1
            now[0] += seconds
        else:
            sent.append(now[0])
    assert waits >= 899
    assert all(len(list(five)) <= 4 for _, five in itertools.groupby(sent, key=int)), "four in each whole second"
    assert min(later - earlier for earlier, later in itertools.pairwise(sent)) > 0.27
    assert all(sum(at - HOUR_S < earlier <= at for earlier in sent) <= 199 for at in sent)
    assert now[0] - 1_000_000 == pytest.approx(4 * HOUR_S, abs=300)


def test_a_mirror_may_be_asked_more_and_anybody_may_set_it(now, lake, monkeypatch: pytest.MonkeyPatch) -> None:
    assert Budget().left() == 199
    monkeypatch.setenv("F1LAKE_UPSTREAM", "http://mirror.example")
    assert Budget().left() == 499
    monkeypatch.setenv("F1LAKE_REQUESTS_PER_HOUR", "60")
    for _ in range(60):
        assert Budget().take() == 0
        now[0] += 1
    assert Budget().take() == HOUR_S - 60
    assert Budget().duration_s(61) > 2 * HOUR_S
    assert Budget().duration_s(0) == 0


def test_a_clock_that_is_set_back_a_little_is_waited_out_like_any_pause(now, lake) -> None:
    assert Budget().take() == 0
    now[0] -= 0.7
    waits = 0
    while seconds := Budget().take():
        assert 0 < seconds <= INTERVAL_S, "anything longer is a spent hour"
        now[0], waits = now[0] + seconds, waits + 1
    assert waits == 4
    assert Budget().left() == 197


def _take(lake: str, count: int) -> None:
    os.environ["F1LAKE_LAKE"], os.environ["F1LAKE_REQUESTS_PER_HOUR"] = lake, "50"
    while count:
        wait = Budget().take()
        count -= wait == 0
        time.sleep(wait)


def test_processes_at_the_same_time_share_it(lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("F1LAKE_REQUESTS_PER_HOUR", "50")
    processes = [multiprocessing.get_context("fork").Process(target=_take, args=(str(lake), 20)) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert Budget().left() == 10


def test_it_is_counted_by_machine_and_address_whatever_lake_is_collected_into(
    now, lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert Budget().take() == 0
    assert Budget(f"{SCHEDULES}/theOehrly/f1schedule/master/schedule_2026.json").left() == 499, "another host"
    monkeypatch.setenv("F1LAKE_LAKE", str(lake.parent / "another"))
    assert Budget(f"{API}/ergast/f1/2026.json").left() == Budget().left() == 198
    monkeypatch.setenv("F1LAKE_UPSTREAM", "http://mirror.example/ergast/f1")
    assert (Budget().left(), Budget(API).left()) == (499, 198)


def test_a_request_that_never_left_is_given_back(now, lake) -> None:
    first, second = Budget(), Budget()
    assert first.take() == 0
    now[0] += 1
    assert second.take() == 0
    first.give_back()
    assert Budget().left() == 198
    assert Budget().take() > 0, "the second one was sent just now"
