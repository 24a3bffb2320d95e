"""Asks the Jolpica project which dump is free, and downloads it: whole and as stated, or not at all.

The service names size and SHA-256 of a dump, and leads to a storage that holds it. Neither counts requests of the hour.
What does not belong here: what is in a dump (`tables.py`), and keeping it (`kept.py`).
"""

import datetime as dt
import hashlib
import json
from dataclasses import dataclass

import requests
import tenacity

from f1lake import clock
from f1lake.upstream.download import MIB, DownloadError, body
from f1lake.upstream.failures import DumpUnusableError
from f1lake.upstream.services import API, asked_instead

DUMPS = f"{API}/data/dumps/download/"
FREE, KIND = "delayed", "csv"
"""The newest dump is for those who pay; this is the newest one of 14 days ago, for everybody."""
LARGEST_BYTES = 100_000_000
"""The project uploads 20 MB at most: much more than that is no dump."""
ATTEMPTS = 3
"""Of everything: an archive may be damaged on its way, and a new dump may come between the list and the archive."""
PAUSE_S = 2
ACCEPTED = "application/json, */*"
"""The list is a page for browsers otherwise."""


class NoDumpsError(DumpUnusableError):
    """The service has none, and will have none in a moment: a mirror of the API, say."""


@dataclass(frozen=True)
class Offer:
    """A dump that is free: the SHA-256 of its archive in hexadecimal digits, its bytes, and when it was made."""

    file_hash: str
    file_size: int
    made_at: dt.datetime


def downloaded(known_hash: str | None = None) -> tuple[Offer, bytes | None]:
    """The newest free dump and its archive, of the stated size and hash; no archive for the one that is known.

    Raises `DumpUnusableError` if none came so after some attempts.
    """
    attempts = tenacity.Retrying(
        retry=tenacity.retry_if_exception_type(DumpUnusableError) & tenacity.retry_if_not_exception_type(NoDumpsError),
        stop=tenacity.stop_after_attempt(ATTEMPTS), wait=tenacity.wait_fixed(PAUSE_S), sleep=clock.sleep, reraise=True,
    )
    return attempts(_downloaded_once, known_hash)


def _downloaded_once(known_hash: str | None) -> tuple[Offer, bytes | None]:
    with requests.Session() as session:
        offer = _offer(session)
        if offer.file_hash == known_hash:
            return offer, None
        archive = _body(session, "the archive", f"{DUMPS}{FREE}/?dump_type={KIND}", offer.file_size)
    if len(archive) != offer.file_size:
        raise DumpUnusableError("the archive", f"{len(archive):,} bytes came, {offer.file_size:,} were stated")
    if hashlib.sha256(archive).hexdigest() != offer.file_hash:
        raise DumpUnusableError("the archive", "its SHA-256 is not the one that was stated")
    return offer, archive


def _offer(session: requests.Session) -> Offer:
    request = "the list of dumps"
    listing = _body(session, request, DUMPS, MIB)
    try:
        free = json.loads(listing)[f"{FREE}_dumps"][KIND]
        made_at = dt.datetime.fromisoformat(free["uploaded_at"]).astimezone(dt.UTC).replace(microsecond=0)
        offer = Offer(str(free["file_hash"]), int(free["file_size"]), made_at)
    except (ValueError, LookupError, TypeError) as error:
        raise DumpUnusableError(request, f"it names no free one ({type(error).__name__}: {error})") from error
    if not 0 < offer.file_size <= LARGEST_BYTES:
        raise DumpUnusableError(request, f"no dump has {offer.file_size:,} bytes")
    return offer


def _body(session: requests.Session, request: str, address: str, most_bytes: int) -> bytes:
    """The body of an answer, read no further than a little over `most_bytes`."""
    try:
        return body(session, f"the bulk dump, {request}", asked_instead(address), most_bytes, ACCEPTED)
    except DownloadError as error:
        raise (NoDumpsError if error.status == 404 else DumpUnusableError)(request, str(error)) from error
