"""Small frames for tests: a handful of rows of one race, and an invented history of a few seasons."""

import datetime as dt
import random
from typing import Any

import dataframely as dy
import polars as pl

from f1lake.bronze.events import Events
from f1lake.bronze.session_results import SessionResults
from f1lake.silver.calendars import SPRINT_DAY, Calendars
from f1lake.silver.session_results import SessionResults as SilverResults

COLLECTED = {"collected_at": dt.datetime(2026, 1, 1, tzinfo=dt.UTC), "source": "test"}


def frame(schema: type[dy.Schema], rows: list[dict[str, Any]]) -> pl.DataFrame:
    """Rows in the shape of a contract, columns not given null; what bronze adds is filled in."""
    columns = schema.create_empty().schema
    return pl.DataFrame(
        [{k: v for k, v in (COLLECTED | row).items() if k in columns} for row in rows], schema=columns
    )


def car(driver: str, position: int, text: str | None = None, **more: Any) -> dict[str, Any]:
    """One row of a result; classified unless `text` says why not."""
    return {
        "driverId": driver,
        "position": position,
        "positionText": text or str(position),
        "grid": position,
        "points": 0.0,
        "status": "Finished",
        "number": None,
        "constructorId": "ferrari",
        "constructorName": "Ferrari",
        "givenName": driver.title(),
        "familyName": driver.title(),
    } | more


def results(season: int, round_: int, *cars: dict[str, Any], session: str = "Race") -> pl.DataFrame:
    """bronze/session_results of one session; the races are a week apart from 1 March on."""
    day = race_day(season, round_)
    of_event = {
        "season": season,
        "round": round_,
        "session": session,
        "raceName": "Grand Prix",
        "raceDate": day,
    }
    if session == "Qualifying":
        of_event |= {"positionText": None, "points": None, "grid": None, "status": None}
    return frame(SessionResults, [{"circuitId": "monza"} | row | of_event for row in cars])


def calendar(season: int, rounds: int, sprints: tuple[int, ...] = ()) -> pl.DataFrame:
    """bronze/events of one season, sprints on the day before the race."""
    return frame(
        Events,
        [
            {
                "season": season,
                "round": n,
                "event_date": race_day(season, n),
                "raceName": "Grand Prix",
                "circuitId": "monza",
                "circuitName": "Monza",
                "qualifyingDate": race_day(season, n) - dt.timedelta(days=2),
                "sprintDate": race_day(season, n) - dt.timedelta(days=1) if n in sprints else None,
            }
            for n in range(1, rounds + 1)
        ],
    )


def calendars(schedule: pl.DataFrame) -> pl.DataFrame:
    """silver/calendars of a lake that has held one calendar of each season, that of bronze/events or silver/events."""
    if "raceName" in schedule.columns:
        schedule = schedule.with_columns(event_name="raceName", sprint_date=SPRINT_DAY)
    return Calendars.cast(
        schedule.with_columns(collected_on=dt.date(2026, 1, 1), bronze_version=pl.lit(0))
    )


def race_day(season: int, round_: int) -> dt.date:
    """The day of an invented race."""
    return dt.date(season, 3, 1) + dt.timedelta(weeks=round_ - 1)


def invented_results(seed: int, seasons: int = 5, rounds: int = 9, drivers: int = 9) -> pl.DataFrame:
    """silver/session_results of invented seasons: sprints, drivers who come and go, all classes."""
    dice = random.Random(seed)
    rows = []
    for season in range(2000, 2000 + seasons):
        enrolled = dice.sample(range(drivers), k=drivers - 3)
        for round_ in range(1, rounds + 1):
            for session in ["Sprint", "Race"] if round_ % 3 == 0 else ["Race"]:
                day = race_day(season, round_) - dt.timedelta(days=session == "Sprint")
                entered = dice.sample(enrolled, k=len(enrolled) - dice.randrange(3))
                rows += [
                    _invented(dice, season, round_, session, day, f"driver_{driver}", position)
                    for position, driver in enumerate(entered, 1)
                ]
    return frame(SilverResults, rows)


def _invented(
    dice: random.Random, season: int, round_: int, session: str, day: dt.date, driver: str, position: int
) -> dict[str, Any]:
    status = dice.choices(
        ["classified", "retired", "disqualified", "withdrawn", "failed_to_qualify"], weights=[12, 4, 1, 1, 1]
    )[0]
    return {
        "season": season,
        "round": round_,
        "session": session,
        "session_date": day,
        "driver_id": driver,
        "constructor_id": "ferrari",
        "number": None,
        "position": position,
        "status_class": status,
        "is_start": status not in ("withdrawn", "failed_to_qualify"),
        "is_shared_drive": False,
        "grid": dice.choice([None, *range(1, 10)]),
        "points": dice.choice([0.0, 0.0, 1.0, 4.5, 8.14, 25.0]),
        "status": "…",
    }
