"""Reports the progress of a collection, and what it waits for, to a screen or nobody.

It imports nothing heavy: who only asks what was sent needs no FastF1.
"""

import contextlib
from collections.abc import Callable, Iterator

from f1lake import clock

Listener = Callable[[str, int, int], None]
"""Called with what is read ("Race results of all seasons"), and the number of pages so far and in all."""

_listeners: list[Listener] = []


@contextlib.contextmanager
def reporting(listener: Listener) -> Iterator[None]:
    """A context in which a listener is told of every page read in this process."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)


def report(what: str, done: int, total: int) -> None:
    """Report that `done` of `total` pages of something have been read."""
    _live()
    for listener in _listeners:
        listener(what, done, total)


_sent_by_this_process = 0


def count_request() -> None:
    """Count a request that went out to a service."""
    global _sent_by_this_process
    _sent_by_this_process += 1


def requests_sent() -> int:
    """The number of requests this process has sent to services so far."""
    return _sent_by_this_process


_signs: list[Callable[[], None]] = []


def at_each_sign_of_life(note: Callable[[], None]) -> None:
    """From now on call `note` at every page that this process reads, and every second that it waits."""
    _signs.append(note)


Countdown = Callable[[str, float], None]
"""Called each second with what is awaited, and the seconds left."""

_countdowns: list[Countdown] = []


@contextlib.contextmanager
def waiting_out(countdown: Countdown) -> Iterator[None]:
    """A context in which this process waits for an upstream as long as necessary, instead of raising a failure."""
    _countdowns.append(countdown)
    try:
        yield
    finally:
        _countdowns.remove(countdown)


def may_wait() -> bool:
    """Whether somebody has chosen to wait."""
    return bool(_countdowns)


def wait_out(reason: str, seconds: float) -> None:
    """Wait, and report to those who watch."""
    until = clock.real_time() + seconds
    while (left := until - clock.real_time()) > 0:
        for countdown in _countdowns:
            countdown(reason, left)
        _live()
        clock.sleep(min(1, left))
    for countdown in _countdowns:
        countdown(reason, 0)


def _live() -> None:
    for note in _signs:
        note()
