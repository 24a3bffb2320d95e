"""gold/source_differences: what counts as a difference, and who decides it."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import polars as pl

from f1lake.gold.source_differences import LOOKED_AT, source_differences
from f1lake.raw.f1db_race_data import RaceData
from f1lake.raw.f1db_races import F1dbRaces
from f1lake.silver.events import Events
from f1lake.silver.f1db_drivers import F1dbDrivers
from f1lake.silver.session_results import SessionResults
from f1lake_tests.silver.small import frame

Made = Callable[..., pl.DataFrame]
SEASON, ROUND = LOOKED_AT


def differences(
    made: Made, ours: list[dict[str, Any]], theirs: list[dict[str, Any]], season: int = SEASON, round_: int = ROUND
) -> list[tuple[Any, ...]]:
    """What the table holds of one race: who, what, both values, and which is taken."""
    event, day = {"season": season, "round": round_}, dt.date(season, 7, 5)
    of_ours = {
        "session": "Race", "session_date": day, "constructor_id": "x", "is_start": True, "is_shared_drive": False,
        "is_pole": False, "status_class": "classified", "points": 0.0,
    }  # fmt: skip
    drivers = {row["driver_id"] for row in ours} | {row["driverId"] for row in theirs}
    found = made(
        source_differences,
        frame(SessionResults, [of_ours | event | row for row in ours]),
        frame(RaceData, [
            event | {"type": "race-results", "source": "F1DB", "driverNumber": str(n), "positionDisplayOrder": n} | row
            for n, row in enumerate(theirs, 1)
        ]),
        frame(F1dbRaces, [event | {"date": day, "grandPrixId": "g", "circuitId": "c"}]),
        frame(Events, [event | {"event_name": "E", "event_date": day, "is_sprint_weekend": False,
                                "rounds_remaining": 0, "circuit_id": "c", "circuit_name": "C"}]),
        frame(F1dbDrivers, [{"season": season, "f1db_driver_id": who, "driver_id": who} for who in drivers]),
    )  # fmt: skip
    return found.select("driver_id", "what", "silver", "f1db", "taken").rows()


def test_what_both_say_is_no_difference_nor_is_a_start_from_the_pit_lane(made: Made) -> None:
    ours = [
        {"driver_id": "ann", "position": 1, "grid": 2, "points": 25.0, "is_pole": False},
        {"driver_id": "bea", "position": 2, "grid": None, "points": 18.0},
    ]
    theirs = [
        {"driverId": "ann", "positionText": "1", "positionNumber": 1, "points": 25.0, "gridPositionNumber": 2},
        {"driverId": "bea", "positionText": "2", "positionNumber": 2, "points": 18.0, "gridPositionText": "PL"},
        {"driverId": "cyd", "positionText": "DNQ"},
    ]
    assert differences(made, ours, theirs) == []
    assert differences(made, ours, []) == [], "F1DB has not got the race yet"


def test_each_difference_is_a_row_and_what_nobody_looked_at_is_open(made: Made) -> None:
    ours = [
        {"driver_id": "ann", "position": 1, "is_pole": True, "points": 25.0},
        {"driver_id": "bea", "position": 3, "points": 15.0},
        {"driver_id": "cyd", "position": 4, "status_class": "retired"},
        {"driver_id": "dot", "position": 5, "status_class": "withdrawn", "is_start": False},
    ]
    theirs = [
        {"driverId": "ann", "positionText": "1", "positionNumber": 1, "points": 26.0},
        {"driverId": "bea", "positionText": "2", "positionNumber": 2, "points": 15.0, "polePosition": True},
        {"driverId": "cyd", "positionText": "DNS"},
        {"driverId": "eve", "positionText": "DNF"},
    ]
    found = differences(made, ours, theirs, round_=ROUND + 1)
    assert found == [
        ("ann", "points", "25.0", "26.0", None), ("ann", "pole", "yes", "no", None),
        ("bea", "place", "3", "2", None), ("bea", "pole", "no", "yes", None),
        ("cyd", "start", "yes", "no", None), ("dot", "entry", "yes", None, None), ("eve", "entry", None, "yes", None),
    ]
    by_rule = {(who, what): taken for who, what, _, _, taken in differences(made, ours, theirs)}
    assert by_rule["cyd", "start"] == by_rule["bea", "place"] == by_rule["dot", "entry"] == "jolpica"
    assert by_rule["ann", "points"] is None, "points and poles are decided by name alone"


def test_a_decision_by_name_tells_which_one_is_right(made: Made) -> None:
    ours = [{"driver_id": "fangio", "position": 2, "points": 5.5}]
    theirs = [{"driverId": "fangio", "positionText": "2", "positionNumber": 2, "points": 4.0}]
    assert differences(made, ours, theirs, 1956, 2) == [("fangio", "points", "5.5", "4.0", "f1db")]
