"""Who is told how far a collection is: a progress bar on a screen, or nobody."""

import contextlib
from collections.abc import Callable, Iterator

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
    for listener in _listeners:
        listener(what, done, total)
