"""Which race events are due for collection, from the stored calendar, the clock and what is stored.

One answer for the sensor and for `f1lake collect`. What does not belong here: asking Dagster
for runs (`sensors.py`, `cli.py`).

An event is asked for when a session has ended and its rows are not in the lake: at once, then
after 15 minutes, 30 minutes, an hour and so on, doubling, so that a race that is never
published costs next to nothing. In the week after the race one session a day is asked for again:
stewards correct results.
"""

import datetime as dt
import json
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from f1lake.raw import session_results
from f1lake.raw.event_schedule import session_ends
from f1lake.settings import settings
from f1lake.storage.raw_io import RawIOManager, stored_keys

FIRST_RETRY = dt.timedelta(minutes=15)
EVENT_KEY = pl.format("{}-{}", "season", pl.col("round").cast(pl.String).str.zfill(2))
CORRECTIONS = {1: "Race", 2: "Race", 3: "Sprint", 5: "Race", 7: "Qualifying"}
"""Which session is asked for again how many days after the race: one request a day."""
EMPTY_AGAIN_AFTER = dt.timedelta(days=6)
"""On this day after the race, on which no session is asked for, what the source had no rows of is asked for again."""
EVENT_TABLES = (
    "raw/session_results", "raw/pit_stops", "raw/laps", "raw/timing_drivers", "raw/weather",
    "raw/race_control_messages", "raw/lap_tyres",
)
EXPECTED_FOR = dt.timedelta(days=7)
"""How long rows that the source may never have (qualifying) are asked for."""


