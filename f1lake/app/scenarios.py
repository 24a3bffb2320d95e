"""What-ifs: results of coming races to title odds, through the model layer; one at a time, and few may wait.

A scenario's cost does not depend on what a visitor sends: at most one winner and one retirement a race still
to come. Equal scenarios are computed once for each state of the lake.
"""

import datetime as dt
import functools
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


class BusyError(RuntimeError):
    """Too many what-ifs at once: the visitor may ask again in a few seconds."""


class ImpossibleError(ValueError):
    """The results contradict each other or the lake; the message says how."""


_waiting = threading.BoundedSemaphore(MOST_WAITING)
_computing = threading.Lock()


def odds(snapshot: Snapshot, season: int, as_of: dt.date, wins: Results, out: Results) -> pl.DataFrame:
    """Title odds of drivers and constructors if these win, and these retire, the coming races of a season.

    One row a `title` and `entrant_id`: `probability`, `probability_published` and `change`, likeliest first.
    Raises `BusyError`, and `ImpossibleError` where a driver both wins and retires, or is not known.
    """
    if set(wins) & set(out):
        raise ImpossibleError("nobody wins a race and retires from it")
    return _odds(snapshot, season, as_of, wins, out)


@functools.lru_cache(maxsize=KEPT)
def _odds(snapshot: Snapshot, season: int, as_of: dt.date, wins: Results, out: Results) -> pl.DataFrame:
    changes: dict[str, Change] = {event_key(season, round_): {"winner": driver} for round_, driver in wins}
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
