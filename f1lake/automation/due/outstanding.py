"""Estimates how many requests a collection of what is due takes, to be shown before it starts.

Not here: what is due (`rules.py`), and how long the requests take (`upstream/budget.py`).
"""

from collections.abc import Collection

import polars as pl

from f1lake import clock
from f1lake.automation.due.from_dump import DUMP, dumped, lacks_history
from f1lake.automation.due.planner import plan
from f1lake.automation.due.stored import CALENDAR, CONSTRUCTORS, DRIVERS, RESULTS
from f1lake.partitions import EVENT_KEY
from f1lake.raw import event_schedule, laps, pit_stops, result_listings, session_results
from f1lake.settings import settings
from f1lake.upstream.pages import FIRST_FORMATS

LAPS_A_RACE = 12
"""Requests for the laps of one race: 10 to 15."""
ROUNDS_A_SEASON = 24
SINCE_DUMP = {"dump": 3, "results": 5, "standings": 4, "pit stops": 2, "laps": 2 * LAPS_A_RACE}
"""A dump is at least two weeks old, so about two race weekends come from the API."""


def requests_left(laps_from: int | None = None) -> dict[str, int]:
    """The requests that a collection still sends, by kind."""
    first, now, planned = settings().from_season, clock.now(), plan(None, laps_from, tried=())
    stored, questions = planned.stored, planned.questions
    dump = dumped(stored, planned.attempts)
    brings_history = any(q.table == DUMP for q in questions) and lacks_history(stored, now)
    if brings_history or (stored.calendar.is_empty() and dump.calendars):
        return SINCE_DUMP | {"schedules": 2 + max(0, now.year - max(first, FIRST_FORMATS))}
    standings = [
        season for season in map(str, range(first, now.year + 1))
        if season not in dump.standings | (stored.of(DRIVERS) & stored.of(CONSTRUCTORS))
    ]  # fmt: skip
    if stored.calendar.is_empty():
        seasons = now.year + 1 - first
        races = ROUNDS_A_SEASON * (now.year + 1 - max(first, pit_stops.FIRST_SEASON))
        return {
            "schedules": min(event_schedule.HISTORY_PAGES, seasons) + max(0, now.year + 1 - max(first, FIRST_FORMATS)),
            "results": min(sum(result_listings.HISTORY_PAGES.values()), 10 * seasons),
            "standings": 2 * (len(standings) + ROUNDS_A_SEASON),
            "pit stops": max(0, races),
            "laps": LAPS_A_RACE * ROUNDS_A_SEASON * (now.year + 1 - max(laps_from or now.year, laps.FIRST_SEASON)),
        }

    def keys(tables: Collection[str]) -> set[str]:
        return {key for q in questions if q.table in tables and not q.is_for_dump for key in q.keys}

    wanted = session_results.wanted_sessions(sorted(keys([RESULTS])), stored.calendar)
    new = stored.calendar.filter(
        EVENT_KEY.is_in(sorted(keys([RESULTS]) - stored.of(RESULTS))) & (pl.col("raceDate") <= now.date())
    )

    def rows_of(table: str, first_season: int) -> int:
        """Stored events without rows of the table, and those whose results come first."""
        coming = new.filter(pl.col("season") >= max(first_season, first)).select(event=EVENT_KEY)["event"]
        return len(keys([table]) | set(coming))

    return {
        "schedules": len(keys([CALENDAR])),
        "results": sum(
            result_listings.requests_of(sessions) for sessions in wanted.partition_by("session", include_key=True)
        ),
        "standings": 2 * len({*standings, *keys([DRIVERS, CONSTRUCTORS])}),
        "pit stops": rows_of(pit_stops.TABLE, pit_stops.FIRST_SEASON),
        "laps": LAPS_A_RACE * rows_of(laps.TABLE, max(laps_from or now.year, laps.FIRST_SEASON)),
    }
