"""Keeps what the page shows current: a thread looks for new table versions, visitors never wait for it.

What does not belong here: what is read (`queries.py`) and what is shown (`page.py`).
"""

import logging
import threading
import time
from dataclasses import dataclass

import polars as pl

from f1lake.app.queries import TABLES, read_title_race
from f1lake.storage.lake import TableMissingError, version
from f1lake.storage.world import is_invented

LOOK_EVERY_S = 5
"""How long a new materialization may go unseen by the server."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Snapshot:
    """The title race as of some table versions, or the problem that stands in its place."""

    stamp: str
    """Names this state: another stamp, something else to show."""
    race: pl.DataFrame | None = None
    problem: str | None = None
    """`no_odds` or `unreadable`, keys of the page's texts; None beside a race."""
    is_invented: bool = False


class LiveTitleRace:
    """The newest snapshot, kept so by `watch`."""

    def __init__(self) -> None:
        self.snapshot = Snapshot("unread", problem="no_odds")

    def watch(self) -> None:
        """Read once, then look for new versions in a thread that ends with the process."""
        self.refresh()
        threading.Thread(target=self._look_forever, name="new odds", daemon=True).start()

    def refresh(self) -> None:
        """Read the tables if one of them has a new version.

        Raises nothing: while the lake cannot be read the page keeps what it has, and the log says why.
        """
        try:
            stamp = ".".join(str(version(name)) for name in TABLES)
            if stamp != self.snapshot.stamp:
                self.snapshot = _read(stamp)
        except Exception:
            log.exception("the lake cannot be read")
            if self.snapshot.race is None:
                self.snapshot = Snapshot("unreadable", problem="unreadable")

    def _look_forever(self) -> None:
        while True:
            time.sleep(LOOK_EVERY_S)
            self.refresh()


def _read(stamp: str) -> Snapshot:
    try:
        race = read_title_race()
    except TableMissingError:
        return Snapshot(stamp, problem="no_odds")
    return Snapshot(stamp, problem="no_odds") if race.is_empty() else Snapshot(stamp, race, is_invented=is_invented())
