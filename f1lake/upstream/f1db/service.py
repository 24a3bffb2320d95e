"""Asks GitHub for F1DB's newest release, and for the session files of a weekend under way.

A release is taken only if it is complete and as stated. What does not belong here: what is in it (`tables.py`), and
keeping it (`kept.py`).
"""

import contextlib
import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

import requests
import tenacity

from f1lake import clock
from f1lake.upstream.budget import INTERVAL_S, Budget
from f1lake.upstream.download import MIB, DownloadError, body
from f1lake.upstream.failures import F1dbUnusableError
from f1lake.upstream.services import ARCHIVES, RELEASES, SCHEDULES, asked_instead

NEWEST = f"{RELEASES}/repos/f1db/f1db/releases/latest"
ARCHIVE = "f1db-csv.zip"
SESSION_FILES = f"{SCHEDULES}/f1db/f1db/main/src/data/seasons"
TAG = re.compile(r"v\d{4}\.\d+\.\d+")
LARGEST_BYTES = 50_000_000
"""The archive has 4.5 MB; anything much larger is something else."""
ATTEMPTS, PAUSE_S = 3, 2
"""For an archive, which may be damaged on its way."""


class NoF1dbError(F1dbUnusableError):
    """The address has no F1DB and will have none in a moment; it is a mirror of the other services, say."""


@dataclass(frozen=True)
class Release:
    """A release by its tag, `v2026.9.1`: the SHA-256 of its archive in hexadecimal digits, and its bytes."""

    tag: str
    file_hash: str
    file_size: int


def downloaded(known_hash: str | None = None) -> tuple[Release, bytes | None]:
    """The newest release and its archive, of the stated size and hash; no archive for the one that is known.

    Raises `F1dbUnusableError` if the archive did not come so after some attempts.
    """
    with requests.Session() as session:
        release = _newest(session)
        if release.file_hash == known_hash:
            return release, None
        attempts = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(F1dbUnusableError)
            & tenacity.retry_if_not_exception_type(NoF1dbError),
            stop=tenacity.stop_after_attempt(ATTEMPTS), wait=tenacity.wait_fixed(PAUSE_S), sleep=clock.sleep,
            reraise=True,
        )  # fmt: skip
        return release, attempts(_archive, session, release)


def session_file(season: int, round_: int, grand_prix: str, file: str) -> str | None:
    """A session's file on the main branch, `free-practice-1-results`; None while it is not there.

    Raises `F1dbUnusableError` if it does not come.
    """
    address = f"{SESSION_FILES}/{season}/races/{round_:02d}-{grand_prix}/{file}.yml"
    with requests.Session() as session:
        try:
            return _body(session, file, address, MIB).decode()
        except NoF1dbError:
            return None
        except UnicodeDecodeError as error:
            raise F1dbUnusableError(file, "it is no text") from error


def _archive(session: requests.Session, release: Release) -> bytes:
    request = f"the archive of {release.tag}"
    address = f"{ARCHIVES}/f1db/f1db/releases/download/{release.tag}/{ARCHIVE}"
    archive = _body(session, request, address, release.file_size)
    if len(archive) != release.file_size:
        raise F1dbUnusableError(request, f"{len(archive):,} bytes came, {release.file_size:,} were stated")
    if hashlib.sha256(archive).hexdigest() != release.file_hash:
        raise F1dbUnusableError(request, "its SHA-256 is not the one that was stated")
    return archive


def _newest(session: requests.Session) -> Release:
    request = "the newest release"
    with _counted(request):
        content = _body(session, request, NEWEST, MIB)
    try:
        release_data = json.loads(content)
        asset = next(asset for asset in release_data["assets"] if asset["name"] == ARCHIVE)
        release = Release(str(release_data["tag_name"]), asset["digest"].removeprefix("sha256:"), int(asset["size"]))
    except (ValueError, LookupError, TypeError, AttributeError, StopIteration) as error:
        raise F1dbUnusableError(request, f"it names no archive ({type(error).__name__}: {error})") from error
    if not TAG.fullmatch(release.tag) or not re.fullmatch(r"[0-9a-f]{64}", release.file_hash):
        raise F1dbUnusableError(request, f"{release.tag} is no tag, or {release.file_hash} no SHA-256")
    if not 0 < release.file_size <= LARGEST_BYTES:
        raise F1dbUnusableError(request, f"no archive has {release.file_size:,} bytes")
    return release


@contextlib.contextmanager
def _counted(request: str) -> Iterator[None]:
    """Count a request to the API in the hour's, unless no connection comes about.

    Raises `F1dbUnusableError` where the hour has none left.
    """
    budget = Budget(asked_instead(NEWEST))
    while seconds := budget.take():
        if seconds > INTERVAL_S:
            raise F1dbUnusableError(request, f"the hour's {budget.hourly} requests are spent, for {seconds:.0f} s")
        clock.sleep(seconds)
    try:
        yield
    except F1dbUnusableError as error:
        if isinstance(error.__cause__, DownloadError) and not error.__cause__.has_left:
            budget.give_back()
        raise


def _body(session: requests.Session, request: str, address: str, most_bytes: int) -> bytes:
    try:
        return body(session, f"F1DB, {request}", asked_instead(address), most_bytes)
    except DownloadError as error:
        raise (NoF1dbError if error.status == 404 else F1dbUnusableError)(request, str(error)) from error
