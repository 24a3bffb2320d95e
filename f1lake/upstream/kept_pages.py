"""Answers already paid for, kept on disk until their collection is complete.

Only answers that were checked come here (`pages.py`), one file each, so that a collection that
was interrupted goes on where it stopped. What does not belong here: a cache. A collection that
completes forgets its pages; the next one asks the service again.
"""

import datetime as dt
import hashlib
import json
import os
import tempfile
from pathlib import Path

from f1lake import clock

LIFETIME = dt.timedelta(hours=24)


class KeptPages:
    """The kept answers in a folder (made when the first is kept), by the address they came from."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._used: set[Path] = set()
        for file in folder.glob("*"):
            if not _is_fresh(file):
                file.unlink(missing_ok=True)

    def offer(self, url: str) -> bytes | None:
        """The kept body of an address, if there is one."""
        file = self._file(url)
        if not file.is_file():
            return None
        self._used.add(file)
        return file.read_bytes().partition(b"\n")[2]

    def keep(self, url: str, body: bytes) -> None:
        """Keep a body: whole or not at all, whenever the process is killed."""
        self._folder.mkdir(parents=True, exist_ok=True)
        handle, partial = tempfile.mkstemp(dir=self._folder)
        with os.fdopen(handle, "wb") as file:
            file.write(json.dumps({"url": url, "kept_at": clock.now().isoformat()}).encode() + b"\n" + body)
        Path(partial).replace(self._file(url))
        self._used.add(self._file(url))

    def forget(self) -> None:
        """Delete what this collection has kept or been offered; another one's pages stay."""
        for file in self._used:
            file.unlink(missing_ok=True)
        self._used.clear()

    def _file(self, url: str) -> Path:
        return self._folder / f"{hashlib.sha256(url.encode()).hexdigest()[:32]}.page"


def _is_fresh(file: Path) -> bool:
    """Whether a page may still be offered: a leftover of a kill, or of yesterday, may not."""
    with file.open("rb") as page:
        try:
            kept_at = dt.datetime.fromisoformat(json.loads(page.readline())["kept_at"])
        except (ValueError, KeyError):
            return False
    return dt.timedelta(0) <= clock.now() - kept_at <= LIFETIME
