"""The one place below FastF1: every request it makes passes this session while a collection lasts.

FastF1's HTTP cache is never used (it answers a corrected race with the old result); its polite
pause is, for every request that is really sent, within the budget of the hour. What is wrong for a
moment only is asked again here, ever more slowly. What does not belong here: which questions are
asked (`pages.py`) and what answers mean.
"""

import contextlib
import io
import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import urlsplit

import dagster as dg
import polars as pl
import requests
import tenacity
from fastf1.ergast.interface import TIMEOUT as TIMEOUT_S
from fastf1.exceptions import ErgastError, RateLimitExceededError
from fastf1.req import Cache, _SessionWithRateLimiting

from f1lake import clock
from f1lake.settings import settings
from f1lake.storage.world import require_world_of
from f1lake.upstream.budget import HOUR_S, INTERVAL_S, Budget
from f1lake.upstream.failures import (
    AnswerCutError,
    BudgetSpentError,
    CredentialsRejectedError,
    RetryLaterError,
    SourceChangedError,
    SourceHasNoneError,
    UnavailableError,
    UpstreamError,
)
from f1lake.upstream.kept_pages import KeptPages
from f1lake.upstream.progress import may_wait, wait_out
from f1lake.upstream.recorder import record
from f1lake.upstream.recording import Recording

SERVICES = ("https://api.jolpi.ca", "https://raw.githubusercontent.com")
"""Whom FastF1 asks: Jolpica for races and results, GitHub for its own schedule files."""

LIVE_TIMING = ("https://livetiming.formula1.com", "https://livetiming-mirror.fastf1.dev")
"""Whom FastF1 asks for a session's live timing (`live_timing.py`): they count no requests of an hour."""

ATTEMPTS = 4
BACK_OFF = tenacity.wait_exponential_jitter(multiplier=0.5, exp_base=3, max=20, jitter=0.5)
LONGEST_PAUSE_S = 60
"""A service that asks for a longer pause is waited out where somebody chose to wait, and left alone otherwise."""

IN_TERMINAL = {"f1lake/in_terminal": "true", "dagster/max_retries": "0"}
"""The tags of runs that somebody watches: they fail where others ask for a retry at a later time."""
LATER_S, RETRIES = 300, 100
"""Such a run asks a service that fails again every five minutes, for a working day, and fails then."""

BROKEN_OFF = (requests.exceptions.ChunkedEncodingError, requests.exceptions.ContentDecodingError)


@dataclass(frozen=True)
class Answer:
    """What came over the wire last: FastF1 tells neither status nor Retry-After, and swallows some errors."""

    url: str = ""
    status: int | None = None
    body: bytes = b""
    retry_after_s: int | None = None
    error: requests.RequestException | None = None
    is_sent: bool = True

    @property
    def is_temporary(self) -> bool:
        """Whether the same request may fare better in a moment: refused or failed, or cut on the way."""
        if self.status == 429 or (self.status or 0) >= 500:
            return True
        is_stream = self.url.startswith(LIVE_TIMING)  # JSON a line, which FastF1 reads line by line
        return self.status == 200 and not is_stream and not _is_json(self.body)


