"""Who is told how far a collection is, and what it waits for: a screen, or nobody."""

import contextlib
from collections.abc import Callable, Iterator

from f1lake import clock

Listener = Callable[[str, int, int], None]
"""Called with what is read ("Race results of all seasons"), pages done and pages in all."""

_listeners: list[Listener] = []


@contextlib.contextmanager
def reporting(listener: Listener) -> Iterator[None]:
    """Tell a listener of every page read in this process while the context lasts."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)


def report(what: str, done: int, total: int) -> None:
    """Say that `done` of `total` pages of something have been read."""
    _live()
    for listener in _listeners:
        listener(what, done, total)


_signs: list[Callable[[], None]] = []


def at_each_sign_of_life(note: Callable[[], None]) -> None:
    """From now on call `note` at every page that is read in this process, and at every second that is waited out."""
    _signs.append(note)


Countdown = Callable[[str, float], None]
"""Called each second with what is waited for, and the seconds left."""

_countdowns: list[Countdown] = []


@contextlib.contextmanager
def waiting_out(countdown: Countdown) -> Iterator[None]:
    """While the context lasts, long waits for an upstream are waited out in this process, not raised as failures."""
    _countdowns.append(countdown)
    try:
        yield
    finally:
        _countdowns.remove(countdown)


def may_wait() -> bool:
    """Whether somebody has chosen to wait."""
    return bool(_countdowns)


def wait_out(reason: str, seconds: float) -> None:
    """Wait, telling those who watch."""
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
