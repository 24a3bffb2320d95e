"""silver/session_results: every trap of the source that it has to get right."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

from f1lake.silver.session_results import session_results
from f1lake_tests.silver.small import calendar, car, race_day, results

Made = Callable[..., pl.DataFrame]


def only(frame: pl.DataFrame, driver: str, **where: Any) -> dict[str, Any]:
    """The one row of a driver."""
    return frame.row(
        by_predicate=(pl.col("driver_id") == driver)
        & pl.all_horizontal(pl.lit(True), *[pl.col(column) == value for column, value in where.items()]),
        named=True,
    )


def test_a_driver_of_two_shared_cars_has_the_row_of_the_better_one_and_all_points(made: Made) -> None:
    """Reims 1951: Fangio took over Fagioli's car and won, Fagioli brought Fangio's home eleventh."""
    race = results(
        1951,
        4,
        car("fangio", 1, number=8, grid=7, points=5.0),
        car("fagioli", 1, number=8, grid=7, points=4.0),
        car("fangio", 11, number=4, grid=1, points=0.5),
        car("fagioli", 11, number=4, grid=1),
        car("ascari", 2, number=12, grid=3, points=6.0),
    )
    made_of_it = made(session_results, race, calendar(1951, 8))
    fangio = only(made_of_it, "fangio")
    assert (fangio["position"], fangio["grid"], fangio["number"], fangio["points"]) == (1, 7, 8, 5.5)
    assert fangio["status_class"] == "classified"
    assert made_of_it.filter("is_shared_drive")["driver_id"].sort().to_list() == ["fagioli", "fangio"]
    assert made_of_it.filter("is_pole")["driver_id"].to_list() == ["fangio"], "each drove both cars: by the table"
    assert made_of_it.height == 3


def test_the_pole_is_of_who_started_the_first_car(made: Made) -> None:
    """Monaco 1956: Castellotti took over Fangio's Ferrari, Fangio that of Collins and was second in it."""
    race = results(
        1956,
        2,
        car("fangio", 2, number=26, grid=9, points=3.0),
        car("collins", 2, number=26, grid=9, points=3.0),
        car("castellotti", 4, number=20, grid=1, points=1.5),
        car("fangio", 4, number=20, grid=1, points=1.5),
        car("castellotti", 11, "R", number=22, grid=3),
    )
    assert made(session_results, race, calendar(1956, 8)).filter("is_pole")["driver_id"].to_list() == ["fangio"]


def test_the_pole_is_of_who_had_the_first_slot_whether_or_not_the_car_started(made: Made) -> None:
    race = results(2021, 5, car("leclerc", 20, "W", grid=1), car("max_verstappen", 1, grid=2))
    made_of_it = made(session_results, race, calendar(2021, 22))
    assert made_of_it.filter("is_pole").select("driver_id", "is_start").rows() == [("leclerc", False)]


@pytest.mark.parametrize(("season", "pole"), [(2021, "russell"), (2022, "kevin_magnussen"), (2023, "russell")])
def test_in_2022_the_pole_of_a_sprint_weekend_was_that_of_the_sprints_grid(made: Made, season: int, pole: str) -> None:
    """Interlagos 2022: Magnussen was the fastest of qualifying, Russell won the sprint and started the race first."""
    sprint = results(
        season, 3, car("russell", 1, grid=3), car("kevin_magnussen", 8, grid=1), session="Sprint"
    )
    race = results(season, 3, car("russell", 1, grid=1), car("kevin_magnussen", 19, "R", grid=8))
    other = results(season, 4, car("russell", 2, grid=2), car("kevin_magnussen", 1, grid=1))
    made_of_it = made(session_results, pl.concat([sprint, race, other]), calendar(season, 4, (3,)))
    poles = made_of_it.filter("is_pole").sort("round", "session").select("round", "session", "driver_id")
    assert poles.rows() == [(3, "Race", pole), (3, "Sprint", "kevin_magnussen"), (4, "Race", "kevin_magnussen")]


