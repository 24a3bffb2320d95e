"""What-ifs: results of coming races to title odds, through the model layer; one at a time, and few may wait.

A scenario's cost does not depend on what a visitor sends: at most ten places and one retirement a race still
to come. Equal scenarios are computed once for each state of the lake.
"""

import datetime as dt
import functools
import itertools
import threading

import polars as pl

from f1lake.app.live import Snapshot
from f1lake.odds import what_if
from f1lake.odds.what_if import Change
from f1lake.partitions import event_key

MOST_WAITING = 8
"""More would hold up the threads that answer everybody else."""

PATIENCE_S = 10
KEPT = 256

Results = tuple[tuple[int, str], ...]
"""(round, driver), a round at most once."""

Places = tuple[tuple[int, int, str], ...]
"""(round, place, driver), a place of a round at most once; the winner's is 1."""


class BusyError(RuntimeError):
    """Too many what-ifs at once: the visitor may ask again in a few seconds."""


class ImpossibleError(ValueError):
    """The results contradict each other or the lake; the message says how."""


_waiting = threading.BoundedSemaphore(MOST_WAITING)
_computing = threading.Lock()


def odds(snapshot: Snapshot, season: int, as_of: dt.date, places: Places, out: Results) -> pl.DataFrame:
    """Title odds of drivers and constructors if these take places of, and these retire from, a season's coming races.

    One row a `title` and `entrant_id`: `probability`, `probability_published` and `change`, likeliest first.
    Raises `BusyError`, and `ImpossibleError` where a driver takes two places, or one and retires, or is not known.
    """
    finds = [*((round_, who) for round_, _, who in places), *out]
    if len(set(finds)) < len(finds):
        raise ImpossibleError("nobody takes two places of a race, or one and retires from it")
    return _odds(snapshot, season, as_of, places, out)


@functools.lru_cache(maxsize=KEPT)
def _odds(snapshot: Snapshot, season: int, as_of: dt.date, places: Places, out: Results) -> pl.DataFrame:
    changes: dict[str, Change] = {}
    for round_, group in itertools.groupby(sorted(places), lambda place: place[0]):
        changes[event_key(season, round_)] = {"places": {place: driver for _, place, driver in group}}
    for round_, driver in out:
        changes.setdefault(event_key(season, round_), {})["retired"] = [driver]
    if not _waiting.acquire(blocking=False):
        raise BusyError
    try:
        if not _computing.acquire(timeout=PATIENCE_S):
            raise BusyError
        try:
            return what_if.odds(as_of, changes)
        except what_if.WhatIfError as error:
            raise ImpossibleError(str(error)) from error
        finally:
            _computing.release()
    finally:
        _waiting.release()
