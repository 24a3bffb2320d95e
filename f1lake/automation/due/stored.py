"""What raw contains, as far as it decides what to request next: one listing, and each file is read once.

Not here: what is due (`rules.py`), and what was asked (`attempts.py`).
"""

import datetime as dt
import functools
import io
from collections import defaultdict
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import polars as pl

from f1lake.partitions import EVENT_KEY
from f1lake.raw import (
    constructor_standings,
    driver_standings,
    event_schedule,
    f1db_drivers,
    f1db_race_data,
    f1db_races,
    f1db_session_files,
    lap_tyres,
    laps,
    pit_stops,
    race_control_messages,
    session_results,
    timing_drivers,
    weather,
)
from f1lake.raw.plausible import EVENT
from f1lake.raw.session_results import REGISTERED
from f1lake.storage import files
from f1lake.storage.lake import uri
from f1lake.storage.raw_io import in_shape, partition_of, partition_path
from f1lake.storage.schemas import CONTRACTS
from f1lake.storage.stored_types import empty_frame

CALENDAR, RESULTS = event_schedule.TABLE, session_results.TABLE
DRIVERS, CONSTRUCTORS = driver_standings.TABLE, constructor_standings.TABLE
NEEDED = (CALENDAR, RESULTS, DRIVERS, CONSTRUCTORS)
"""The raw tables without which nothing can be built."""
LIVE_TIMING = (timing_drivers.TABLE, weather.TABLE, race_control_messages.TABLE, lap_tyres.TABLE)
OPTIONAL_OF_EVENTS = (pit_stops.TABLE, laps.TABLE, *LIVE_TIMING)
RELEASED = (f1db_races.TABLE, f1db_race_data.TABLE, f1db_drivers.TABLE)
"""The tables of F1DB's releases, of the second source: asked for by season."""
SESSION_FILES = f1db_session_files.TABLE
OPTIONAL = (*OPTIONAL_OF_EVENTS, *RELEASED, SESSION_FILES)
"""The other raw tables, for which nothing waits: they may fail for a day."""
LATE_FOR = dt.timedelta(days=28)
"""For how long after a race rows are requested that the source does not have."""
POINTS = ["season", "round", "session", "driverId", "constructorId", "points", "collected_at"]
FILED = ["event", *REGISTERED]
AT_ONCE = 8


@dataclass(frozen=True)
class Stored:
    """What is in raw. Rows that are filed under a round which now belongs to another event are left out."""

    calendar: pl.DataFrame
    """The schedules of all seasons."""
    keys: Mapping[str, frozenset[str]]
    """The partitions of each table that have a file of their own event."""
    empty: Mapping[str, frozenset[str]]
    """The recent partitions of optional tables for which the source had no rows; of live timing also those that lack a
    session.
    """
    sessions: pl.DataFrame
    """The stored sessions, [event, session]; files of seasons before the last one are assumed to be complete."""
    points: pl.DataFrame
    """The columns `POINTS` of the last two seasons and of those requested again; null in qualifying."""
    drivers: pl.DataFrame
    """The official standings of those seasons: [season, round, driverId, points, collected_at]."""
    constructors: pl.DataFrame
    """The same of constructors: [season, round, constructorId, collected_at]."""
    practices: pl.DataFrame
    """The recent practices that are stored before a release has them: [event, type]."""

    def of(self, table: str) -> frozenset[str]:
        """The partitions of a table."""
        return self.keys.get(table, frozenset())


def look(now: dt.datetime, corrected: Iterable[int] = ()) -> Stored:
    """List raw, and read the rows of the last two seasons and of those whose results are requested again.

    On S3 it is one listing; files are read when they are new to this process.
    """
    versions = sorted(
        (*partition, tag) for path, tag in files.tagged(uri("raw")).items() if (partition := partition_of(path))
    )
    return _looked(
        tuple(versions), frozenset({now.year, (now - LATE_FOR).year}), frozenset({now.year - 1, now.year, *corrected})
    )


