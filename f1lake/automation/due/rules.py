"""What to request from the source now, given the calendar, what is stored, earlier requests, and the clock.

One set of rules for the sensor and for `f1lake collect`, as functions of these four alone. What does not belong here:
reading them (`stored.py`, `attempts.py`), corrections (`corrections.py`), and the runs that ask (`planner.py`).

A session is asked for when it has ended and its rows are not in the lake: at once, then after 15 minutes, 30 minutes,
an hour and so on, doubling, so that a race that is never published costs next to nothing. In the week after the race
one session a day is asked for again, and later where the official standings or a new dump say something else: stewards
correct results. Results and standings come first, optional tables (stops, laps, live timing) when nothing else is due.
"""

import datetime as dt
from collections.abc import Collection, Iterator

import polars as pl

from f1lake.automation.due.attempts import Attempt, Attempts
from f1lake.automation.due.corrections import contradicted, last_correction, newest, weekly_look
from f1lake.automation.due.questions import A_DAY, OUTCOME_WITHIN, Question, is_due, last_retry, midnight, of_session
from f1lake.automation.due.stored import (
    CALENDAR,
    CONSTRUCTORS,
    DRIVERS,
    LATE_FOR,
    LIVE_TIMING,
    OPTIONAL_OF_EVENTS,
    RESULTS,
    Stored,
)
from f1lake.automation.due.suspects import differences
from f1lake.partitions import EVENT_KEY
from f1lake.raw import laps, pit_stops
from f1lake.raw.event_schedule import session_ends
from f1lake.settings import settings
from f1lake.upstream import live_timing
from f1lake.upstream.pages import FIRST_FORMATS

EXPECTED_FOR = dt.timedelta(days=7)
"""How long rows that the source may never have (qualifying) are requested."""
EMPTY_AGAIN = (1, 2, 3, 4, 6, 8, 11, 15, 20, 28)
"""Days after the race on which an optional table is requested again if the source had no rows so far."""


def due(
    stored: Stored, attempts: Attempts, now: dt.datetime, laps_from: int | None = None,
    differing: Collection[str] = (), dumped: Collection[str] = (),
) -> list[Question]:
    """The questions that are due now.

    `laps_from`: the first season whose laps are wanted, by default the present one, because laps cost most requests.
    `differing`: the events and seasons in which the newest dump differs from the lake.
    `dumped`: the events in the kept dump, if there is one: their laps and stops cost no request.
    """
    calendar = Question(CALENDAR, str(now.year), (str(now.year),), "moved, cancelled and added races")
    history = [str(season) for season in missing_calendars(stored, now) if season < now.year]
    past = [Question(CALENDAR, "history", tuple(history), "the calendars of past seasons")] if history else []
    if unknown := [question for question in past if is_due(question, attempts, now - A_DAY, now)]:
        return [*unknown, calendar]
    if stored.calendar.is_empty():
        return [calendar] if is_due(calendar, attempts, now - A_DAY, now) else []
    late = list(_standings(stored, attempts, now))
    needed = [*_results(stored, attempts, now), *contradicted(stored, attempts, now, differing, not late), *late]
    tables = optional_tables()
    optional = [question for table in tables for question in _rows(stored, attempts, now, table, laps_from, dumped)]
    is_idle = not needed and not optional and all(was.at.date() < now.date() for was in attempts.values())
    weekly = [*weekly_look(stored, attempts, now, is_idle), *_formats(stored, attempts, now)]
    if is_calendar_wanted(stored.calendar, attempts, now, is_idle and not weekly):
        calendars = [calendar] if is_due(calendar, attempts, now, now) else []
        return [*calendars, *needed, *weekly, *optional]
    return [*needed, *weekly, *optional]


def first(questions: list[Question]) -> list[Question]:
    """The due questions to ask together now: the calendar, else results, else standings, else the rest.

    The newest season of an optional table comes first.
    """
    for tables in ((CALENDAR,), (RESULTS,), (DRIVERS, CONSTRUCTORS)):
        if chosen := [question for question in questions if question.table in tables]:
            return chosen
    newest: dict[str, str] = {}
    for question in questions:
        newest[question.table] = max(newest.get(question.table, ""), question.season)
    return [question for question in questions if question.is_free or question.season == newest[question.table]]


