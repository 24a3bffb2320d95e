"""Answers as they came over the wire, and the typed failure behind each error of FastF1.

FastF1 reports neither status nor Retry-After, and turns some errors into warnings; an `Answer` keeps
them. The services need no account, so their 403 means "not now", like 429. Not here: sending
(`retries.py`), and what the rows of an answer mean (`raw/`).
"""

import email.utils
import io
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests
from fastf1.ergast.interface import TIMEOUT as TIMEOUT_S
from urllib3.exceptions import NewConnectionError

from f1lake import clock
from f1lake.upstream.failures import (
    AnswerCutError,
    CredentialsRejectedError,
    SourceChangedError,
    SourceHasNoneError,
    UnavailableError,
    UpstreamError,
)
from f1lake.upstream.services import EXPECTED_KEYS

BUSY_S = 1200
"""The pause for a busy service that names none, as most do: three of them make the hour in which it counts requests."""
LONGEST_QUOTE = 200
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
    def is_busy(self) -> bool:
        """Whether the service refuses for now, because it got too many requests from our address."""
        return self.status == 429 or (self.status == 403 and self._expected_key is not None)

    @property
    def is_temporary(self) -> bool:
        """Whether the same request may succeed later: the service is busy, has failed, or sent an unexpected body."""
        return self.is_busy or (self.status or 0) >= 500 or (self.status == 200 and not self.is_expected)

    @property
    def is_expected(self) -> bool:
        """Whether the body has the key expected at its address, that of the API or of a schedule; elsewhere, always."""
        if self._expected_key is None:
            return True
        content = _json(self.body)
        return isinstance(content, dict) and self._expected_key in content

    @property
    def _expected_key(self) -> str | None:
        """The key of `EXPECTED_KEYS` for this address; None unless it is the API's or a schedule's."""
        return next((key for part, key in EXPECTED_KEYS.items() if part in urlsplit(self.url).path), None)

    @property
    def has_left(self) -> bool:
        """Whether any of the request may have reached the service; False if no connection was made."""
        reason = getattr(self.error.args[0], "reason", None) if self.error and self.error.args else None
        no_connection = (requests.ConnectTimeout, requests.exceptions.ProxyError)
        return not isinstance(self.error, no_connection) and not isinstance(reason, NewConnectionError)

    def response(self, request: requests.PreparedRequest) -> requests.Response:
        """The answer in the form that FastF1 takes."""
        response = requests.Response()
        response.request, response.url, response.encoding = request, self.url, "utf-8"
        response.status_code = self.status or 0
        response.raw = io.BytesIO(self.body)
        return response


def answer_of(response: requests.Response) -> Answer:
    """A response as an `Answer`."""
    url = response.request.url or ""
    return Answer(url, response.status_code, response.content, _retry_after_s(response.headers))


def failure_of(request: str, answer: Answer, error: Exception) -> UpstreamError:
    """The typed failure behind an error of FastF1, judged by the answer that came over the wire."""
    address = answer.url.partition("?")[0]
    if isinstance(answer.error, BROKEN_OFF):
        return AnswerCutError(request, "the answer broke off")
    if isinstance(answer.error, requests.Timeout):
        return UnavailableError(request, f"no answer within {TIMEOUT_S:g} s")
    if answer.error is not None:
        return UnavailableError(request, f"no connection to {address} ({type(answer.error).__name__})")
    if answer.is_busy:
        when = f", asks to come back in {answer.retry_after_s} s" if answer.retry_after_s is not None else ""
        what = f"too much is asked of the service (status {answer.status}{when})"
        return UnavailableError(request, what, BUSY_S if answer.retry_after_s is None else answer.retry_after_s)
    if answer.status is not None and answer.status >= 500:
        return UnavailableError(request, f"the service failed (status {answer.status})", answer.retry_after_s)
    if answer.status in (401, 403):
        return CredentialsRejectedError(request, f"the service rejects the request (status {answer.status})")
    if answer.status == 404:
        return SourceHasNoneError(request, f"the source does not know {address}")
    if _json(answer.body) is None:
        return AnswerCutError(request, "the answer is no JSON")
    if answer.status == 200 and not answer.is_expected:
        quote = answer.body[:LONGEST_QUOTE].decode(errors="replace")
        return UnavailableError(request, f"the service answers with an error ({quote})")
    what = f"status {answer.status}, {type(error).__name__}: {error}"
    return SourceChangedError(request, f"the answer has another shape ({what})")


def _retry_after_s(headers: Any) -> int | None:
    """The pause that a service names, in seconds or as the date at its end."""
    named = headers.get("Retry-After", "").strip()
    if named.isdigit():
        return int(named)
    try:
        until = email.utils.parsedate_to_datetime(named).timestamp()
    except ValueError:
        return None
    return max(0, round(until - clock.real_time()))


def _json(body: bytes) -> Any:
    """The content of a body; None if it is not JSON."""
    try:
        return json.loads(body)
    except ValueError:
        return None
