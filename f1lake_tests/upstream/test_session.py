"""What goes over the wire, what does not, and what its failures look like."""

import datetime as dt
import email.utils
import logging
import time
import warnings
from pathlib import Path

import pytest
from fastf1.req import Cache

from f1lake import clock
from f1lake.settings import settings
from f1lake.upstream.answers import BUSY_S
from f1lake.upstream.budget import Budget
from f1lake.upstream.failures import (
    AnswerCutError,
    BudgetSpentError,
    CredentialsRejectedError,
    NotPublishedError,
    SourceHasNoneError,
    UnavailableError,
    UpstreamError,
    raise_one_of,
)
from f1lake.upstream.pages import PAGE_ROWS, read_formats, read_listing
from f1lake.upstream.progress import requests_sent, waiting_out
from f1lake.upstream.recording import Recording
from f1lake.upstream.retries import ATTEMPTS
from f1lake.upstream.session import collecting, read_each
from f1lake_tests.recorded_upstream import UpstreamServer
from f1lake_tests.upstream.small import Json, answering, race, rows, write_recording

EVENT = "Race results of season 2026, round 3"


def failure(expected: type[UpstreamError]) -> UpstreamError:
    with pytest.raises(expected) as raised, collecting() as session:
        read_listing(session, "Race", 2026, 3)
    assert EVENT in str(raised.value)
    return raised.value