def optional_tables() -> list[str]:
    """The optional tables that can be collected: live timing wants an account."""
    return [table for table in OPTIONAL_OF_EVENTS if table not in LIVE_TIMING or live_timing.is_available()]


def missing_calendars(stored: Stored, now: dt.datetime) -> list[int]:
    """The seasons up to the present one whose schedule is not in the lake."""
    there = stored.of(CALENDAR)
    return [season for season in range(settings().first_season, now.year + 1) if str(season) not in there]


def _formats(stored: Stored, attempts: Attempts, now: dt.datetime) -> Iterator[Question]:
    """The past seasons whose calendar has none of FastF1's formats, as these could not be had: once a week."""
    of_seasons = stored.calendar.filter(pl.col("season").is_between(FIRST_FORMATS, now.year - 1)).group_by("season")
    without = of_seasons.agg(pl.col("EventFormat").is_null().all()).filter("EventFormat")["season"].sort()
    question = Question(CALENDAR, "formats", tuple(map(str, without)), "the formats of past seasons")
    if question.keys and is_due(question, attempts, now - 7 * A_DAY, now):
        yield question


def sessions(calendar: pl.LazyFrame) -> pl.LazyFrame:
    """The sessions with results of every event, with [ended_at, event, raceName, circuitId, begins_at].

    `begins_at` is the start of the event's first session, midnight of its race day where the
    source has no times of day.
    """
    start = pl.min_horizontal("fp1Time", "qualifyingTime", "sprintTime", "raceTime")
    events = calendar.select(
        "season",
        "round",
        "raceName",
        "circuitId",
        event=EVENT_KEY,
        begins_at=start.fill_null(pl.col("raceDate").cast(pl.Datetime("us", "UTC"))),
    )
    return session_ends(calendar).join(events, on=["season", "round"])


def begun_events(calendar: pl.LazyFrame, now: dt.datetime) -> list[str]:
    """The keys of all events whose first session has begun, oldest first: the order to register them in."""
    return (
        sessions(calendar)
        .filter(pl.col("begins_at") <= now)
        .select("season", "round", "event")
        .unique()
        .sort("season", "round")
        .collect()["event"]
        .to_list()
    )


def is_calendar_wanted(calendar: pl.DataFrame, attempts: Attempts, now: dt.datetime, is_idle: bool) -> bool:
    """Whether to request the present season's calendar: on each day without other requests, and at least once a week.

    On a day with other requests on which a qualifying, sprint or race ends, it is requested if two days have passed. It
    is requested at once if a round has become another event, and first after two days without any request.
    """
    last = attempts.get(f"{CALENDAR} {now.year}")
    if last is None or last.failing or any(_tells_of_new_calendar(was, last) for was in attempts.values()):
        return True
    days = (now.date() - last.at.date()).days
    if days >= 7 or (days >= 1 and is_idle):
        return True
    was_away = max(was.at for was in attempts.values()) < now - 2 * A_DAY
    today = sessions(calendar.lazy()).filter(pl.col("ended_at").dt.date() == now.date()).collect()
    return was_away or (days >= 2 and not today.is_empty())


def _results(stored: Stored, attempts: Attempts, now: dt.datetime) -> Iterator[Question]:
    """Sessions that have ended and are not stored, and one stored session a day after a race; of old seasons, all."""
    ends = (
        sessions(stored.calendar.lazy())
        .filter((pl.col("ended_at") <= now) & (pl.col("season") >= settings().from_season))
        .collect()
    )
    known = stored.sessions.with_columns(is_stored=True)
    raced_at = pl.when(pl.col("session") == "Race").then("ended_at").max().over("event")
    has_race = (pl.col("is_stored") & (pl.col("session") == "Race")).any().over("event")
    every = ends.join(known, on=["event", "session"], how="left").with_columns(pl.col("is_stored").fill_null(False))
    is_qualifying, was_expected = pl.col("session") == "Qualifying", pl.col("ended_at") + EXPECTED_FOR < now
    may_be_missing = is_qualifying & was_expected & pl.col("has_race")
    may_be_corrected = pl.col("raced_at") + EXPECTED_FOR + A_DAY > now
    wanted = (
        every.with_columns(raced_at=raced_at, has_race=has_race)
        .filter(pl.when("is_stored").then(may_be_corrected).otherwise(~may_be_missing))
        .sort("season", "round", "ended_at")
        .select("season", "event", "session", "circuitId", "is_stored", "ended_at", "raced_at")
    )
    for (season,), rows in wanted.partition_by("season", as_dict=True, maintain_order=True).items():
        if season < now.year - 1:
            events = tuple(rows["event"].unique(maintain_order=True))
            question = Question(RESULTS, str(season), events, "history")
            if is_due(question, attempts, last_retry(newest(rows, "ended_at"), now), now):
                yield question
            continue
        for row in rows.iter_rows(named=True):
            reason = "corrections" if row["is_stored"] else "not in the lake"
            question = of_session(row["event"], row["session"], row["circuitId"], reason)
            due_at = (
                last_correction(row["session"], row["raced_at"], now)
                if row["is_stored"]
                else last_retry(row["ended_at"], now)
            )
            if due_at and is_due(question, attempts, due_at, now):
                yield question


