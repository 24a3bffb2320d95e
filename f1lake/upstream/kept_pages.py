"""Pages that have arrived, kept on disk until their collection is complete.

Each checked page (`pages.py`) is a file, so that an interrupted collection continues where it stopped. This is no
cache: a collection that completes removes its pages, and the next one asks the service again.
"""

import contextlib
import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from f1lake import clock
from f1lake.storage.files import put_on_disk

LIFETIME = dt.timedelta(hours=24)
_asked_anew: list[object] = []


@contextlib.contextmanager
def asked_anew() -> Iterator[None]:
    """A context in which this process uses no kept page, because the current state of the source is wanted."""
    _asked_anew.append(None)
    try:
        yield
    finally:
        _asked_anew.pop()


class KeptPages:
    """The kept answers in a folder, by address. The folder is created with the first one.

    Several processes may keep and drop pages there at the same time.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._used: set[Path] = set()
        self._read: set[Path] = set()
        for file in folder.glob("*"):
            if not _is_fresh(file):
                file.unlink(missing_ok=True)

    def offer(self, url: str) -> bytes | None:
        """The kept body of an address, if there is one and it may be used."""
        if _asked_anew:
            return None
        file = self._file(url)
        try:
            body = file.read_bytes().partition(b"\n")[2]
        except FileNotFoundError:
            return None
        self._used.add(file)
        return body

    def keep(self, url: str, body: bytes) -> None:
        """Keep a body, completely or not at all, whenever the process is killed."""
        head = json.dumps({"url": url, "kept_at": clock.now().isoformat()}).encode()
        put_on_disk(self._file(url), head + b"\n" + body)
        self._used.add(self._file(url))

    def forget(self, urls: Iterable[str] | None = None) -> None:
        """Delete what this collection kept or used, all or from some addresses; pages of others stay."""
        for file in set(self._used) if urls is None else self._used & set(map(self._file, urls)):
            file.unlink(missing_ok=True)
            self._used.discard(file)

    @contextlib.contextmanager
    def part(self) -> Iterator[None]:
        """A context in which one part of the collection is read; if it ends without error, the part is complete."""
        before = set(self._used)
        yield
        self._read |= self._used - before

    def forget_read(self) -> None:
        """Delete the pages of complete parts: they are stored, and the source may have more next time."""
        for file in self._read:
            file.unlink(missing_ok=True)

    def _file(self, url: str) -> Path:
        return self._folder / f"{hashlib.sha256(url.encode()).hexdigest()[:32]}.page"


def _is_fresh(file: Path) -> bool:
    """Whether a page may still be used, or is just being written; leftovers of a kill or of yesterday may not."""
    try:
        if file.suffix != ".page":
            return clock.real_time() - file.stat().st_mtime < LIFETIME.total_seconds()
        with file.open("rb") as page:
            kept_at = dt.datetime.fromisoformat(json.loads(page.readline())["kept_at"])
    except (OSError, ValueError, KeyError):
        return False
    return dt.timedelta(0) <= clock.now() - kept_at <= LIFETIME