def test_the_service_is_asked_politely_and_each_request_is_counted(server: UpstreamServer) -> None:
    before, started = requests_sent(), time.monotonic()
    with collecting() as session:
        races = read_listing(session, "Race", 2026)
        pages = -(-races.height // PAGE_ROWS)
        assert session.requests_sent == requests_sent() - before == pages == server.log()["requests"]
    assert time.monotonic() - started >= 0.25


def test_fastf1_is_left_as_it_was_and_nothing_is_cached(
    recorded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home" / ".cache").mkdir(parents=True)
    recorded([race(2001, 1, "2001-01-01", results=rows(3))])
    before = (Cache._requests_session, Cache._requests_session_cached, Cache._CACHE_DIR)
    with warnings.catch_warnings(), caplog.at_level(logging.WARNING):
        warnings.simplefilter("error")
        with collecting() as session:
            read_listing(session, "Race", 2001)
    assert (Cache._requests_session, Cache._requests_session_cached, Cache._CACHE_DIR) == before
    assert list((tmp_path / "home" / ".cache").iterdir()) == []
    assert caplog.records == []
    assert not (settings().home / "pages").exists()


def test_a_collection_that_broke_off_and_ends_late_does_not_end_the_next_one(recorded, monkeypatch) -> None:
    for name in ("_requests_session", "_requests_session_cached", "_CACHE_DIR"):
        monkeypatch.setattr(Cache, name, getattr(Cache, name))
    recorded([race(2001, 1, "2001-01-01", results=rows(3))])
    broken_off = collecting()
    broken_off.__enter__()
    with collecting() as session:
        broken_off.__exit__(None, None, None)
        assert read_listing(session, "Race", 2001).height == 3


def test_too_many_requests_are_followed_by_the_pause_that_was_asked_for(server: UpstreamServer, pauses) -> None:
    server.faults([{"status": 429, "retry_after": 17, "times": 2}])
    with collecting() as session:
        assert read_listing(session, "Race", 2026, 3).height > 0
    assert pauses == [17, 17]
    assert session.requests_sent == 3


def test_a_service_that_asks_for_an_hour_is_left_alone_unless_somebody_waits(server: UpstreamServer, pauses) -> None:
    server.faults([{"status": 429, "retry_after": 3000, "times": 1}])
    error = failure(UnavailableError)
    assert isinstance(error, UnavailableError)
    assert (error.retry_after_s, pauses) == (3000, [])
    assert "429" in str(error)
    server.faults([{"status": 429, "retry_after": 3000, "times": 1}])
    told: list[float] = []
    with waiting_out(lambda reason, left: told.append(left)), collecting() as session:
        read_listing(session, "Race", 2026, 3)
    assert sum(pauses) == pytest.approx(3000, abs=1)
    assert told == sorted(told, reverse=True)


def test_a_moments_failure_is_asked_again_ever_more_slowly(server: UpstreamServer, pauses) -> None:
    server.faults([{"status": 503, "times": 1}, {"truncate": True, "times": 1}, {"status": 500, "times": 1}])
    with collecting() as session:
        assert read_listing(session, "Race", 2026, 3).height > 0
    assert len(pauses) == 3
    assert pauses == sorted(pauses)
    assert 0.5 <= pauses[0] <= 1
    assert 4.5 <= pauses[2] <= 5


def test_rejected_credentials_are_not_tried_again(server: UpstreamServer, pauses) -> None:
    server.faults([{"status": 401, "times": 1}])
    failure(CredentialsRejectedError)
    assert pauses == []


def test_a_failing_service_a_cut_answer_and_a_stall_are_told_apart(server: UpstreamServer, pauses, monkeypatch) -> None:
    server.faults([{"status": 503, "times": ATTEMPTS}])
    assert "status 503" in str(failure(UnavailableError))
    server.faults([{"truncate": True, "times": ATTEMPTS}])
    assert "no JSON" in str(failure(AnswerCutError))
    monkeypatch.setattr("f1lake.upstream.retries.ATTEMPTS", 1)
    server.faults([{"delay_s": 6, "times": 1}])
    assert "no answer within 5 s" in str(failure(UnavailableError))


def test_nobody_listening_is_unavailable(pauses, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("F1LAKE_UPSTREAM", "http://127.0.0.1:9")
    assert "no connection to http://127.0.0.1:9/ergast/f1/2026/3/results.json" in str(failure(UnavailableError))


def test_a_spent_budget_sends_nothing_more_and_says_when(
    server: UpstreamServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("F1LAKE_REQUESTS_PER_HOUR", "2")
    with collecting() as session:
        for round_ in (1, 2):
            read_listing(session, "Race", 2026, round_)
    error = failure(BudgetSpentError)
    assert isinstance(error, BudgetSpentError)
    assert "2 in an hour" in str(error)
    assert error.retry_after_s == pytest.approx(3600, abs=30)
    assert server.log()["requests"] == 2


def test_errors_that_fastf1_turns_into_warnings_are_errors_again(server: UpstreamServer, pauses) -> None:
    for fault, expected in (({"status": 500}, UnavailableError), ({"truncate": True}, AnswerCutError)):
        server.faults([fault | {"times": ATTEMPTS}])
        with pytest.raises(expected, match="FastF1's schedule of season 2025"), collecting() as session:
            read_formats(session, 2025)
    server.faults([])
    with pytest.raises(SourceHasNoneError, match="season 2017"), collecting() as session:
        read_formats(session, 2017)
    with pytest.raises(NotPublishedError, match="season 2027"), collecting() as session:
        read_formats(session, 2027)


def test_who_waits_waits_out_a_busy_hour_of_either_service(server: UpstreamServer, pauses) -> None:
    server.faults([{"status": 403, "times": 3}])
    with waiting_out(lambda *_: None), collecting() as session:
        assert read_formats(session, 2025).height > 0
    assert sum(pauses) == pytest.approx(3 * BUSY_S, abs=1)
    assert sum(pauses) >= 3600 - 1


def test_the_real_services_hour_names_no_pause(server: UpstreamServer, pauses) -> None:
    server.faults([{"hourly": 2, "silent": True}])
    with collecting() as session:
        for round_ in (1, 2):
            read_listing(session, "Race", 2026, round_)
    assert "status 429" in str(failure(UnavailableError))
    assert server.log()["requests"] == 4


def test_a_pause_named_as_a_date_is_taken(pauses, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    until = email.utils.format_datetime(dt.datetime.fromtimestamp(clock.real_time() + 30, dt.UTC), usegmt=True)
    recorded = Recording(write_recording(tmp_path / "small", [race(2026, 3, "2026-03-29", results=rows(3))]))
    first = iter([True])
    monkeypatch.setenv("F1LAKE_NOW", "2026-07-05T23:59:59Z")

    def answer(path: str) -> tuple[int, Json, bytes]:
        return (503, {"Retry-After": until}, b"") if next(first, False) else (200, {}, recorded.offer(path) or b"")

    with answering(answer) as address:
        monkeypatch.setenv("F1LAKE_UPSTREAM", address)
        with collecting() as session:
            assert read_listing(session, "Race", 2026, 3).height == 3
    assert pauses == [pytest.approx(30, abs=2)]


def test_an_error_under_status_200_is_asked_again_and_no_answer(
    pauses, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded = Recording(write_recording(tmp_path / "small", [race(2026, 3, "2026-03-29", results=rows(3))]))
    errors = iter([b'{"detail": "database is locked"}', b'"oops"', b"[]"])
    monkeypatch.setenv("F1LAKE_NOW", "2026-07-05T23:59:59Z")
    with answering(lambda path: (200, {}, next(errors, None) or recorded.offer(path) or b"{}")) as address:
        monkeypatch.setenv("F1LAKE_UPSTREAM", address)
        with collecting() as session:
            assert read_listing(session, "Race", 2026, 3).height == 3
        assert session.requests_sent == ATTEMPTS
        errors = iter([b'{"detail": "database is locked"}'] * 2 * ATTEMPTS)
        assert "database is locked" in str(failure(UnavailableError))
        with pytest.raises(UnavailableError, match="database is locked"), collecting() as session:
            read_formats(session, 2025)


def test_an_address_may_end_where_the_api_begins(server: UpstreamServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for end in ("/ergast/f1", "/ergast/f1/"):
        monkeypatch.setenv("F1LAKE_UPSTREAM", server.address + end)
        with collecting() as session:
            assert read_listing(session, "Race", 2026, 3).height > 0
            assert read_formats(session, 2025).height > 0


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:9", "http://no-such-host.invalid", "http://through-a-proxy.example"]
)
def test_what_never_left_the_machine_costs_nothing_of_the_hour(pauses, monkeypatch, address: str) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9" if "proxy" in address else "")
    monkeypatch.setenv("F1LAKE_UPSTREAM", address)
    before = requests_sent()
    failure(UnavailableError)
    assert len(pauses) == ATTEMPTS - 1
    assert (Budget().left(), requests_sent()) == (499, before)


def test_a_request_is_counted_before_it_goes_out(pauses, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a process which is killed while it waits for the answer has not sent one too many."""
    recorded = Recording(write_recording(tmp_path / "small", [race(2026, 3, "2026-03-29", results=rows(3))]))
    left: list[int] = []
    monkeypatch.setenv("F1LAKE_NOW", "2026-07-05T23:59:59Z")

    def answer(path: str) -> tuple[int, Json, bytes]:
        left.append(Budget().left())
        return 200, {}, recorded.offer(path) or b""

    with answering(answer) as address:
        monkeypatch.setenv("F1LAKE_UPSTREAM", address)
        with collecting() as session:
            read_listing(session, "Race", 2026, 3)
    assert left == [498]


def test_what_broke_off_or_stalled_was_sent_and_counts(server: UpstreamServer, pauses, monkeypatch) -> None:
    monkeypatch.setattr("f1lake.upstream.retries.ATTEMPTS", 1)
    server.faults([{"drop": True, "times": 1}, {"delay_s": 6, "times": 1}])
    failure(UpstreamError)
    failure(UnavailableError)
    assert Budget().left() == 497


def test_of_a_service_that_is_down_or_refuses_no_more_parts_are_asked() -> None:
    asked: list[int] = []

    def read(part: int) -> int:
        asked.append(part)
        if part in (2, 5, 6, 7):
            raise UnavailableError(f"part {part}", "the service failed (status 503)")
        if part == 20:
            raise BudgetSpentError("part 20", "the limit of requests is reached")
        return part

    found, errors = read_each(range(10), read)
    assert (sorted(found), sorted(errors), asked) == ([0, 1, 3, 4], [2, 5, 6, 7, 8, 9], list(range(8)))
    assert "part 7" in str(errors[9])
    found, errors = read_each(range(19, 23), read)
    assert (sorted(found), sorted(errors), asked[-1]) == ([19], [20, 21, 22], 20)
    with pytest.raises(BudgetSpentError) as raised:
        raise_one_of({"2": UnavailableError("part 2", "503"), "20": errors[20]})
    assert raised.value.failed == ("2", "20")