def test_every_race_has_one_pole(recorded_results: pl.DataFrame) -> None:
    poles = recorded_results.filter("is_pole", session="Race")
    assert poles.select("season", "round").is_duplicated().sum() == 0
    assert poles.height == recorded_results.filter(session="Race").select("season", "round").n_unique()
    counted = poles["driver_id"].value_counts()
    known = {"leclerc": 27, "michael_schumacher": 68, "hamilton": 104, "fangio": 29, "clark": 33, "trulli": 4}
    assert dict(counted.filter(pl.col("driver_id").is_in(list(known))).iter_rows()) == known


def test_two_drivers_may_share_a_win(made: Made) -> None:
    """Aintree 1957: Brooks handed over to Moss, both are winners; Moss's own car retired."""
    race = results(
        1957,
        5,
        car("moss", 1, number=20, points=5.0),
        car("brooks", 1, number=20, points=4.0),
        car("moss", 18, "R", number=18, status="Engine"),
    )
    made_of_it = made(session_results, race, calendar(1957, 8))
    assert made_of_it.filter(position=1)["driver_id"].sort().to_list() == ["brooks", "moss"]
    assert made_of_it["is_shared_drive"].all()


def test_a_start_from_the_pit_lane_has_no_grid_slot_but_is_a_start(made: Made) -> None:
    """Suzuka 2019: Kubica started from the pit lane and was classified."""
    race = results(2019, 17, car("kubica", 17, grid=0), car("bottas", 1, grid=3))
    kubica = only(made(session_results, race, calendar(2019, 21)), "kubica")
    assert kubica["grid"] is None
    assert kubica["is_start"]


@pytest.mark.parametrize(
    ("letter", "status_class", "is_start"),
    [
        ("R", "retired", True),
        ("D", "disqualified", True),
        ("N", "not_classified", True),
        ("E", "excluded", True),
        ("W", "withdrawn", False),
        ("F", "failed_to_qualify", False),
    ],
)
def test_a_letter_says_why_not_classified(made: Made, letter: str, status_class: str, is_start: bool) -> None:
    race = results(1997, 1, car("villeneuve", 22, letter))
    row = made(session_results, race, calendar(1997, 17)).row(0, named=True)
    assert (row["status_class"], row["is_start"], row["position"]) == (status_class, is_start, 22)


def test_a_lap_driven_is_a_start_whatever_the_letter_and_no_start_is_none_in_sprints_too(made: Made) -> None:
    cars = [
        car("norris", 1, laps=50), car("alonso", 2, "W", laps=47, status="Withdrew"),
        car("gasly", 3, "W", laps=0, status="Did not start"), car("zhou", 4, "R", laps=0, status="Did not start"),
        car("ocon", 5, "R", laps=0, status="Accident"), car("tsunoda", 6, "F", laps=None, status="Did not qualify"),
    ]
    for session in ("Race", "Sprint"):
        made_of_it = made(session_results, results(2026, 1, *cars, session=session), calendar(2026, 22, sprints=(1,)))
        assert set(made_of_it.filter("is_start")["driver_id"]) == {"norris", "alonso", "ocon"}, session


def test_race_times_are_those_of_the_lead_lap(made: Made) -> None:
    """The lapped of 2023 stopped the clock before the winner did."""
    cars = [
        car("norris", 1, laps=50, totalRaceTimeMillis=5_000_000),
        car("alonso", 2, laps=50, totalRaceTimeMillis=5_003_000),
        car("gasly", 3, laps=49, totalRaceTimeMillis=4_990_000, status="Lapped"),
        car("ocon", 4, laps=None, totalRaceTimeMillis=4_980_000, status="Lapped"),
        car("zhou", 5, laps=None, totalRaceTimeMillis=5_009_000),
    ]
    times = made(session_results, results(2026, 1, *cars), calendar(2026, 22)).sort("position")["race_time_ms"]
    assert times.to_list() == [5_000_000, 5_003_000, None, None, 5_009_000]


