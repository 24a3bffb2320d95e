"""How many requests a collection of what is due will take: an estimate to be told before it starts.

What does not belong here: what is due (`due.py`), and how long so many requests take
(`upstream/budget.py`).
"""

import datetime as dt

import polars as pl

from f1lake.automation import due
from f1lake.raw import event_schedule, laps, pit_stops, session_results
from f1lake.settings import settings
from f1lake.storage.lake import TableMissingError
from f1lake.storage.raw_io import RawIOManager, stored_keys
from f1lake.upstream.pages import FIRST_FORMATS

LAPS_A_RACE = 12
"""Requests for the laps of one race, 10 to 15."""
ROUNDS_A_SEASON = 24


def requests_left(now: dt.datetime, laps_from: int | None = None) -> dict[str, int]:
    """The requests that are still to be sent, by what they ask for."""
    first = settings().from_season
    standings = [
        season for season in range(first, now.year + 1) if str(season) not in set(stored_keys("raw/driver_standings"))
    ]
    try:
        calendar = RawIOManager().read("raw/event_schedule")
    except TableMissingError:
        seasons = now.year + 1 - first
        races = ROUNDS_A_SEASON * (now.year + 1 - max(first, pit_stops.FIRST_SEASON))
        return {
            "schedules": min(event_schedule.HISTORY_PAGES, seasons) + max(0, now.year + 1 - max(first, FIRST_FORMATS)),
            "results": min(sum(session_results.HISTORY_PAGES.values()), 10 * seasons),
            "standings": 2 * (len(standings) + ROUNDS_A_SEASON),
            "pit stops": max(0, races),
            "laps": LAPS_A_RACE * ROUNDS_A_SEASON * (now.year + 1 - max(laps_from or now.year, laps.FIRST_SEASON)),
        }
    asked = due.read_asked()
    events = due.due_events(calendar, due.stored_sessions(now), now, asked)["event"].to_list()
    wanted = session_results.wanted_sessions(events, calendar.collect())
    new = (
        calendar.filter(due.EVENT_KEY.is_in(events) & (pl.col("raceDate") <= now.date()))
        .select(pl.col("season"), event=due.EVENT_KEY)
        .collect()
    )

    def rows_of(table: str, first_season: int) -> int:
        """Stored events without the table's rows, and those whose results come first."""
        stored = due.due_event_rows(table, first_season, calendar, now, asked)
        coming = new.filter(pl.col("season") >= max(first_season, first))["event"].to_list()
        return len({*stored, *coming})

    return {
        "results": sum(
            session_results.requests_of(sessions) for sessions in wanted.partition_by("session", include_key=True)
        ),
        "standings": 2 * len(standings),
        "pit stops": rows_of(pit_stops.TABLE, pit_stops.FIRST_SEASON),
        "laps": LAPS_A_RACE * rows_of(laps.TABLE, max(laps_from or now.year, laps.FIRST_SEASON)),
    }
