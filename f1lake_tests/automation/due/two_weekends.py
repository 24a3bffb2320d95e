"""A lake of two race weekends, Melbourne and Shanghai 2026, and what was asked for it, for the tests of what is due."""

import datetime as dt
from dataclasses import replace

import polars as pl

from f1lake.automation.due.attempts import Attempt, Failing
from f1lake.automation.due.questions import Question
from f1lake.automation.due.stored import CALENDAR, CONSTRUCTORS, DRIVERS, OPTIONAL_OF_EVENTS, RESULTS, Stored

UTC = dt.UTC
TIMES = pl.Datetime("us", "UTC")
QUALIFYING_ENDED = dt.datetime(2026, 3, 7, 9, tzinfo=UTC)
RACE_ENDED = dt.datetime(2026, 3, 8, 8, tzinfo=UTC)
CHINA_ENDED = dt.datetime(2026, 3, 15, 11, tzinfo=UTC)
RACE, QUALIFYING = "2026-01 Race albert_park", "2026-01 Qualifying albert_park"
A_DAY, A_MINUTE = dt.timedelta(days=1), dt.timedelta(minutes=1)


def weekend(season: int, round_: int, circuit: str, race: dt.datetime | None, day: dt.date) -> dict[str, object]:
    """An event of the calendar: practice two days and qualifying one day before the race, where it has times."""
    return {
        "season": season, "round": round_, "raceName": circuit, "circuitId": circuit, "raceDate": day, "raceTime": race,
        "fp1Time": race and race - 2 * A_DAY, "qualifyingTime": race and race - A_DAY + dt.timedelta(hours=1),
        "qualifyingDate": race and day - A_DAY, "sprintTime": None, "sprintDate": None, "EventFormat": None,
    }  # fmt: skip


def calendar() -> pl.DataFrame:
    """Melbourne and Shanghai 2026, the races on two Sundays, and a race of 1950."""
    schema = {"raceTime": TIMES, "fp1Time": TIMES, "qualifyingTime": TIMES, "sprintTime": TIMES, "sprintDate": pl.Date}
    schema |= {"EventFormat": pl.String, "qualifyingDate": pl.Date}
    rows = [
        weekend(1950, 1, "silverstone", None, dt.date(1950, 5, 13)),
        weekend(2026, 1, "albert_park", RACE_ENDED - dt.timedelta(hours=4), dt.date(2026, 3, 8)),
        weekend(2026, 2, "shanghai", CHINA_ENDED - dt.timedelta(hours=4), dt.date(2026, 3, 15)),
    ]
    return pl.DataFrame(rows, schema_overrides=schema)


POINTS = {
    "season": pl.Int32, "round": pl.Int32, "session": pl.String, "driverId": pl.String, "constructorId": pl.String,
    "points": pl.Float64, "collected_at": TIMES,
}  # fmt: skip
OFFICIAL = {
    "season": pl.Int32, "round": pl.Int32, "driverId": pl.String, "points": pl.Float64, "collected_at": TIMES
}


def stored(*sessions: tuple[str, str], rows: dict[str, set[str]] | None = None, **changes: object) -> Stored:
    """A lake with the calendars of all seasons, the race of 1950 and these sessions; `rows` of optional tables."""
    events = {"1950-01", *(event for event, _ in sessions)}
    seasons = frozenset(str(season) for season in range(1950, 2027))
    whole = [("1950-01", name) for name in ("Race", "Sprint", "Qualifying")]
    lake = Stored(
        calendar=calendar(),
        keys={
            CALENDAR: seasons, RESULTS: frozenset(events), DRIVERS: frozenset(key[:4] for key in events),
            CONSTRUCTORS: frozenset(key[:4] for key in events),
            **{table: frozenset(keys) for table, keys in (rows or dict.fromkeys(OPTIONAL_OF_EVENTS, events)).items()},
        },
        empty={},
        sessions=pl.DataFrame([*whole, *sessions], schema=["event", "session"], orient="row"),
        points=pl.DataFrame(schema=POINTS),
        drivers=pl.DataFrame(schema=OFFICIAL),
        constructors=pl.DataFrame(schema=OFFICIAL),
        practices=pl.DataFrame(schema={"event": pl.String, "type": pl.String}),
    )  # fmt: skip
    return replace(lake, **changes)


def was(at: dt.datetime, number: int = 1, failing: Failing | None = None, is_open: bool = False) -> Attempt:
    return Attempt(at=at, number=number, claim="a", by="a machine", is_open=is_open, failing=failing)


def failed(at: dt.datetime, again_at: dt.datetime, number: int = 1, times: int = 1, error: str = "X") -> Attempt:
    failing = Failing(since=at, times=times, error=error, is_temporary=True, why="503.", again_at=again_at)
    return was(at, number, failing)


def names(questions: list[Question], but: str = CALENDAR) -> list[str]:
    return [question.name for question in questions if question.table != but]


def scored(round_: int, *points: float, at: dt.datetime = RACE_ENDED) -> list[tuple[object, ...]]:
    return [(2026, round_, "Race", f"driver{i}", "team", value, at) for i, value in enumerate(points)]


def official(round_: int, *points: float, at: dt.datetime = RACE_ENDED) -> list[tuple[object, ...]]:
    return [(2026, round_, f"driver{i}", value, at) for i, value in enumerate(points)]


def raced(results: list[tuple[object, ...]], standings: list[tuple[object, ...]]) -> Stored:
    """Both races of 2026 raced and stored."""
    sessions = [(f"2026-{r:02d}", name) for r in (1, 2) for name in ("Qualifying", "Race")]
    rows = pl.DataFrame(results, schema=POINTS, orient="row")
    of_drivers = pl.DataFrame(standings, schema=OFFICIAL, orient="row")
    of_teams = of_drivers.with_columns(constructorId=pl.lit("team"))
    return stored(*sessions, points=rows, drivers=of_drivers, constructors=of_teams)
