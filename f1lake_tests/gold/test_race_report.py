"""gold/race_report: races whose story is known."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

from f1lake.bronze.lap_tyres import LapTyres
from f1lake.bronze.race_control_messages import RaceControlMessages
from f1lake.bronze.timing_drivers import TimingDrivers
from f1lake.bronze.weather import Weather
from f1lake.gold.race_report import race_report
from f1lake.silver.events import events
from f1lake.silver.grid_penalties import GridPenalties
from f1lake.silver.pit_stops import PitStops
from f1lake.silver.race_pace import RacePace
from f1lake.silver.retirements import Retirements
from f1lake.silver.session_results import SessionResults
from f1lake.silver.time_penalties import TimePenalties
from f1lake_tests.silver.small import calendar as calendar_of
from f1lake_tests.silver.small import calendars, frame, race_day

Made = Callable[..., pl.DataFrame]


def no_timing() -> list[pl.DataFrame]:
    """The tables of live timing as they are without an F1TV account."""
    return [schema.create_empty() for schema in (LapTyres, TimingDrivers, Weather, RaceControlMessages)]


def no_f1db() -> list[pl.DataFrame]:
    """The tables of reasons and penalties as they are without F1DB."""
    return [schema.create_empty() for schema in (Retirements, GridPenalties, TimePenalties)]


@pytest.fixture
def reports(
    made: Made, recorded_results: pl.DataFrame, calendar: pl.DataFrame, recorded_pace: pl.DataFrame,
    recorded_stops: pl.DataFrame,
) -> pl.DataFrame:  # fmt: skip
    return made(race_report, recorded_results, calendar, recorded_pace, recorded_stops, *no_timing(), *no_f1db())


def of(reports: pl.DataFrame, season: int, round_: int) -> dict[str, Any]:
    return reports.filter(season=season, round=round_).row(0, named=True)


def test_every_race_has_its_report(reports: pl.DataFrame) -> None:
    assert reports.height == 1158


def test_abu_dhabi_2021(reports: pl.DataFrame) -> None:
    row = of(reports, 2021, 22)
    assert row["podium_ids"] == ["max_verstappen", "hamilton", "sainz"]
    assert (row["winner_ids"], row["starters"], row["classified"]) == (["max_verstappen"], 19, 15)
    assert (row["most_gained_ids"], row["most_gained"]) == (["gasly"], 7)


def test_fangio_and_fagioli_both_won_in_reims_in_1951(reports: pl.DataFrame) -> None:
    assert of(reports, 1951, 4)["winner_ids"] == ["fagioli", "fangio"]


def test_the_margin_and_the_fastest_lap(made: Made) -> None:
    """The source has eight laps of 1,000 ms, ranked behind real ones."""
    race = {
        "season": 2021, "round": 1, "session": "Race", "session_date": race_day(2021, 1), "constructor_id": "williams",
        "is_start": True, "is_shared_drive": False, "status_class": "classified", "points": 0.0,
    }  # fmt: skip
    rows = [
        race | {
            "driver_id": driver, "position": place, "race_time_ms": time,
            "fastest_lap_ms": lap, "fastest_lap_rank": rank,
        }
        for driver, place, time, lap, rank in [
            ("a", 1, 5_000_000, 81_000, 2), ("b", 2, 5_002_256, 80_500, 1), ("c", 3, None, 1_000, 3)
        ]
    ]  # fmt: skip
    no_laps, no_stops = RacePace.create_empty(), PitStops.create_empty()
    schedule = calendar_of(2021, 1)
    of_2021 = made(events, schedule, calendars(schedule))
    nothing = [no_laps, no_stops, *no_timing(), *no_f1db()]
    row = made(race_report, frame(SessionResults, rows), of_2021, *nothing).row(0, named=True)
    assert (row["winning_margin_ms"], row["fastest_lap_id"], row["fastest_lap_ms"]) == (2256, "b", 80_500)
    assert (row["pit_stops"], row["winner_stops"], row["fastest_stop_id"]) == (None, None, None)


def test_reasons_and_penalties_are_those_of_f1db(
    made: Made, recorded_results: pl.DataFrame, calendar: pl.DataFrame, recorded_pace: pl.DataFrame,
    recorded_stops: pl.DataFrame, reports: pl.DataFrame,
) -> None:  # fmt: skip
    monaco = {"season": 2026, "round": 6, "session": "Race"}
    of_f1db = [
        frame(Retirements, [monaco | {"driver_id": "norris", "reason": "Battery", "reason_class": "car"}]),
        frame(GridPenalties, [monaco | {"session": "Sprint", "driver_id": "norris", "is_to_back": True}]),
        frame(TimePenalties, [
            monaco | {"driver_id": who, "penalty_ms": 5000} for who in ("stroll", "colapinto")
        ]),
    ]  # fmt: skip
    found = made(race_report, recorded_results, calendar, recorded_pace, recorded_stops, *no_timing(), *of_f1db)
    row, without = of(found, 2026, 6), of(reports, 2026, 6)
    assert dict(zip(row["retired_ids"], row["retired_reasons"], strict=True))["norris"] == "Battery"
    assert (row["grid_penalty_ids"], row["time_penalty_ids"]) == (None, ["colapinto", "stroll"])
    assert without["retired_ids"] == row["retired_ids"]
    assert (without["retired_reasons"], without["time_penalty_ids"]) == (None, None)
    assert of(found, 2026, 5)["retired_reasons"] is None


def test_before_2004_the_fastest_lap_is_that_of_the_laps(reports: pl.DataFrame) -> None:
    """Hakkinen, Melbourne 1998: 1:31.649."""
    row = of(reports, 1998, 1)
    assert (row["fastest_lap_id"], row["fastest_lap_ms"]) == ("hakkinen", 91_649)
    assert of(reports, 1997, 1)["fastest_lap_id"] is None, "its laps are not in this lake"


def test_stops_of_bahrain_2023(reports: pl.DataFrame) -> None:
    row = of(reports, 2023, 1)
    assert (row["pit_stops"], row["winner_stops"]) == (50, 2)
    assert row["fastest_stop_ms"] > 20_000, "the whole way through the pit lane"


def test_stops_of_hours_are_of_races_that_were_stopped(
    recorded_stops: pl.DataFrame, recorded_bronze: dict[str, pl.DataFrame]
) -> None:
    assert recorded_bronze["pit_stops"]["duration_ms"].max() > 20 * 60_000
    assert recorded_stops["duration_ms"].max() <= 5 * 60_000
    assert recorded_stops.height == recorded_bronze["pit_stops"].height


def test_the_classified_and_the_retired_are_the_starters(reports: pl.DataFrame) -> None:
    odd = reports.filter(pl.col("classified") + pl.col("retired_ids").list.len() != pl.col("starters"))
    assert odd.is_empty()


def test_tyres_weather_and_safety_cars_are_live_timings(
    made: Made, recorded_results: pl.DataFrame, calendar: pl.DataFrame, recorded_pace: pl.DataFrame,
    recorded_stops: pl.DataFrame,
) -> None:  # fmt: skip
    """Bahrain 2023, podium Verstappen (1), Perez (11), Alonso (14), in a session as live timing might tell it."""
    event = {"season": 2023, "round": 1, "session": "Race", "raceDate": dt.date(2023, 3, 5)}
    quali = event | {"session": "Qualifying"}
    driven = {"1": ["SOFT", "SOFT", None, "HARD", "HARD"], "14": [None, None], "44": ["SOFT"]}
    tyres = [
        event | {"DriverNumber": number, "LapNumber": lap, "Stint": 1 if lap <= 2 else 2, "Compound": compound}
        for number, compounds in driven.items()
        for lap, compound in enumerate(compounds, 1)
    ] + [quali | {"DriverNumber": "1", "LapNumber": 1, "Stint": 1, "Compound": "SOFT"}]
    ids = {"1": "max_verstappen", "11": "perez", "14": "alonso", "44": "hamilton"}
    drivers = [event | {"DriverNumber": number, "DriverId": name} for number, name in ids.items()]
    weather = [
        event | {"time_ms": 0, "AirTemp": 27.0, "TrackTemp": 30.0, "Rainfall": False},
        event | {"time_ms": 60_000, "AirTemp": 28.0, "TrackTemp": 32.0, "Rainfall": True},
        quali | {"time_ms": 0, "AirTemp": 10.0, "TrackTemp": 10.0, "Rainfall": True},
    ]
    told = [
        ("SafetyCar", "SAFETY CAR DEPLOYED", "DEPLOYED", None),
        ("SafetyCar", "SAFETY CAR IN THIS LAP", "IN THIS LAP", None),
        ("SafetyCar", "VSC DEPLOYED", "DEPLOYED", None),
        ("Flag", "RED FLAG", None, "RED"),
        ("Flag", "CLEAR", None, "CLEAR"),
    ]
    messages = [
        event | {"message_number": number, "Category": category, "Message": text, "Status": status, "Flag": flag}
        for number, (category, text, status, flag) in enumerate(told, 1)
    ]
    timing = [
        frame(LapTyres, tyres), frame(TimingDrivers, drivers), frame(Weather, weather),
        frame(RaceControlMessages, messages),
    ]  # fmt: skip
    made_of = made(race_report, recorded_results, calendar, recorded_pace, recorded_stops, *timing, *no_f1db())
    row = of(made_of, 2023, 1)
    assert row["podium_ids"] == ["max_verstappen", "perez", "alonso"]
    assert row["podium_tyres"] == ["SOFT 2, HARD 3", None, "UNKNOWN 2"]
    assert (row["air_temperature_c"], row["track_temperature_c"], row["rain_pct"]) == (27.5, 31, 50)
    assert (row["safety_cars"], row["virtual_safety_cars"], row["red_flags"]) == (1, 1, 1)
    without = of(made_of, 2023, 2)
    assert [without[name] for name in ("podium_tyres", "rain_pct", "safety_cars")] == [None, None, None]