def test_what_the_source_does_not_say_is_null_and_nobodys_pole_or_shared_drive(made: Made) -> None:
    unsaid = dict.fromkeys(["position", "positionText", "grid", "points", "laps", "number"])
    cars = [car("norris", 1), car("alonso", 2) | unsaid, car("gasly", 3) | unsaid]
    made_of_it = made(session_results, results(2026, 1, *cars), calendar(2026, 22)).filter(driver_id="alonso")
    columns = ("position", "grid", "points", "status_class", "is_start", "is_shared_drive", "is_pole")
    assert made_of_it.select(columns).row(0) == (None, None, None, None, True, False, False)


def test_lapped_cars_are_classified_in_the_words_of_every_era(made: Made) -> None:
    race = results(2022, 1, car("latifi", 15, status="+1 Lap"), car("zhou", 16, status="Lapped"))
    assert made(session_results, race, calendar(2022, 22))["status_class"].to_list() == ["classified"] * 2


def test_half_points_stay_halves_and_sevenths_are_as_the_source_rounds_them(made: Made) -> None:
    race = results(1954, 5, car("moss", 3, points=4.14), car("ickx", 1, points=4.5))
    assert made(session_results, race, calendar(1954, 9)).sort("position")["points"].to_list() == [4.5, 4.14]


def test_a_sprint_is_dated_by_its_own_day_and_a_race_by_the_races(made: Made) -> None:
    rows = pl.concat(
        [
            results(2021, 10, car("verstappen", 1), session="Sprint"),
            results(2021, 10, car("hamilton", 1)),
            results(2021, 10, car("hamilton", 1), session="Qualifying"),
        ]
    )
    days = (
        made(session_results, rows, calendar(2021, 22, sprints=(10,)))
        .select("session", "session_date")
        .rows()
    )
    sunday = dt.date(2021, 5, 3)
    assert dict(days) == {
        "Race": sunday,
        "Sprint": sunday - dt.timedelta(days=1),
        "Qualifying": sunday - dt.timedelta(days=2),
    }


def test_a_sprint_that_the_schedule_lacks_was_on_the_day_before_the_race(made: Made) -> None:
    sprint = results(2021, 10, car("verstappen", 1), session="Sprint")
    day = made(session_results, sprint, calendar(2021, 22))["session_date"].item()
    assert day == race_day(2021, 10) - dt.timedelta(days=1)


def test_qualifying_is_no_start_and_has_no_points(made: Made) -> None:
    rows = results(2021, 10, car("hamilton", 1), session="Qualifying")
    row = made(session_results, rows, calendar(2021, 22)).row(0, named=True)
    assert (row["is_start"], row["points"], row["status_class"]) == (False, None, None)


def test_in_the_recording_as_many_odd_rows_as_the_source_has(
    recorded_bronze: dict[str, pl.DataFrame], recorded_results: pl.DataFrame
) -> None:
    source = recorded_bronze["session_results"]
    races = recorded_results.filter(session="Race")
    assert source.filter(session="Race", grid=0).height == 269
    assert not races["grid"].eq(0).any()
    assert races.filter(pl.col("grid").is_null(), "is_start").height == 269 - 202 - 2, "from the pit lane"
    assert recorded_results["points"].sum() == pytest.approx(source["points"].sum()), (
        "no point is lost or won"
    )
    twice = source.filter(pl.struct("season", "round", "session", "driverId").is_duplicated())
    assert twice.select("season", "round", "driverId").n_unique() == 82
    wins = races.filter(position=1).filter(pl.struct("season", "round").is_duplicated())
    assert wins.select("season", "round").unique().sort("season").rows() == [(1951, 4), (1956, 1), (1957, 5)]
    assert races.filter(pl.col("is_shared_drive"))["season"].max() == 1964


def test_the_indy_500_counts_from_1950_to_1960(
    recorded_results: pl.DataFrame, recorded_bronze: dict[str, Any]
) -> None:
    indy = recorded_bronze["events"].filter(circuitId="indianapolis", raceName="Indianapolis 500")
    assert indy["season"].sort().to_list() == list(range(1950, 1961))
    winners = recorded_results.filter(session="Race", position=1).join(
        indy, on=["season", "round"], how="semi"
    )
    assert winners.height == 11
    assert (winners["points"] >= 8).all()
