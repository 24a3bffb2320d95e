"""The release of F1DB that the lake keeps: `f1db/v2026.9.1-<SHA-256>.zip`, as it came.

`f1db/asked.json` says when a newer one was last asked for, and why it could not be had. What does not belong here: who
wants one (`automation/`).
"""

import hashlib
import re
from dataclasses import dataclass

from f1lake.storage import files
from f1lake.storage.lake import uri
from f1lake.upstream import last_request
from f1lake.upstream.failures import F1dbUnusableError
from f1lake.upstream.last_request import LastRequest

ASKED = "f1db/asked.json"
NAME = re.compile(r"(v\d{4}\.\d+\.\d+)-([0-9a-f]{64})\.zip")


@dataclass(frozen=True)
class KeptRelease:
    """A release by its tag and the SHA-256 of its archive."""

    tag: str
    file_hash: str

    @property
    def archive(self) -> str:
        """Where the lake keeps it."""
        return uri(f"f1db/{self.tag}-{self.file_hash}.zip")

    @property
    def order(self) -> tuple[int, ...]:
        """Its place among the releases: patches may be the only ones to hold a correction."""
        return tuple(map(int, self.tag[1:].split(".")))


def kept() -> KeptRelease | None:
    """The newest release that the lake keeps, if any."""
    names = [NAME.fullmatch(file.rpartition("/")[2]) for file in files.listed(uri("f1db"), "*.zip")]
    return max((KeptRelease(name[1], name[2]) for name in names if name), key=lambda kept: kept.order, default=None)


def last_asked() -> LastRequest | None:
    """When this lake last asked for a release, if ever."""
    return last_request.read(ASKED)


def ask_for() -> tuple[KeptRelease, bytes]:
    """The newest release, asked for now, and its archive; the one that is kept, if there is no newer.

    Raises `F1dbUnusableError` if it cannot be had: nothing of it is kept then.
    """
    from f1lake.upstream.f1db.service import downloaded  # speaks HTTP, which no other use of a kept release needs

    known = kept()
    stored = files.get(known.archive) if known else None
    if known and stored and hashlib.sha256(stored).hexdigest() != known.file_hash:
        stored = None  # it was damaged since: the service has it whole
    try:
        release, archive = downloaded(known.file_hash if known and stored else None)
    except F1dbUnusableError as error:
        last_request.note(ASKED, str(error))
        raise
    last_request.note(ASKED, "")
    if archive is None and known and stored:
        return known, stored
    assert archive is not None, "nothing was known"
    newest = KeptRelease(release.tag, release.file_hash)
    files.put(newest.archive, archive)
    for file in files.listed(uri("f1db"), "*.zip"):
        if file != newest.archive:
            files.remove(file)
    return newest, archive
