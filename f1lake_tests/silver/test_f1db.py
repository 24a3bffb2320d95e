"""silver's tables of F1DB: whose rows they are, in which of our rounds, and what they say."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

from f1lake.bronze.f1db_race_data import f1db_race_data
from f1lake.raw.event_schedule import EventSchedule
from f1lake.raw.f1db import MAIN
from f1lake.raw.f1db_drivers import F1dbDrivers as Theirs
from f1lake.raw.f1db_race_data import RaceData
from f1lake.raw.f1db_races import F1dbRaces
from f1lake.raw.f1db_session_files import F1dbSessionFiles
from f1lake.silver.circuit_layouts import circuit_layouts
from f1lake.silver.constructors import constructors
from f1lake.silver.drivers import Drivers
from f1lake.silver.events import Events
from f1lake.silver.f1db_drivers import F1dbDrivers, f1db_drivers
from f1lake.silver.grid_penalties import grid_penalties
from f1lake.silver.practice_results import practice_results
from f1lake.silver.retirements import retirements
from f1lake.silver.time_penalties import time_penalties
from f1lake_tests.silver.small import car, frame, results

Made = Callable[..., pl.DataFrame]
RELEASE = {"source": "F1DB v2026.9.1"}
DAYS = {1: dt.date(2026, 3, 8), 2: dt.date(2026, 3, 15), 3: dt.date(2026, 3, 22)}
EVENTS = frame(Events, [
    {"season": 2026, "round": n, "event_name": f"E{n}", "event_date": day, "is_sprint_weekend": False,
     "rounds_remaining": 0, "circuit_id": f"c{n}", "circuit_name": "C"}
    for n, day in DAYS.items()
])  # fmt: skip


def races(*rounds: tuple[int, dt.date]) -> pl.DataFrame:
    """F1DB's calendar."""
    return frame(F1dbRaces, [
        RELEASE | {
            "season": 2026, "round": n, "date": day, "grandPrixId": f"g{n}", "circuitId": f"c{n}",
            "circuitLayoutId": f"c{n}-1", "courseLength": 5.5, "turns": 16,
        }
        for n, day in rounds
    ])  # fmt: skip


def row(type_: str, driver: str, place: int = 1, round_: int = 1, **more: Any) -> dict[str, Any]:
    return RELEASE | {
        "season": 2026, "round": round_, "type": type_, "driverId": driver, "driverNumber": str(place),
        "positionDisplayOrder": place, "positionNumber": place, "positionText": str(place),
    } | more  # fmt: skip


def ids(*pairs: tuple[str, str | None]) -> pl.DataFrame:
    return frame(F1dbDrivers, [
        {"season": 2026, "f1db_driver_id": theirs, "driver_id": ours} for theirs, ours in pairs
    ])  # fmt: skip


IDS = ids(("max-verstappen", "max_verstappen"), ("lando-norris", "norris"), ("a-test-driver", None))
SAME = races(*DAYS.items())


def test_drivers_are_known_by_name_by_birthday_or_by_the_list_never_by_birthday_alone(made: Made) -> None:
    born = dt.date(1990, 1, 1)
    ours = frame(Drivers, [
        {"season": 2026, "driver_id": who, "given_name": given, "family_name": family, "date_of_birth": born}
        for who, given, family in (
            ("perez", "Sergio", "Pérez"), ("zanardi", "Alessandro", "Zanardi"), ("sainz", "Carlos", "Sainz"),
        )
    ])  # fmt: skip
    theirs = frame(Theirs, [
        RELEASE | {"season": 2026, "driverId": who, "name": "N", "firstName": given, "lastName": family,
                   "dateOfBirth": born}
        for who, given, family in (
            ("sergio-perez", "Sergio", "Perez"), ("alex-zanardi", "Alex", "Zanardi"),
            ("carlos-sainz-jr", "Carlos", "Sainz Jr."), ("somebody-else", "Somebody", "Else"),
        )
    ])  # fmt: skip
    rows = frame(RaceData, [row("race-results", "sergio-perez"), row("free-practice-1-results", "se-rgio-perez", 2)])
    found = made(f1db_drivers, theirs, rows, ours).select("f1db_driver_id", "driver_id", "rule").rows()
    assert sorted(found) == [
        ("alex-zanardi", "zanardi", "birthday"), ("carlos-sainz-jr", "sainz", "list"),
        ("se-rgio-perez", "perez", "name"), ("sergio-perez", "perez", "name"), ("somebody-else", None, None),
    ]  # fmt: skip


