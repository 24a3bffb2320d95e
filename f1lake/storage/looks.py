"""What was seen of a lake on S3 and need not be looked for again.

Within `once` nothing is listed twice: a run opens a table once, a sensor's evaluation lists a folder once. Whoever
writes says so in one small file, `_changed`; while it stays as it was, what the last look saw is still so. What does
not belong here: what is looked at (`working_copy.py`, `raw_io.py`, `world.py`). A lake on disk is looked at each time.
"""

import contextlib
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

from f1lake.storage import files
from f1lake.storage.place import on_s3, uri

if TYPE_CHECKING:
    import dagster as dg

POINTER = "_changed"
BELIEVED_S = 3600
"""How long a pointer that stays the same is believed: one writer may have died before it could say so."""
T = TypeVar("T")


class _Seen:
    """Of this process: what was seen, in which lake, since when, and under which pointer."""

    def __init__(self) -> None:
        self.lock, self.depth = threading.RLock(), 0
        self.values: dict[tuple[str, str], Any] = {}
        self.pointer: tuple[str, bytes | None] = ("", None)
        self.since_s = 0.0


_seen = _Seen()


@contextlib.contextmanager
def once() -> Iterator[None]:
    """Look at nothing twice in here, by all threads; one request, to know what is still as it was seen before."""
    if not on_s3():
        yield
        return
    with _seen.lock:
        if not _seen.depth:
            pointer = (uri(POINTER), files.get(uri(POINTER)))
            is_old = time.monotonic() - _seen.since_s > BELIEVED_S
            if pointer != _seen.pointer or pointer[1] is None or is_old:
                _seen.values, _seen.since_s = {}, time.monotonic()
            _seen.pointer = pointer
        _seen.depth += 1
    try:
        yield
    finally:
        with _seen.lock:
            _seen.depth -= 1


def for_a_run(manager: "dg.IOManager") -> "dg.IOManagerDefinition":
    """An I/O manager in whose runs nothing is looked at twice."""
    import dagster as dg  # what only reads a lake does without it

    def resource(_: "dg.InitResourceContext") -> "Iterator[dg.IOManager]":
        with once():
            yield manager

    return dg.IOManagerDefinition(resource)  # pyright: ignore[reportArgumentType]: its type knows no generator


def look(kind: str, name: str, see: Callable[[], T]) -> T:
    """What `see` finds; within `once` what it found before."""
    key = (kind, uri(name))
    with _seen.lock:
        if _seen.depth and key in _seen.values:
            return _seen.values[key]
    found = see()
    remember(kind, name, found)
    return found


def remember(kind: str, name: str, found: object) -> None:
    """Have seen this, if this is within `once`."""
    with _seen.lock:
        if _seen.depth:
            _seen.values[kind, uri(name)] = found


def forget(kind: str, name: str) -> None:
    """Look again at what begins with this name."""
    with _seen.lock:
        gone = [key for key in _seen.values if key[0] == kind and key[1].startswith(uri(name))]
        for key in gone:
            del _seen.values[key]


def say_changed() -> None:
    """Tell all who look by `once` that something in the lake is new."""
    if on_s3():
        files.put(uri(POINTER), uuid.uuid4().hex.encode())
