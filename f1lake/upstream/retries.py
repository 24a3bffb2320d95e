"""Sends a request to a service within the hour's budget, and repeats it after temporary failures (429, 5xx).

Not here: which service is asked, and what is answered without a request (`fastf1_session.py`).
"""

from collections.abc import Callable
from typing import Any

import requests
import tenacity
from fastf1.ergast.interface import TIMEOUT as TIMEOUT_S
from fastf1.exceptions import RateLimitExceededError

from f1lake import clock
from f1lake.upstream.answers import BUSY_S, Answer, answer_of
from f1lake.upstream.budget import HOUR_S, INTERVAL_S, Budget
from f1lake.upstream.progress import count_request, may_wait, wait_out

ATTEMPTS = 4
BACK_OFF = tenacity.wait_exponential_jitter(multiplier=0.5, exp_base=3, max=20, jitter=0.5)
BURST_S = 1.5
"""The pause after a first 429 that names none: it is about the limit of a second or of an hour. A second 429 is about
the hour, and `BUSY_S` follows."""
LONGEST_PAUSE_S = 60
"""A longer pause is waited out only if somebody chose to wait; otherwise the service is left alone."""


class Transport:
    """What a collection sends its requests with.

    `requests_sent` counts them; `budget_wait_s` is how long the hour's budget made the last request wait.
    """

    def __init__(self, send: Callable[..., requests.Response], answered: Callable[[Answer], None]) -> None:
        self.requests_sent = 0
        self.budget_wait_s: float = HOUR_S
        self._send, self._tell = send, answered
        self._last = Answer()

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """Send, repeat after temporary failures, and report each answer to the listeners.

        Raises what requests raises, and FastF1's `RateLimitExceededError` if the budget is spent.
        """
        if kwargs.get("timeout") is None:
            kwargs["timeout"] = TIMEOUT_S  # FastF1 asks for its schedule files without any
        attempts = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(requests.RequestException)
            | tenacity.retry_if_result(lambda _: self._last.is_temporary),
            stop=self._is_enough,
            wait=self._pause_s, sleep=self._pause, retry_error_callback=_outcome,
        )
        return attempts(self._send_once, request, **kwargs)

    def _send_once(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        url = request.url or ""
        budget = self._taken(url)
        try:
            response = self._send(request, **kwargs)
        except requests.RequestException as error:
            self._answered(Answer(url, error=error), budget)
            raise
        self._answered(answer_of(response), budget)
        return response

    def _taken(self, url: str) -> Budget:
        """Wait until the budget of an address allows a request, count it, and return the budget."""
        budget = Budget(url)
        while seconds := budget.take():
            if seconds <= INTERVAL_S:
                clock.sleep(seconds)
                continue
            self.budget_wait_s = seconds
            if not may_wait():
                raise RateLimitExceededError(f"{budget.hourly} in an hour, the next in {seconds:.0f} s")
            wait_out("the next of the hour's requests", seconds)
        return budget

    def _answered(self, answer: Answer, budget: Budget) -> None:
        if answer.has_left:
            self._count()
        else:
            budget.give_back()
        self._last = answer
        self._tell(answer)

    def _is_enough(self, state: tenacity.RetryCallState) -> bool:
        must_stay_away = self._pause_s(state) > LONGEST_PAUSE_S and not may_wait()
        return must_stay_away or state.attempt_number >= ATTEMPTS

    def _pause_s(self, state: tenacity.RetryCallState) -> float:
        if self._last.retry_after_s is not None:
            return self._last.retry_after_s
        if self._last.status == 429 and state.attempt_number == 1:
            return BURST_S
        return BUSY_S if self._last.is_busy else BACK_OFF(state)

    def _pause(self, seconds: float) -> None:
        if seconds > LONGEST_PAUSE_S:
            wait_out("the service, of which too much is asked", seconds)
        else:
            clock.sleep(seconds)

    def _count(self) -> None:
        self.requests_sent += 1
        count_request()


def _outcome(state: tenacity.RetryCallState) -> requests.Response:
    """The result of the last attempt, or its exception."""
    assert state.outcome is not None
    return state.outcome.result()