def test_practice_has_the_gap_to_the_best_and_those_who_never_raced(made: Made) -> None:
    practice = [
        row("free-practice-1-results", "max-verstappen", timeMillis=80_000, laps=20),
        row("free-practice-1-results", "a-test-driver", 2, timeMillis=80_500, laps=30),
        row("free-practice-1-results", "lando-norris", 3, laps=1, positionNumber=None),
    ]
    found = made(practice_results, frame(RaceData, practice), SAME, EVENTS, IDS)
    assert found.select("session", "driver_id", "best_ms", "gap_ms", "laps").rows() == [
        ("Practice 1", "max_verstappen", 80_000, 0, 20), ("Practice 1", None, 80_500, 500, 30),
        ("Practice 1", "norris", None, None, 1),
    ]  # fmt: skip


def test_a_race_is_known_by_its_day_when_the_calendar_has_changed_since_the_release(made: Made) -> None:
    """The second race was cancelled: F1DB's third is the lake's second, and the cancelled one is none of the lake's."""
    ours = EVENTS.filter(pl.col("round") != 2).with_columns(round=pl.col("round").replace(3, 2))
    rows = frame(RaceData, [row("free-practice-1-results", "max-verstappen", round_=n) for n in DAYS])
    assert made(practice_results, rows, SAME, ours, IDS)["round"].to_list() == [1, 2]
    early = rows.with_columns(source=pl.lit(MAIN)).filter(round=2)
    assert made(practice_results, early, SAME, ours, IDS)["round"].to_list() == [2]


def test_a_day_that_only_f1db_has_is_the_race_of_that_number(made: Made) -> None:
    planned = races((1, DAYS[1]), (2, DAYS[2]), (3, DAYS[3] + dt.timedelta(days=7)))
    found = made(circuit_layouts, planned, EVENTS)
    assert found.select("round", "layout_id", "turns").rows() == [(1, "c1-1", 16), (2, "c2-1", 16), (3, "c3-1", 16)]


def test_penalties_and_reasons(made: Made) -> None:
    rows = frame(RaceData, [
        row("starting-grid-positions", "max-verstappen", gridPenalty="5", gridPenaltyPositions=5),
        row("starting-grid-positions", "lando-norris", 2, gridPenalty="SFB"),
        row("sprint-race-results", "lando-norris", timePenaltyMillis=10_000),
        row("race-results", "max-verstappen", timePenaltyMillis=0, reasonRetired="Collision damage"),
        row("race-results", "lando-norris", 2, reasonRetired="Illegal skid block wear"),
        row("sprint-race-results", "max-verstappen", 2, reasonRetired="Gearbox"),
        row("race-results", "a-test-driver", 3, reasonRetired="Gearbox"),
    ])  # fmt: skip
    inputs = rows, SAME, EVENTS, IDS
    assert made(grid_penalties, *inputs).drop("season", "round").sort("driver_id").rows() == [
        ("Race", "max_verstappen", 5, False), ("Race", "norris", None, True)
    ]
    assert made(time_penalties, *inputs).drop("season", "round").rows() == [("Sprint", "norris", 10_000)]
    assert made(retirements, *inputs).drop("season", "round").sort("session", "driver_id").rows() == [
        ("Race", "max_verstappen", "Collision damage", "incident"),
        ("Race", "norris", "Illegal skid block wear", "rules"),
        ("Sprint", "max_verstappen", "Gearbox", "car"),
    ]


def test_engines_and_tyres_go_by_who_drove_the_car(made: Made) -> None:
    rows = frame(RaceData, [
        row("race-results", "max-verstappen", constructorId="x", engineManufacturerId="honda",
            tyreManufacturerId="pirelli"),
    ])  # fmt: skip
    ours = results(2026, 1, car("max_verstappen", 1, constructorId="red_bull"), car("norris", 2))
    found = made(constructors, ours, rows, SAME, EVENTS, IDS).select("constructor_id", "engines", "tyres").rows()
    assert found == [("ferrari", None, None), ("red_bull", ["honda"], ["pirelli"])]


@pytest.mark.parametrize("released", [False, True])
def test_a_session_file_counts_until_a_release_has_the_session(made: Made, released: bool) -> None:
    event = {"season": 2026, "round": 1, "raceDate": DAYS[1], "circuitId": "c1", "raceName": "E1", "source": MAIN}
    told = {"type": "free-practice-1-results", "driverId": "max-verstappen", "position": "1"}
    files = frame(F1dbSessionFiles, [
        event | told | {"order": 1, "time": "1:29.473", "gap": None},
        event | told | {"order": 2, "driverId": "lando-norris", "position": "2", "time": "1:02:03.5", "gap": "+0.213"},
    ])  # fmt: skip
    release = [row("free-practice-1-results", "lando-norris", timeMillis=80_000)] if released else []
    schedule = frame(EventSchedule, [event | {"circuitName": "C"}])
    found = made(f1db_race_data, frame(RaceData, release), files, schedule)
    assert found.select("driverId", "timeMillis", "gapMillis").rows() == (
        [("lando-norris", 80_000, None)] if released
        else [("max-verstappen", 89_473, None), ("lando-norris", 3_723_500, 213)]
    )