class UpstreamSession(_SessionWithRateLimiting):
    """FastF1's session: answers from a recording or kept pages, else asks the configured upstream."""

    sent_by_this_process: ClassVar[int] = 0
    _RATE_LIMITS: ClassVar[dict[Any, Any]] = {}
    """FastF1's own limits know one process only; the budget knows all."""

    def __init__(self) -> None:
        super().__init__()
        recording = settings().recording
        self.requests_sent = 0
        self.budget_wait_s: float = HOUR_S
        self.last = Answer()
        self.live_timing: dict[str, Answer] = {}
        self._address = None if recording else settings().upstream
        self._recording = Recording(recording) if recording else None
        self._budget = Budget()
        self._kept = KeptPages(settings().home / "pages")

    @property
    def source(self) -> str:
        """Where answers are from: `jolpica`, or what the recording says of itself."""
        return self._recording.source if self._recording else "jolpica"

    def provenance(self) -> list[pl.Expr]:
        """The columns that every raw row has beside its own: `collected_at` and `source`."""
        return [pl.lit(clock.now()).alias("collected_at"), pl.lit(self.source).alias("source")]

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> requests.Response:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Ask the configured upstream where FastF1 names the public services."""
        for service in SERVICES if self._address else ():
            if url.startswith(service):
                url = f"{self._address}{url.removeprefix(service)}"
        return super().request(method, url, *args, **kwargs)

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """Answer without passing the limiter where possible; else send, again if it fails for the moment, and remember.

        Raises what requests raises, and FastF1's `RateLimitExceededError` where the budget is spent.
        """
        url = request.url or ""
        body = self._recording.offer(url) if self._recording else self._kept.offer(url)
        if body is not None or self._recording:
            self.last = Answer(url, 404 if body is None else 200, body or b"", is_sent=False)
            return _response(request, self.last)
        if kwargs.get("timeout") is None:
            kwargs["timeout"] = TIMEOUT_S  # FastF1 asks for its schedule files without any
        attempts = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(requests.RequestException)
            | tenacity.retry_if_result(lambda _: self.last.is_temporary),
            stop=self._is_enough,
            wait=self._pause_s, sleep=self._pause, retry_error_callback=_outcome,
        )
        return attempts(self._send_once, request, **kwargs)

    def _send_once(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        url = request.url or ""
        while not url.startswith(LIVE_TIMING) and (seconds := self._budget.take()):
            if seconds <= INTERVAL_S:
                clock.sleep(seconds)
                continue
            self.budget_wait_s = seconds
            if not may_wait():
                raise RateLimitExceededError(f"{self._budget.hourly} in an hour, the next in {seconds:.0f} s")
            wait_out(f"the next of {self._budget.hourly} requests an hour", seconds)
        self._count()
        try:
            response = super().send(request, **kwargs)
        except requests.RequestException as error:
            self._answered(Answer(url, error=error))
            raise
        retry_after = response.headers.get("Retry-After", "")
        retry_after_s = int(retry_after) if retry_after.isdigit() else None
        self._answered(Answer(url, response.status_code, response.content, retry_after_s))
        return response

    def _answered(self, answer: Answer) -> None:
        """Remember the last answer; those of live timing by what was asked, whoever was asked for it last."""
        self.last = answer
        if answer.url.startswith(LIVE_TIMING):
            self.live_timing[urlsplit(answer.url).path] = answer

    def _is_enough(self, state: tenacity.RetryCallState) -> bool:
        is_told_to_stay_away = (self.last.retry_after_s or 0) > LONGEST_PAUSE_S and not may_wait()
        return is_told_to_stay_away or state.attempt_number >= ATTEMPTS

    def _pause_s(self, state: tenacity.RetryCallState) -> float:
        return BACK_OFF(state) if self.last.retry_after_s is None else self.last.retry_after_s

    def _pause(self, seconds: float) -> None:
        if seconds > LONGEST_PAUSE_S:
            wait_out("the service, which asked to come back later", seconds)
        else:
            clock.sleep(seconds)

    def keep(self) -> None:
        """Keep the last answer, now that it was checked, until the collection is complete."""
        record(self.last.url, self.last.body)
        if self.last.is_sent:
            self._kept.keep(self.last.url, self.last.body)

    def forget(self) -> None:
        """Forget the kept answers of this collection."""
        self._kept.forget()

    @contextlib.contextmanager
    def asking(self, asked: str) -> Iterator[None]:
        """Turn what FastF1 raises inside, or has made of it, into a typed failure about `asked`."""
        self.last = Answer()
        try:
            yield
        except RateLimitExceededError as error:
            raise BudgetSpentError(asked, f"the limit of requests is reached ({error})", self.budget_wait_s) from error
        except (
            ErgastError,
            requests.RequestException,
            LookupError,
            TypeError,
            ValueError,
            AttributeError,
        ) as error:
            if self.last == Answer():
                raise  # nothing was asked: our own mistake, not the upstream's
            raise _failure(asked, self.last, error) from error

    def _count(self) -> None:
        self.requests_sent += 1
        UpstreamSession.sent_by_this_process += 1


@contextlib.contextmanager
def collecting() -> Iterator[UpstreamSession]:
    """A collection: FastF1 bound to the configured upstream, without a cache of its own.

    What was received is forgotten when the collection ends well, and kept when it is interrupted or
    the service fails: ask, check and store everything inside. In a run that nobody watches, a failure
    that may pass is `dg.RetryRequested`, at the time that the service or the budget names.
    Raises `MixedWorldsError` for an upstream of another world than the lake's, before anything is asked.
    """
    before = Cache._requests_session, Cache._requests_session_cached, Cache._CACHE_DIR
    session = UpstreamSession()
    with tempfile.TemporaryDirectory(prefix="f1lake-") as folder:
        try:
            Cache.configure(cache_dir=folder, use_requests_cache=False)
            Cache._requests_session = session
            require_world_of("collection", {session.source})
            yield session
        except RetryLaterError as error:
            if _is_unattended():
                raise dg.RetryRequested(RETRIES, seconds_to_wait=error.retry_after_s or LATER_S) from error
            raise
        except (UpstreamError, dg.Failure):
            session.forget()  # asked again, the source may say something else
            raise
        finally:
            Cache._requests_session, Cache._requests_session_cached, Cache._CACHE_DIR = before
            session.close()
    session.forget()


def _is_unattended() -> bool:
    try:
        return not IN_TERMINAL.items() <= dg.AssetExecutionContext.get().run.tags.items()
    except dg.DagsterInvariantViolationError:
        return False  # called directly, by a test


def _outcome(state: tenacity.RetryCallState) -> requests.Response:
    """What the last attempt gave, or raised."""
    assert state.outcome is not None
    return state.outcome.result()


def requests_sent() -> int:
    """How many requests this process has sent to services so far."""
    return UpstreamSession.sent_by_this_process


def _response(request: requests.PreparedRequest, answer: Answer) -> requests.Response:
    response = requests.Response()
    response.request, response.url, response.encoding = request, answer.url, "utf-8"
    response.status_code = answer.status or 0
    response.raw = io.BytesIO(answer.body)
    return response


def _failure(asked: str, last: Answer, error: Exception) -> UpstreamError:
    """The typed failure behind what FastF1 raised, judged by what really came over the wire."""
    address = last.url.partition("?")[0]
    if isinstance(last.error, BROKEN_OFF):
        return AnswerCutError(asked, "the answer broke off")
    if isinstance(last.error, requests.Timeout):
        return UnavailableError(asked, f"no answer within {TIMEOUT_S:g} s")
    if last.error is not None:
        return UnavailableError(asked, f"no connection to {address} ({type(last.error).__name__})")
    if last.status == 429:
        when = f", asks to come back in {last.retry_after_s} s" if last.retry_after_s is not None else ""
        return UnavailableError(asked, f"too many requests (status 429{when})", last.retry_after_s)
    if last.status is not None and last.status >= 500:
        return UnavailableError(asked, f"the service failed (status {last.status})", last.retry_after_s)
    if last.status in (401, 403):
        return CredentialsRejectedError(asked, f"the service rejects the request (status {last.status})")
    if last.status == 404:
        return SourceHasNoneError(asked, f"the source does not know {address}")
    if not _is_json(last.body):
        return AnswerCutError(asked, "the answer is no JSON")
    what = f"status {last.status}, {type(error).__name__}: {error}"
    return SourceChangedError(asked, f"the answer has another shape ({what})")


def _is_json(body: bytes) -> bool:
    try:
        json.loads(body)
    except ValueError:
        return False
    return True
