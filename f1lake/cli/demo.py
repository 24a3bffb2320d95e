"""Chooses the source of `make demo`: the best one available."""

import contextlib
import json
import os
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import requests

from f1lake.cli.portuguese import said
from f1lake.invent.demo_world import FOLDER as INVENTED_WORLD
from f1lake.invent.demo_world import SEASONS, SEED
from f1lake.invent.recording import invent
from f1lake.settings import settings, settings_of, source_note
from f1lake.storage.files import put_on_disk
from f1lake.storage.world import INVENTED

RECORDINGS = (Path("recordings"), Path("../shared/upstream/recordings"))
SERVICES = (
    "https://api.jolpi.ca/ergast/f1/seasons.json?limit=1",
    "https://raw.githubusercontent.com/theOehrly/f1schedule/master/schedule_2018.json",
)
"""One address of each live service; a collection needs both."""

ANSWERS, BUSY = (200, 429), 403
"""Statuses of a service that is busy but present: 429, or 403 from a proxy that refuses everything."""

PATIENCE_S = 4
"""Seconds for everything together: name, proxy, connection, answer. Name look-up alone has no time limit."""


@dataclass(frozen=True)
class Source:
    """A source in words, and the value of `F1LAKE_UPSTREAM` for it (None: the live services)."""

    description: str
    upstream: str | None
    is_invented: bool = False

    @property
    def lake(self) -> str:
        """The lake of the demo on this source; an invented world has a lake of its own."""
        return "lake-invented" if self.is_invented else "lake-demo"


def choose_source() -> Source:
    """The source of a demo: `F1LAKE_UPSTREAM`, a recording nearby, the live services, or an invented world.

    The invented world is in ./invented, and written there if it does not exist.
    """
    if settings().upstream:
        is_folder = settings().recording is not None
        named = "F1LAKE_UPSTREAM" if os.environ.get("F1LAKE_UPSTREAM") else said("the source of this lake so far")
        return Source(
            said("from {named}, {upstream}", named=named, upstream=settings().upstream), settings().upstream,
            is_folder and _is_invented(Path(settings().upstream or "")),
        )
    for folder in RECORDINGS:
        if (folder / "recording.json").is_file():
            return Source(
                said("from the recording in {folder}, no request leaves this machine", folder=folder),
                str(folder.resolve()), _is_invented(folder),
            )
    if all(services_answer()):
        return Source(
            said(
                "from the live services: the history from the Jolpica project's bulk dump (one download of 13 MB), "
                "what is newer from its API"
            ),
            None,
        )
    if not (INVENTED_WORLD / "recording.json").is_file():
        invent(INVENTED_WORLD, SEASONS, SEED)
    return Source(
        said(
            "the live services do not answer within {seconds} s and there is no recording in {folder} or {other}: from "
            "the invented world in {world}",
            seconds=PATIENCE_S, folder=RECORDINGS[0], other=RECORDINGS[1], world=INVENTED_WORLD,
        ),
        str(INVENTED_WORLD.resolve()),
        is_invented=True,
    )


def services_answer() -> list[bool]:
    """Whether each live service answers within `PATIENCE_S` seconds."""
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
    """Record in the lake's home what the lake is built from, and by which clock; later commands continue with both."""
    put_on_disk(source_note(), f"{source.upstream or ''}\n{os.environ.get('F1LAKE_NOW', '')}".encode())
    settings_of.cache_clear()
