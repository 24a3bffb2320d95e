"""Ids that the source gave to drivers or constructors anew in mid-season: standings have one, results another.

Each answer is right by itself: they differ only because they were collected at different times. Asking for the season
again mends it. What does not belong here: asking (`automation/`).
"""

import polars as pl

from f1lake.raw import constructor_standings, driver_standings, event_schedule, session_results
from f1lake.raw.session_results import stored_sessions
from f1lake.storage.raw_io import RawIOManager

STANDINGS = {"driverId": driver_standings.TABLE, "constructorId": constructor_standings.TABLE}


def renamed_ids(season: int) -> list[str]:
    """The ids, sorted, that only the standings or only the results of a season have, as far as both are stored.

    Held against each other are the newest standings whose race has results, and all results up to it. From 1996 on
    they name the same drivers, but for two of 1997 who never qualified.
    """
    schedule = RawIOManager().read(event_schedule.TABLE, [season]).collect()
    held = set(stored_sessions([season], schedule).filter(session="Race")["round"])
    return sorted(name for column, table in STANDINGS.items() for name in _differing(season, column, table, held))


def _differing(season: int, column: str, table: str, held: set[int]) -> set[str]:
    standings = RawIOManager().read_one(table, str(season))
    newest = set() if standings is None else held & set(standings["round"])
    if standings is None or not newest:
        return set()
    results = RawIOManager().read(session_results.TABLE, [season]).filter(pl.col("round") <= max(newest)).select(
        column, "session"
    ).unique().collect()
    ranked, raced = set(standings.filter(round=max(newest))[column]), set(results.filter(_is_raced())[column])
    return (ranked - set(results[column])) | (raced - ranked)


def _is_raced() -> pl.Expr:
    """A qualifying alone makes nobody part of the standings."""
    return pl.col("session").cast(pl.String) != "Qualifying"
