"""What came over the wire, and the typed failure behind what FastF1 makes of it.

FastF1 tells neither status nor Retry-After, and turns some errors into warnings; an `Answer` remembers
them. What does not belong here: sending (`transport.py`) and what the rows of an answer mean (`raw/`).
"""

import io
import json
from dataclasses import dataclass

import requests
from fastf1.ergast.interface import TIMEOUT as TIMEOUT_S

from f1lake.upstream.failures import (
    AnswerCutError,
    CredentialsRejectedError,
    SourceChangedError,
    SourceHasNoneError,
    UnavailableError,
    UpstreamError,
)

LIVE_TIMING = ("https://livetiming.formula1.com", "https://livetiming-mirror.fastf1.dev")
"""Whom FastF1 asks for a session's live timing (`live_timing.py`): they count no requests of an hour."""

BROKEN_OFF = (requests.exceptions.ChunkedEncodingError, requests.exceptions.ContentDecodingError)


@dataclass(frozen=True)
class Answer:
    """One answer as it came over the wire, or the error that came instead; all empty before anything was asked."""

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

    def response(self, request: requests.PreparedRequest) -> requests.Response:
        """The answer as FastF1 takes one."""
        response = requests.Response()
        response.request, response.url, response.encoding = request, self.url, "utf-8"
        response.status_code = self.status or 0
        response.raw = io.BytesIO(self.body)
        return response


def answer_of(response: requests.Response) -> Answer:
    """What a service answered."""
    retry_after = response.headers.get("Retry-After", "")
    retry_after_s = int(retry_after) if retry_after.isdigit() else None
    return Answer(response.request.url or "", response.status_code, response.content, retry_after_s)


def failure_of(asked: str, answer: Answer, error: Exception) -> UpstreamError:
    """The typed failure behind what FastF1 raised, judged by what really came over the wire."""
    address = answer.url.partition("?")[0]
    if isinstance(answer.error, BROKEN_OFF):
        return AnswerCutError(asked, "the answer broke off")
    if isinstance(answer.error, requests.Timeout):
        return UnavailableError(asked, f"no answer within {TIMEOUT_S:g} s")
    if answer.error is not None:
        return UnavailableError(asked, f"no connection to {address} ({type(answer.error).__name__})")
    if answer.status == 429:
        when = f", asks to come back in {answer.retry_after_s} s" if answer.retry_after_s is not None else ""
        return UnavailableError(asked, f"too many requests (status 429{when})", answer.retry_after_s)
    if answer.status is not None and answer.status >= 500:
        return UnavailableError(asked, f"the service failed (status {answer.status})", answer.retry_after_s)
    if answer.status in (401, 403):
        return CredentialsRejectedError(asked, f"the service rejects the request (status {answer.status})")
    if answer.status == 404:
        return SourceHasNoneError(asked, f"the source does not know {address}")
    if not _is_json(answer.body):
        return AnswerCutError(asked, "the answer is no JSON")
    what = f"status {answer.status}, {type(error).__name__}: {error}"
    return SourceChangedError(asked, f"the answer has another shape ({what})")


def _is_json(body: bytes) -> bool:
    try:
        json.loads(body)
    except ValueError:
        return False
    return True
