"""Caches what was seen of a lake on S3, so that nothing is listed twice.

Within `once`, a run opens a table once, and a sensor's evaluation lists a folder once. Writers announce changes in one
small file, `_changed`; while that stays the same, earlier results are still valid. Not here: what is listed
(`working_copy.py`, `raw_io.py`, `world.py`). A lake on disk is read each time.
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
"""How long an unchanged pointer is trusted: a writer may have died before it could announce its change."""
T = TypeVar("T")


class _Seen:
    """The state of this process: what was seen, in which lake, since when, under which pointer, and whether there is
    something to announce.
    """

    def __init__(self) -> None:
        self.lock, self.depth = threading.RLock(), 0
        self.values: dict[tuple[str, str], Any] = {}
        self.pointer: tuple[str, bytes | None] = ("", None)
        self.since_s, self.is_changed = 0.0, False


_seen = _Seen()


@contextlib.contextmanager
def once() -> Iterator[None]:
    """List nothing twice within this context, in all threads; one request tells what is still valid.

    At its end the others are told if something has changed.
    """
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
            is_over = not _seen.depth
        if is_over and _seen.is_changed:
            _announce()


def for_a_run(manager: "dg.IOManager") -> "dg.IOManagerDefinition":
    """An I/O manager in whose runs nothing is listed twice."""
    import dagster as dg  # what only reads a lake does without it

    def resource(_: "dg.InitResourceContext") -> "Iterator[dg.IOManager]":
        with once():
            yield manager

    return dg.IOManagerDefinition(resource)  # pyright: ignore[reportArgumentType]: its type knows no generator


def look(kind: str, name: str, see: Callable[[], T]) -> T:
    """The result of `see`, or within `once` its earlier result."""
    key = (kind, uri(name))
    with _seen.lock:
        if _seen.depth and key in _seen.values:
            return _seen.values[key]
    result = see()
    with _seen.lock:
        if _seen.depth:  # what a writer has noted meanwhile is newer
            return _seen.values.setdefault(key, result)
    return result


def remember(kind: str, name: str, content: object) -> None:
    """Record a result, if this is within `once`."""
    with _seen.lock:
        if _seen.depth:
            _seen.values[kind, uri(name)] = content


def forget(kind: str, name: str) -> None:
    """Forget results whose name begins like this."""
    with _seen.lock:
        gone = [key for key in _seen.values if key[0] == kind and key[1].startswith(uri(name))]
        for key in gone:
            del _seen.values[key]


def say_changed() -> None:
    """Announce to all who use `once` that something in the lake is new; of a run, when it ends."""
    if not on_s3():
        return
    with _seen.lock:
        _seen.is_changed, is_over = True, not _seen.depth
    if is_over:
        _announce()


def _announce() -> None:
    _seen.is_changed = False  # before: what changes meanwhile is announced again
    files.put(uri(POINTER), uuid.uuid4().hex.encode())
