"""Where `make demo` takes its data from: the best source at hand, said aloud."""

import contextlib
import json
import os
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import requests

from f1lake.invent.demo_world import FOLDER as INVENTED_WORLD
from f1lake.invent.demo_world import SEASONS, SEED
from f1lake.invent.recording import invent
from f1lake.settings import settings, source_note
from f1lake.storage.files import put_on_disk
from f1lake.storage.world import INVENTED

RECORDINGS = (Path("recordings"), Path("../shared/upstream/recordings"))
SERVICES = (
    "https://api.jolpi.ca/ergast/f1/seasons.json?limit=1",
    "https://raw.githubusercontent.com/theOehrly/f1schedule/master/schedule_2018.json",
)
"""One address of each live service; a collection needs both."""

ANSWERS, BUSY = (200, 429), 403
"""A service that is busy is there too: it says 429, or 403, as a proxy does that refuses everything."""

PATIENCE_S = 4
"""For everything together: name, proxy, connection, answer. Looking up a name knows no limit of its own."""


@dataclass(frozen=True)
class Source:
    """A source in words, and what `F1LAKE_UPSTREAM` must be for it (None: the live services)."""

    description: str
    upstream: str | None
    is_invented: bool = False

    @property
    def lake(self) -> str:
        """The demo's lake on this source: what is invented has one of its own."""
        return "lake-invented" if self.is_invented else "lake-demo"


def choose_source() -> Source:
    """The source of a demo: `F1LAKE_UPSTREAM`, a recording at hand, the live services, or an invented world.

    The last is in ./invented, and made there if it is not.
    """
    if settings().upstream:
        is_folder = settings().recording is not None
        named = "F1LAKE_UPSTREAM" if os.environ.get("F1LAKE_UPSTREAM") else "the source of this lake so far"
        return Source(
            f"from {named}, {settings().upstream}", settings().upstream,
            is_folder and _is_invented(Path(settings().upstream or "")),
        )
    for folder in RECORDINGS:
        if (folder / "recording.json").is_file():
            return Source(
                f"from the recording in {folder}, no request leaves this machine", str(folder.resolve()),
                _is_invented(folder),
            )
    if all(services_answer()):
        return Source(
            "from the live services: the history from the Jolpica project's bulk dump (one download of 13 MB), what is "
            "newer from its API",
            None,
        )
    if not (INVENTED_WORLD / "recording.json").is_file():
        invent(INVENTED_WORLD, SEASONS, SEED)
    return Source(
        f"the live services do not answer within {PATIENCE_S} s and there is no recording in "
        f"{' or '.join(map(str, RECORDINGS))}: from the invented world in {INVENTED_WORLD}",
        str(INVENTED_WORLD.resolve()),
        is_invented=True,
    )


def services_answer() -> list[bool]:
    """Whether each live service answers, known within `PATIENCE_S`."""
    statuses: list[int | None] = [None] * len(SERVICES)

    def ask(i: int) -> None:
        with contextlib.suppress(requests.RequestException):
            statuses[i] = requests.get(SERVICES[i], timeout=PATIENCE_S).status_code

    threads = [threading.Thread(target=ask, args=(i,), daemon=True) for i in range(len(SERVICES))]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + PATIENCE_S
    for thread in threads:
        thread.join(max(0, deadline - time.monotonic()))
    is_open = any(status in ANSWERS for status in statuses)
    return [status in ANSWERS or (status == BUSY and is_open) for status in statuses]


def _is_invented(folder: Path) -> bool:
    about = json.loads((folder / "recording.json").read_text())
    return about.get("source", "").startswith(INVENTED)


def remember_source(source: Source) -> None:
    """Note beside the lake what it is built from, and by which clock: whatever is done with it later goes on so."""
    put_on_disk(source_note(), f"{source.upstream or ''}\n{os.environ.get('F1LAKE_NOW', '')}".encode())
    settings.cache_clear()
