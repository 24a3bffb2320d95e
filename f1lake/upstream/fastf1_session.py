"""The one place below FastF1: every request it makes passes this session while a collection lasts.

A recording or a kept page answers where there is one; everything else is sent (`retries.py`). FastF1's
HTTP cache is never used: it answers a corrected race with the old result. What does not belong here: which
questions are asked (`pages.py`) and what answers mean (`answers.py`).
"""

import contextlib
from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

import polars as pl
import requests
from fastf1.exceptions import ErgastError, RateLimitExceededError
from fastf1.req import _SessionWithRateLimiting

from f1lake import clock
from f1lake.settings import settings
from f1lake.upstream.answers import Answer, failure_of
from f1lake.upstream.dump.kept import kept_recording
from f1lake.upstream.failures import BudgetSpentError
from f1lake.upstream.kept_pages import KeptPages
from f1lake.upstream.recorder import record
from f1lake.upstream.recording import SCHEDULE, Recording, source_of
from f1lake.upstream.retries import Transport
from f1lake.upstream.services import asked_instead, is_live_timing


class UpstreamSession(_SessionWithRateLimiting):
    """FastF1's session: answers from a recording or kept pages, otherwise asks the configured upstream."""

    _RATE_LIMITS: ClassVar[dict[Any, Any]] = {}
    """No limits of FastF1's own: they know one process only, while the budget knows all."""

    def __init__(self, from_dump: bool = False) -> None:
        super().__init__()
        self._is_from_dump = from_dump and settings().recording is None
        recording = kept_recording() if self._is_from_dump else settings().recording
        self.last = Answer()
        self.live_timing: dict[str, Answer] = {}
        self._recording = Recording(recording) if recording else None
        self._kept = KeptPages(settings().home / "pages")
        self._transport = Transport(super().send, self._answered)

    @property
    def source(self) -> str:
        """The source of answers: `jolpica`, or what the recording says."""
        return self._recording.source if self._recording else source_of(None)

    @property
    def is_recorded(self) -> bool:
        """Whether answers come from a recording, including that of the kept dump."""
        return self._recording is not None

    @property
    def requests_sent(self) -> int:
        """The number of requests this collection has sent so far."""
        return self._transport.requests_sent

    def provenance(self) -> list[pl.Expr]:
        """The columns that every raw row has in addition: `collected_at` and `source`."""
        return [pl.lit(clock.now()).alias("collected_at"), pl.lit(self.source).alias("source")]

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> requests.Response:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Replace the addresses of the public services by the configured upstream."""
        return super().request(method, asked_instead(url), *args, **kwargs)

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """Answer from recording or kept pages, otherwise send. Raises the errors of `Transport.send`."""
        url = request.url or ""
        if is_live_timing(url) and any(answer.status == 401 for answer in self.live_timing.values()):
            raise requests.RequestException("live timing has rejected the account: it is not asked again")
        recording = None if self._is_from_dump and SCHEDULE.search(url) else self._recording
        body = recording.offer(url) if recording else self._kept.offer(url)
        if body is None and recording is None:
            return self._transport.send(request, **kwargs)
        self.last = Answer(url, 404 if body is None else 200, body or b"", is_sent=False)
        return self.last.response(request)

    def _answered(self, answer: Answer) -> None:
        """Remember the last answer, and for live timing the last one from each address."""
        self.last = answer
        if is_live_timing(answer.url):
            self.live_timing[answer.url] = answer

    def keep(self) -> None:
        """Keep the last answer, which has been checked, until the collection is complete."""
        record(self.last.url, self.last.body)
        if self.last.is_sent:
            self._kept.keep(self.last.url, self.last.body)

    def forget(self, urls: Iterable[str] | None = None) -> None:
        """Drop the kept answers of this collection, or those from some addresses."""
        self._kept.forget(urls)

    def part(self) -> contextlib.AbstractContextManager[None]:
        """A context in which one part of the collection is read; if it ends without error, the part is complete."""
        return self._kept.part()

    def forget_read(self) -> None:
        """Drop the kept answers of complete parts; those of a failed part stay."""
        self._kept.forget_read()

    @contextlib.contextmanager
    def asking(self, request: str) -> Iterator[None]:
        """Turn exceptions and odd results of FastF1 into a typed failure about `asked`."""
        self.last = Answer()
        try:
            yield
        except RateLimitExceededError as error:
            wait_s = self._transport.budget_wait_s
            raise BudgetSpentError(request, f"the limit of requests is reached ({error})", wait_s) from error
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
            raise failure_of(request, self.last, error) from error
