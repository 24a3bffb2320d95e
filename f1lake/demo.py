"""Where `make demo` takes its data from: the best source at hand, said aloud."""

import socket
from dataclasses import dataclass
from pathlib import Path

from f1lake.settings import settings

RECORDINGS = (Path("recordings"), Path("../shared/upstream/recordings"))
SERVICE = ("api.jolpi.ca", 443)
PATIENCE_S = 3


class NoSourceError(ValueError):
    """Nothing that could answer: no recording and no network."""


@dataclass(frozen=True)
class Source:
    """A source in words, and what `F1LAKE_UPSTREAM` must be for it (None: the live services)."""

    description: str
    upstream: str | None


def choose_source() -> Source:
    """The source of a demo: `F1LAKE_UPSTREAM`, else a recording at hand, else the live services.

    Raises `NoSourceError` naming the choices if none of them can answer.
    """
    if settings().upstream:
        return Source(f"from F1LAKE_UPSTREAM, {settings().upstream}", settings().upstream)
    for folder in RECORDINGS:
        if (folder / "recording.json").is_file():
            return Source(f"from the recording in {folder}, no request leaves this machine", str(folder.resolve()))
    try:
        socket.create_connection(SERVICE, timeout=PATIENCE_S).close()
    except OSError as error:
        raise NoSourceError(
            f"no source of data: {SERVICE[0]} does not answer ({error}), and there is no recording in "
            f"{' or '.join(map(str, RECORDINGS))}. Set F1LAKE_UPSTREAM to a recording folder or to an address "
            "that serves Jolpica under /ergast/f1, or connect to the internet."
        ) from error
    return Source(
        "from the live services (Jolpica F1 API); they allow 200 requests an hour, so the whole history takes "
        "three runs of this command, an hour apart",
        None,
    )


def remember_source(source: Source) -> None:
    """Note beside the lake where it was built from, so that `make up` goes on with the same."""
    settings().home.mkdir(parents=True, exist_ok=True)
    _note().write_text(source.upstream or "")


def remembered_upstream() -> str:
    """What `F1LAKE_UPSTREAM` was when the lake was built as a demo; empty for the live services."""
    return _note().read_text() if _note().is_file() else ""


def _note() -> Path:
    return settings().home / "upstream"