def sessions(calendar: pl.LazyFrame) -> pl.LazyFrame:
    """The sessions with results of every event: [season, round, session, ended_at, event, raceName, begins_at].

    `begins_at` is the start of the event's first session, midnight of its race day where the
    source has no times of day.
    """
    first = pl.min_horizontal("fp1Time", "qualifyingTime", "sprintTime", "raceTime")
    events = calendar.select(
        "season",
        "round",
        "raceName",
        event=EVENT_KEY,
        begins_at=first.fill_null(pl.col("raceDate").cast(pl.Datetime("us", "UTC"))),
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


def due_events(calendar: pl.LazyFrame, stored: pl.LazyFrame, now: dt.datetime, asked: dict[str, str]) -> pl.DataFrame:
    """The events to ask for now: [event, raceName, reason, sessions], oldest first.

    `reason` names the sessions that are not stored, or says `corrections`; `sessions` are those to ask for.

    `stored` is what `stored_sessions` gives; `asked` says when each event was last asked for (ISO
    instants). An event never asked for and not stored is due as soon as one of its sessions has ended.
    """
    ends = sessions(calendar).filter((pl.col("ended_at") <= now) & (pl.col("season") >= settings().from_season))
    last_asked = pl.LazyFrame(
        {"event": list(asked), "asked_at": [instant(v) for v in asked.values()]},
        schema={"event": pl.String, "asked_at": pl.Datetime("us", "UTC")},
    )
    waited = (pl.lit(now) - pl.col("ended_at")).dt.total_seconds()
    doublings = (waited / FIRST_RETRY.total_seconds()).log(2).floor().clip(lower_bound=0)
    last_retry = (
        pl.when(waited < FIRST_RETRY.total_seconds())
        .then(pl.col("ended_at"))
        .otherwise(pl.col("ended_at") + pl.duration(seconds=FIRST_RETRY.total_seconds() * (2.0**doublings)))
    )
    raced_at = pl.col("ended_at").filter(pl.col("session") == "Race").first().over("event")
    last_correction = pl.max_horizontal(
        pl.when((pl.col("session") == session) & (day <= now)).then(day)
        for session, day in (
            (session, raced_at.dt.truncate("1d") + dt.timedelta(days=days)) for days, session in CORRECTIONS.items()
        )
    )
    may_be_corrected = raced_at + EXPECTED_FOR + dt.timedelta(days=1) > now
    has_race = (pl.col("stored") & (pl.col("session") == "Race")).any().over("event")
    may_be_missing = (pl.col("session") == "Qualifying") & (pl.col("ended_at") + EXPECTED_FOR < now) & has_race
    return (
        ends.join(stored, on=["event", "session"], how="left")
        .join(last_asked, on="event", how="left")
        .with_columns(
            due_at=pl.when(pl.col("stored").is_null() & ~may_be_missing)
            .then(last_retry)
            .when(pl.col("stored") & may_be_corrected)
            .then(last_correction),
            reason=pl.when(pl.col("stored").is_null()).then(pl.col("session")).otherwise(pl.lit("corrections")),
        )
        .filter(
            pl.col("due_at").is_not_null() & ((pl.col("asked_at") < pl.col("due_at")) | pl.col("asked_at").is_null())
        )
        .sort("season", "round", "ended_at")
        .group_by("event", "raceName", maintain_order=True)
        .agg(
            pl.col("reason").unique(maintain_order=True).str.join(", "),
            sessions=pl.col("session").str.join(","),
        )
        .collect()
    )


def is_calendar_due(calendar: pl.LazyFrame, now: dt.datetime, asked: dict[str, str]) -> bool:
    """Whether to ask for the present season's calendar: each day on which nothing else was asked for before.

    Days of qualifyings, sprints and races that begin with another question have it each second day; anyhow once a week.
    """
    last = asked.get("calendar")
    if last is None:
        return True
    days = (now.date() - instant(last).date()).days
    if days >= 1 and all(instant(at).date() < now.date() for at in asked.values()):
        return True
    today = sessions(calendar).filter(pl.col("ended_at").dt.date() == now.date()).collect()
    return days >= 7 or (days >= 2 and not today.is_empty())


def forget_misfiled(calendar: pl.LazyFrame, now: dt.datetime) -> list[str]:
    """Remove what the lake has of this and the last season under a round that is another event's now; its events.

    A race that is cancelled, moved or restored renumbers those after it. Removed files are due like
    any that were never collected.
    """
    registered = calendar.select(circuitId="circuitId", raceDate="raceDate", event=EVENT_KEY)
    manager, forgotten = RawIOManager(), set[str]()
    for table in EVENT_TABLES:
        seasons = sorted({int(key[:4]) for key in stored_keys(table, [now.year - 1, now.year])})
        if not seasons:
            continue
        filed = manager.read(table, seasons).select("circuitId", "raceDate", event=EVENT_KEY).unique()
        misfiled = set(filed.join(registered, on=["event", "circuitId", "raceDate"], how="anti").collect()["event"])
        for key in misfiled:
            manager.remove(table, key)
        forgotten |= misfiled
    if forgotten:
        asked = {name: at for name, at in read_asked().items() if name.rpartition(" ")[2] not in forgotten}
        _write_asked(asked)
    return sorted(forgotten)


def forget_asked(first: str, last: str) -> None:
    """Ask for the events from one to another anew, as if they had not been asked for."""
    _write_asked({name: at for name, at in read_asked().items() if not first <= name.rpartition(" ")[2] <= last})


def due_event_rows(
    table: str, first_season: int, calendar: pl.LazyFrame, now: dt.datetime, asked: dict[str, str]
) -> list[str]:
    """The events whose pit stops or laps (`raw/pit_stops`, `raw/laps`) to ask for now, newest first.

    Those whose race results are in the lake and that were never stored; and once more, `EMPTY_AGAIN_AFTER` the race,
    those of which the source had none.
    """
    races = (
        sessions(calendar)
        .filter(
            (pl.col("session") == "Race")
            & (pl.col("season") >= max(first_season, settings().from_season))
            & (pl.col("ended_at") <= now)
        )
        .select("event", "season", "ended_at")
        .collect()
    )
    seasons = sorted(set(races["season"]))
    stored = set(stored_keys(table, seasons))
    recent = races.filter(pl.col("ended_at") + EXPECTED_FOR > now)
    again_on = {key: ended_at.date() + EMPTY_AGAIN_AFTER for key, ended_at in recent.select("event", "ended_at").rows()}
    found = {key: RawIOManager().read_one(table, key) for key in again_on if key in stored}
    empty = {key for key, rows in found.items() if rows is not None and rows.is_empty()}
    wanted = set(stored_keys("raw/session_results", seasons)) & set(races["event"]) - (stored - empty)

    def is_due(key: str) -> bool:
        last = asked.get(asked_name(table, key))
        if key in empty:
            return again_on[key] <= now.date() and (last is None or instant(last).date() < again_on[key])
        return last is None or instant(last) <= now - dt.timedelta(hours=1)

    return sorted(filter(is_due, wanted), reverse=True)


def asked_name(table: str, event: str) -> str:
    """Under which name `note_asked` remembers that an event's rows of a table were asked for."""
    return f"{table} {event}"


def stored_sessions(now: dt.datetime) -> pl.LazyFrame:
    """The sessions that are in the lake: [event, session, stored].

    A file of a season long past is taken as whole; those of this season and the last are read.
    """
    keys = stored_keys("raw/session_results")
    whole = [key for key in keys if int(key[:4]) < now.year - 1]
    old = pl.LazyFrame({"event": whole}, schema={"event": pl.String}).join(
        pl.LazyFrame({"session": ["Race", "Sprint", "Qualifying"]}), how="cross"
    )
    recent = session_results.stored_sessions([now.year - 1, now.year]).lazy()
    read = recent.select(event=EVENT_KEY, session=pl.col("session").cast(pl.String))
    return pl.concat([old, read]).with_columns(stored=pl.lit(True))


def waiting_for(calendar: pl.LazyFrame, stored: pl.LazyFrame, now: dt.datetime) -> str:
    """In words, what is waited for: a session that has ended and is not published, else the next one to end."""
    is_late = (pl.col("ended_at") <= now) & (pl.col("ended_at") + EXPECTED_FOR > now)
    late = sessions(calendar).filter(is_late).join(stored, on=["event", "session"], how="anti").sort("ended_at")
    first = late.first().collect()
    if not first.is_empty():
        row = first.row(0, named=True)
        session = f"{row['session']} of {row['raceName']} ({row['event']})"
        return f"waiting for {session} to be published: ended by {row['ended_at']:%Y-%m-%d %H:%M} UTC"
    coming = sessions(calendar).filter(pl.col("ended_at") > now).sort("ended_at").first().collect()
    if coming.is_empty():
        return "waiting for the calendar of the next season"
    row = coming.row(0, named=True)
    session = f"{row['session']} of {row['raceName']} ({row['event']})"
    return f"waiting for {session}, asked for from {row['ended_at']:%Y-%m-%d %H:%M} UTC"


def instant(text: str) -> dt.datetime:
    """An instant as `read_asked` gives it."""
    return dt.datetime.fromisoformat(text)


def read_asked() -> dict[str, str]:
    """When each recent event was last asked for: ISO instants by event key."""
    path = _asked_path()
    return json.loads(path.read_text()) if path.is_file() else {}


def note_asked(events: Sequence[str], now: dt.datetime) -> None:
    """Remember that events are asked for now."""
    _write_asked(read_asked() | dict.fromkeys(events, now.isoformat()))


def _write_asked(asked: dict[str, str]) -> None:
    path = _asked_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(asked, indent=0, sort_keys=True))
    partial.replace(path)


def _asked_path() -> Path:
    return settings().home / "asked.json"
