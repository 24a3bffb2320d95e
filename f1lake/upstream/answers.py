"""What came over the wire, and the typed failure behind what FastF1 makes of it.

FastF1 tells neither status nor Retry-After, and turns some errors into warnings; an `Answer` remembers
them. The services ask for no account, so 403 is their word for "not now", as 429 is. What does not
belong here: sending (`transport.py`) and what the rows of an answer mean (`raw/`).
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
from f1lake.upstream.services import TOLD_BY

BUSY_S = 1200
"""A busy service rarely says for how long. Who waits this long between the attempts waits an hour, which it counts."""
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
        """Whether the service refuses for now: too much was asked of it, by us or by others behind our address."""
        return self.status == 429 or (self.status == 403 and self._told_by is not None)

    @property
    def is_temporary(self) -> bool:
        """Whether the same request may fare better later: refused, failed, cut on the way, or an error in disguise."""
        return self.is_busy or (self.status or 0) >= 500 or (self.status == 200 and not self.is_told)

    @property
    def is_told(self) -> bool:
        """Whether the body is what its address tells: the API's JSON, that of a schedule, anything elsewhere."""
        if self._told_by is None:
            return True
        content = _json(self.body)
        return isinstance(content, dict) and self._told_by in content

    @property
    def _told_by(self) -> str | None:
        """The key of `TOLD_BY` for this address; None for one that is neither the API's nor a schedule's."""
        return next((key for part, key in TOLD_BY.items() if part in urlsplit(self.url).path), None)

    @property
    def has_left(self) -> bool:
        """Whether any of the request may have reached the service: not where no connection to it came about."""
        reason = getattr(self.error.args[0], "reason", None) if self.error and self.error.args else None
        no_connection = (requests.ConnectTimeout, requests.exceptions.ProxyError)
        return not isinstance(self.error, no_connection) and not isinstance(reason, NewConnectionError)

    def response(self, request: requests.PreparedRequest) -> requests.Response:
        """The answer as FastF1 takes one."""
        response = requests.Response()
        response.request, response.url, response.encoding = request, self.url, "utf-8"
        response.status_code = self.status or 0
        response.raw = io.BytesIO(self.body)
        return response


def answer_of(response: requests.Response) -> Answer:
    """What a service answered."""
    url = response.request.url or ""
    return Answer(url, response.status_code, response.content, _retry_after_s(response.headers))


def failure_of(request: str, answer: Answer, error: Exception) -> UpstreamError:
    """The typed failure behind what FastF1 raised, judged by what really came over the wire."""
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
    if answer.status == 200 and not answer.is_told:
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
    """What a body says; None if it is no JSON."""
    try:
        return json.loads(body)
    except ValueError:
        return None
