"""What goes over the wire, what does not, and what its failures look like."""

import logging
import time
import warnings
from pathlib import Path

import pytest
from fastf1.req import Cache, _SessionWithRateLimiting

from f1lake.settings import settings
from f1lake.upstream.failures import (
    AnswerCutError,
    BudgetSpentError,
    NotPublishedError,
    SourceHasNoneError,
    UnavailableError,
    UpstreamError,
)
from f1lake.upstream.pages import SCHEDULE, read_formats, read_listing
from f1lake.upstream.session import UpstreamSession, collecting, requests_sent
from f1lake_tests.conftest import UpstreamServer
from f1lake_tests.upstream.small import race, rows

EVENT = "Race results of season 2026, round 3"


def failure(expected: type[UpstreamError]) -> UpstreamError:
    with pytest.raises(expected) as raised, collecting() as session:
        read_listing(session, "Race", 2026, 3)
    assert EVENT in str(raised.value)
    return raised.value


def test_the_service_is_asked_politely_and_each_request_is_counted(server: UpstreamServer) -> None:
    before, started = requests_sent(), time.monotonic()
    with collecting() as session:
        read_listing(session, "Race", 2026)
        assert session.requests_sent == requests_sent() - before == 2 == server.log()["requests"]
    assert time.monotonic() - started >= 0.25
    assert UpstreamSession._RATE_LIMITS is _SessionWithRateLimiting._RATE_LIMITS


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


def test_too_many_requests_says_when_to_come_back(server: UpstreamServer) -> None:
    server.faults([{"status": 429, "retry_after": 17, "times": 1}])
    error = failure(UnavailableError)
    assert isinstance(error, UnavailableError)
    assert error.retry_after_s == 17
    assert "429" in str(error)


def test_a_failing_service_a_cut_answer_and_a_stall_are_told_apart(server: UpstreamServer) -> None:
    server.faults([{"status": 503, "times": 1}])
    assert "status 503" in str(failure(UnavailableError))
    server.faults([{"truncate": True, "times": 1}])
    assert "no JSON" in str(failure(AnswerCutError))
    server.faults([{"delay_s": 6, "times": 1}])
    assert "no answer within 5 s" in str(failure(UnavailableError))


def test_nobody_listening_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("F1LAKE_UPSTREAM", "http://127.0.0.1:9")
    settings.cache_clear()
    assert "no connection to http://127.0.0.1:9/ergast/f1/2026/3/results.json" in str(failure(UnavailableError))


def test_a_spent_budget_sends_nothing_more(server: UpstreamServer, monkeypatch: pytest.MonkeyPatch) -> None:
    class Spent:
        def limit(self) -> None:
            from fastf1.exceptions import RateLimitExceededError

            raise RateLimitExceededError("any API: 500 calls/h")

    pattern = list(_SessionWithRateLimiting._RATE_LIMITS)[-1]
    monkeypatch.setitem(_SessionWithRateLimiting._RATE_LIMITS, pattern, [Spent()])
    before = requests_sent()
    assert "500 calls/h" in str(failure(BudgetSpentError))
    assert requests_sent() == before
    assert server.log()["requests"] == 0


def test_errors_that_fastf1_turns_into_warnings_are_errors_again(server: UpstreamServer) -> None:
    for fault, expected in (({"status": 500}, UnavailableError), ({"truncate": True}, AnswerCutError)):
        server.faults([fault | {"times": 1}])
        with pytest.raises(expected, match="FastF1's schedule of season 2025"), collecting() as session:
            read_formats(session, 2025)
    server.faults([])
    with pytest.raises(SourceHasNoneError, match="season 2017"), collecting() as session:
        read_formats(session, 2017)
    with pytest.raises(NotPublishedError, match="season 2027"), collecting() as session:
        read_formats(session, 2027)


def test_an_interrupted_collection_goes_on_where_it_stopped(server: UpstreamServer) -> None:
    server.faults([{"status": 503, "times": 1, "match": "offset=200"}])
    with pytest.raises(UnavailableError, match="rows 201-300"), collecting() as session:
        read_listing(session, "Race", 2025)
    with collecting() as session:
        season = read_listing(session, "Race", 2025)
    assert session.requests_sent == 3
    by_path = server.log()["by_path"]
    assert {path.rpartition("offset=")[2]: asked for path, asked in by_path.items()} == {
        "0": 1,
        "100": 1,
        "200": 2,
        "300": 1,
        "400": 1,
    }
    assert len(season) == 479
    assert list((settings().home / "pages").iterdir()) == []
    with collecting() as session:
        read_listing(session, SCHEDULE, 2025)
        read_listing(session, "Race", 2025)
    assert session.requests_sent == 6, "a deliberate second collection asks again"