def _standings(stored: Stored, attempts: Attempts, now: dt.datetime) -> Iterator[Question]:
    """Official standings that a season lacks, that are older than its last race, or that corrected results call for.

    Once rounds have been renumbered, they may also be of a later round than the last race.
    """
    of_table = {DRIVERS: stored.drivers, CONSTRUCTORS: stored.constructors}
    raced = {int(event[:4]) for event, session in stored.sessions.iter_rows() if session == "Race"}
    for table in of_table:
        for season in sorted(raced - {int(key) for key in stored.of(table)}):
            question = Question(table, str(season), (str(season),), "not in the lake")
            if is_due(question, attempts, now - OUTCOME_WITHIN, now):
                yield question
    scored = stored.points.filter(pl.col("session") != "Qualifying")
    for (season,), results in scored.partition_by("season", as_dict=True, maintain_order=True).items():
        races = results.filter(session="Race")
        changed_at = newest(results, "collected_at")
        for table, rows in of_table.items():
            official = rows.filter(season=season)
            question = Question(table, str(season), (str(season),), "results have changed")
            last = attempts.get(question.name)
            if newest(races, "round") != newest(official, "round"):
                if is_due(question, attempts, last_retry(changed_at, now), now):
                    yield question
                continue
            if official.is_empty() or (table == DRIVERS and not differences(results, official)):
                continue
            followed_at = last.at if last else newest(official, "collected_at")
            if changed_at > followed_at and is_due(question, attempts, changed_at, now):
                yield question


def _rows(
    stored: Stored, attempts: Attempts, now: dt.datetime, table: str, laps_from: int | None, dumped: Collection[str]
) -> Iterator[Question]:
    """Events whose results are in the lake and whose rows of an optional table are not, newest first.

    What the source has none of is asked for again, more and more rarely, for four weeks after the race.
    """
    of_source = {pit_stops.TABLE: pit_stops.FIRST_SEASON, laps.TABLE: laps.FIRST_SEASON}.get(table, now.year)
    is_costly = table == laps.TABLE and settings().recording is None
    first = max(laps_from or now.year, of_source) if is_costly else of_source
    races = (
        sessions(stored.calendar.lazy())
        .filter(pl.col("session") == "Race", pl.col("season") >= max(of_source, settings().from_season))
        .filter((pl.col("season") >= first) | pl.col("event").is_in(list(dumped)))
        .join(stored.sessions.lazy(), on=["event", "session"], how="semi")
        .select("event", "circuitId", "ended_at")
        .sort("ended_at", descending=True)
        .collect()
    )
    there, empty = stored.of(table), stored.empty.get(table, frozenset())
    for event, circuit, ended_at in races.iter_rows():
        if event in there and event not in empty:
            continue
        question = Question(table, f"{event} {circuit}", (event,), "not in the lake")
        days = [day for n in EMPTY_AGAIN if (day := midnight(ended_at) + n * A_DAY) <= now]
        is_over = event in empty and (not days or now > ended_at + LATE_FOR + A_DAY)
        if not is_over and is_due(question, attempts, days[-1] if days else ended_at, now):
            yield question


def _tells_of_new_calendar(was: Attempt, calendar: Attempt) -> bool:
    """Whether an answer does not fit the calendar that was asked for before."""
    return was.failing is not None and was.failing.is_calendars and was.number > calendar.number