@functools.lru_cache(maxsize=1)
def _looked(listed: tuple[tuple[str, str, str], ...], late: frozenset[int], recent: frozenset[int]) -> Stored:
    """What these versions of files say: of tables and keys, in seasons whose rows may come late and in recent ones."""
    tags = {(table, key): tag for table, key, tag in listed}
    keys: defaultdict[str, set[str]] = defaultdict(set)
    for table, key in tags:
        keys[table].add(key)

    def rows(table: str, seasons: frozenset[int] | None = None) -> pl.DataFrame:
        wanted = sorted(key for key in keys[table] if seasons is None or int(key[:4]) in seasons)
        with ThreadPoolExecutor(AT_ONCE) as pool:
            frames = list(pool.map(lambda key: _rows(table, key, tags[table, key]), wanted))
        return pl.concat([_no_rows(table), *frames], rechunk=True)

    calendar = rows(CALENDAR)
    registered = calendar.select("circuitId", "raceDate", event=EVENT_KEY)
    results = rows(RESULTS, recent).with_columns(event=EVENT_KEY)
    own = results.join(registered, on=FILED, how="semi", nulls_equal=True)
    keys[RESULTS] -= set(results["event"]) - set(own["event"])
    old = [key for key in keys[RESULTS] if int(key[:4]) not in recent]
    whole = pl.DataFrame({"event": old}, schema={"event": pl.String}).join(
        pl.DataFrame({"session": ["Race", "Sprint", "Qualifying"]}), how="cross"
    )
    session = pl.col("session").cast(pl.String)
    sessions = own.select("event", session).unique()
    empty: dict[str, frozenset[str]] = {}
    for table in OPTIONAL_OF_EVENTS:
        of_events = rows(table, late).with_columns(event=EVENT_KEY)
        present = {key for key in keys[table] if int(key[:4]) in late}
        empty[table] = frozenset(present - set(of_events["event"]))
        if table in LIVE_TIMING:
            lacking = sessions.join(of_events.with_columns(session), on=["event", "session"], how="anti")
            empty[table] |= present & set(lacking["event"])
        others = of_events.join(registered, on=FILED, how="anti", nulls_equal=True)
        keys[table] -= set(others["event"])
    practices = rows(SESSION_FILES, late).with_columns(event=EVENT_KEY)
    return Stored(
        calendar=calendar,
        keys={table: frozenset(of_table) for table, of_table in keys.items()},
        empty=empty,
        sessions=pl.concat([whole, sessions]),
        points=own.select(POINTS).with_columns(session),
        drivers=rows(DRIVERS, recent),
        constructors=rows(CONSTRUCTORS, recent),
        practices=practices.join(registered, on=FILED, how="semi", nulls_equal=True).select(
            "event", pl.col("type").cast(pl.String)
        ).unique(),
    )


def _columns(table: str) -> list[str]:
    """What is looked at in the files of a table."""
    if table == CALENDAR:
        return CONTRACTS[table].column_names()
    if table == DRIVERS:
        return ["season", "round", "driverId", "points", "collected_at"]
    if table == CONSTRUCTORS:
        return ["season", "round", "constructorId", "collected_at"]
    if table == SESSION_FILES:
        return [*EVENT, *REGISTERED, "type"]
    if table == RESULTS:
        return [*POINTS, *REGISTERED]
    return [*EVENT, *REGISTERED, *(["session"] if table in LIVE_TIMING else [])]


def _no_rows(table: str) -> pl.DataFrame:
    return empty_frame(table).select(_columns(table)).collect()


@functools.lru_cache(maxsize=4096)
def _rows(table: str, key: str, tag: str) -> pl.DataFrame:
    """What is looked at in one version of a file; of an optional table a row says which event or session it is of."""
    content = files.get(partition_path(table, key))
    if content is None:  # removed since it was listed
        return _no_rows(table)
    rows = in_shape(table, io.BytesIO(content)).select(_columns(table))
    if table in (*LIVE_TIMING, SESSION_FILES):
        return rows.unique().collect()
    return (rows.head(1) if table in OPTIONAL_OF_EVENTS else rows).collect()
