"""Keeps the page up to date: a thread looks for new table versions, and visitors never wait for it.

Not here: what is computed from the tables (`queries/`) and shown (`views/`, `page.py`).
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from f1lake import clock
from f1lake.app.queries import championship, races
from f1lake.app.queries.second_source import TABLES as SECOND_SOURCE
from f1lake.storage import looks
from f1lake.storage.lake import delta_table, rows
from f1lake.storage.world import is_invented

LOOK_EVERY_S = 12
"""For so long the server may miss a new materialization. On S3 this is five requests a minute."""

NEEDED = (
    "odds/title_odds", "silver/session_results", "silver/events", "silver/drivers", "silver/constructors",
    "gold/driver_standings",
)
"""Without one of these there is no page."""

WELCOME = (
    "odds/constructor_title_odds", "odds/race_odds", "odds/strengths", "gold/constructor_standings",
    "gold/driver_career", "gold/constructor_career", "gold/teammate_duels", "gold/circuit_records",
    "gold/title_fights", "gold/season_summary", "gold/race_report", "odds/published_scores", "odds/game_scores",
    "silver/departures", "silver/circuit_layouts", "silver/pit_stops", "silver/scoring_rules", "silver/season_state",
    *SECOND_SOURCE,
)
"""Without one of these a view says that it is not there yet."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Snapshot:
    """The tables at certain versions, or the problem that is shown instead. Equal only to itself."""

    stamp: str
    """Identifies this state: a new stamp means that there is something new to show."""
    tables: Mapping[str, pl.DataFrame] = field(default_factory=dict)
    """The tables that have rows, by name."""
    titles: Mapping[str, pl.DataFrame] = field(default_factory=dict)
    """The title races of `drivers` and, where they have odds, of `constructors`; see `championship.race`."""
    problem: str | None = None
    """`no_odds` or `unreadable`, keys of the page's texts; None beside tables."""
    awaited: Mapping[str, Any] | None = None
    """The event whose race is over and has no results yet."""
    is_invented: bool = False
    """Whether the lake holds an invented championship, which every page then says."""


class Live:
    """The newest snapshot; `watch` keeps it up to date."""

    def __init__(self, prepare: Callable[[Snapshot], None] = lambda snapshot: None) -> None:
        """`prepare` is called in the thread of `watch` for each new snapshot, once visitors see it."""
        self._prepare = prepare
        self.snapshot = Snapshot("unread", problem="no_odds")
        self._versions: dict[str, int | None] = {}
        self._tables: dict[str, pl.DataFrame] = {}

    def watch(self) -> None:
        """Read once, then look for new versions in a thread that ends with the process."""
        self.refresh()
        threading.Thread(target=self._look_forever, name="new odds", daemon=True).start()

    def refresh(self) -> None:
        """Read the tables that have a new version.

        Raises nothing: while the lake cannot be read the page keeps what it has, and the log says why.
        """
        try:
            with looks.once():
                self._read_what_is_new()
                awaited = _awaited(self._tables)
                versions = ["-" if version is None else str(version) for version in self._versions.values()]
                stamp = ".".join([*versions, awaited["event_name"] if awaited else ""])
                if stamp != self.snapshot.stamp:
                    self.snapshot = _snapshot(stamp, self._tables, awaited)
        except Exception:  # the thread must outlive whatever storage, network or a half-built lake raise
            log.exception("the lake cannot be read")
            if self.snapshot.problem:
                self.snapshot = Snapshot("unreadable", problem="unreadable")

    def _read_what_is_new(self) -> None:
        for name in (*NEEDED, *WELCOME):
            delta = delta_table(name)
            version = None if delta is None else delta.version()
            if name not in self._versions or version != self._versions[name]:
                self._tables[name] = pl.DataFrame() if delta is None else rows(delta).collect().rechunk()
                self._versions[name] = version

    def _look_forever(self) -> None:
        prepared = None
        while True:
            if self.snapshot is not prepared:
                prepared = self.snapshot
                self._prepare(prepared)
            time.sleep(LOOK_EVERY_S)
            self.refresh()


def _awaited(tables: Mapping[str, pl.DataFrame]) -> dict[str, Any] | None:
    needed = ("silver/events", "silver/session_results")
    is_there = all(not tables.get(name, pl.DataFrame()).is_empty() for name in needed)
    return races.awaited(tables, clock.now()) if is_there else None


def _snapshot(
    stamp: str, tables: Mapping[str, pl.DataFrame], awaited: Mapping[str, Any] | None
) -> Snapshot:
    filled = {name: frame for name, frame in tables.items() if not frame.is_empty()}
    if not set(NEEDED) <= set(filled):
        return Snapshot(stamp, filled, problem="no_odds")
    kinds = [kind for kind, source in championship.KINDS.items() if source.odds in filled]
    titles = {kind: championship.race(kind, filled) for kind in kinds}
    return Snapshot(stamp, filled, titles, awaited=awaited, is_invented=is_invented())
