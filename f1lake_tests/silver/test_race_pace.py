"""silver/race_pace: the pace of a race from its laps, whatever slowed everybody."""

from collections.abc import Callable
from statistics import median

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from f1lake.bronze.laps import Laps
from f1lake.silver.race_pace import race_pace
from f1lake.silver.session_results import SessionResults
from f1lake_tests.silver.small import frame, race_day

Made = Callable[..., pl.DataFrame]
SAFETY_CAR = {7, 8, 9}


def laps(seconds: dict[str, float], count: int = 15) -> pl.DataFrame:
    """Laps of one race: each driver's own time, three of them a minute slower for all, a stop on lap 5 or 6."""
    return frame(Laps, [
        {
            "season": 2021, "round": 1, "raceName": "Grand Prix", "raceDate": race_day(2021, 1), "circuitId": "monza",
            "driverId": driver, "lap": lap, "position": 1,
            "time_ms": round(1000 * (own + 60 * (lap in SAFETY_CAR) + 20 * (lap == 5 + place % 2) + 9 * (lap == 1))),
        }
        for place, (driver, own) in enumerate(seconds.items()) for lap in range(1, count + 1)
    ])  # fmt: skip


def teams(**constructors: str) -> pl.DataFrame:
    return frame(SessionResults, [
        {"season": 2021, "round": 1, "session": "Race", "driver_id": driver, "constructor_id": constructor}
        for driver, constructor in constructors.items()
    ])


def test_pace_is_that_beside_the_others_on_the_same_lap(made: Made) -> None:
    pace = made(race_pace, laps({"a": 80, "b": 80.8, "c": 82}), teams(a="x", b="y", c="x"))
    assert pace.select("driver_id", "laps", "pace_to_field_pct").rows() == [
        ("a", 14, pytest.approx(-0.9901, abs=1e-4)), ("b", 14, 0.0), ("c", 14, pytest.approx(1.4851, abs=1e-4))
    ]  # fmt: skip
    assert pace["pace_to_best_pct"].to_list() == [0, pytest.approx(1, abs=1e-3), pytest.approx(2.5, abs=1e-3)]
    mates = [pytest.approx(-2.439, abs=1e-3), None, pytest.approx(2.5, abs=1e-3)]
    assert pace["pace_to_team_mate_pct"].to_list() == mates
    assert pace["fastest_lap_ms"].to_list() == [80_000, 80_800, 82_000]


def test_ten_laps_are_too_few_with_the_first_among_them(made: Made) -> None:
    both = {"a": 80.0, "b": 81.0}
    assert made(race_pace, laps(both, count=10), teams(a="x", b="y")).is_empty()
    assert made(race_pace, laps(both, count=11), teams(a="x", b="y")).height == 2


def test_a_lake_without_laps_has_no_pace(made: Made, recorded_results: pl.DataFrame) -> None:
    assert made(race_pace, Laps.create_empty(), recorded_results).is_empty()


def test_the_order_of_the_laps_changes_nothing(made: Made) -> None:
    rows, entered = laps({"a": 80.123, "b": 80.8, "c": 82.7, "d": 79.9}), teams(a="x", b="y", c="x", d="y")
    shuffled = rows.sample(fraction=1, shuffle=True, seed=1)
    assert_frame_equal(made(race_pace, shuffled, entered), made(race_pace, rows, entered), check_exact=True)


def test_later_races_change_no_pace(
    made: Made, recorded_laps: pl.DataFrame, recorded_results: pl.DataFrame, recorded_pace: pl.DataFrame
) -> None:
    then = made(race_pace, recorded_laps.filter(pl.col("season") == 1998), recorded_results)
    assert_frame_equal(then, recorded_pace.filter(season=1998), check_exact=True)


def test_spa_2021_was_no_race_that_shows_a_pace(recorded_pace: pl.DataFrame) -> None:
    """One lap behind the safety car was classified."""
    assert recorded_pace.filter(season=2021, round=12).is_empty()
    assert recorded_pace.filter(season=2021)["round"].n_unique() == 21


def test_20_random_paces_of_2023_as_worked_out_by_hand(
    recorded_pace: pl.DataFrame, recorded_laps: pl.DataFrame
) -> None:
    rows = recorded_laps.filter(pl.col("season") == 2023, pl.col("lap") > 1).to_dicts()
    for row in recorded_pace.filter(season=2023).sample(20, seed=3).to_dicts():
        race = [lap for lap in rows if lap["round"] == row["round"] and lap["time_ms"]]
        field = {n: median(lap["time_ms"] for lap in race if lap["lap"] == n) for n in {lap["lap"] for lap in race}}
        own = [lap["time_ms"] / field[lap["lap"]] for lap in race if lap["driverId"] == row["driver_id"]]
        assert row["laps"] == len(own)
        assert row["pace_to_field_pct"] == pytest.approx(100 * (median(own) - 1), abs=1e-4)


def test_verstappen_was_the_fastest_of_2023(recorded_pace: pl.DataFrame) -> None:
    mean = recorded_pace.filter(season=2023).group_by("driver_id").agg(pl.col("pace_to_best_pct").mean())
    assert mean.sort("pace_to_best_pct")["driver_id"][0] == "max_verstappen"
