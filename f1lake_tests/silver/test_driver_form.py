"""silver/driver_form: as worked out by hand, and never from the future."""

import datetime as dt
import random
import re
from collections.abc import Callable
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from f1lake.silver.driver_form import CAUSES, RUNNING, driver_form
from f1lake.silver.race_pace import RacePace
from f1lake.silver.session_results import SessionResults
from f1lake_tests.silver.by_hand import LENGTHS
from f1lake_tests.silver.small import frame, invented_results, race_day

Made = Callable[..., pl.DataFrame]
PARTS = ("q3_ms", "q2_ms", "q1_ms")


def with_qualifyings(seed: int) -> pl.DataFrame:
    """An invented history with a qualifying two days before each race, teams of two, and causes of retirement."""
    dice = random.Random(seed)
    results = invented_results(seed)
    team = pl.col("driver_id").str.extract(r"(\d+)").cast(pl.Int32) // 2
    results = results.with_columns(constructor_id=pl.format("team_{}", team), status=pl.Series(
        dice.choices(["Engine", "Accident", "Illness", "Retired", "+9 Laps"], k=results.height)
    ))  # fmt: skip
    races = results.filter(pl.col("session") == "Race")
    laps = [None, *range(80_000, 82_000, 7), 99_000]
    times = {part: dice.choices(laps, k=races.height) for part in PARTS}
    qualifyings = races.with_columns(
        pl.lit("Qualifying").cast(results.schema["session"]).alias("session"),
        pl.col("session_date") - pl.duration(days=2),
        pl.lit(None, pl.Float64).alias("points"),
        status_class=pl.lit(None, results.schema["status_class"]),
        is_start=pl.lit(value=False),
        **{part: pl.Series(values, dtype=pl.Int64) for part, values in times.items()},
    )
    return pl.concat([results, qualifyings.select(results.columns)])


Rows = dict[tuple[int, int], list[dict[str, Any]]]


def by_round(results: pl.DataFrame) -> Rows:
    """The rows of each round with the `day` they are of, in the order of the rounds."""
    rounds: Rows = {}
    for row in results.sort("season", "round").to_dicts():
        rounds.setdefault((row["season"], row["round"]), []).append(row)
    for rows in rounds.values():
        race_day_of_it = next((row["session_date"] for row in rows if row["session"] == "Race"), None)
        for row in rows:
            row["day"] = row["session_date"] or race_day_of_it or dt.date.max
    return rounds


def paces_of(seed: int, results: pl.DataFrame) -> pl.DataFrame:
    """silver/race_pace of half of the starts of an invented history, some without a team mate's."""
    dice = random.Random(seed)
    races = results.filter(pl.col("session") == "Race").sort("session_date", "driver_id")
    rows = [
        row | {"pace_to_best_pct": dice.randrange(90_000) / 10_000,
               "pace_to_team_mate_pct": dice.choice([None, dice.randrange(-9_000, 9_000) / 10_000])}
        for row in races.select("season", "round", "driver_id").to_dicts() if dice.random() < 0.5
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=RacePace.create_empty().schema)


def by_hand(rounds: Rows, paces: pl.DataFrame, as_of: dt.date, driver: str) -> dict[str, float | None]:
    """Every column of one row, with loops and lists."""
    known = {at: [row for row in rows if row["day"] <= as_of] for at, rows in rounds.items() if at[0] <= as_of.year}
    held = [at for at, rows in known.items() if any(row["session"] != "Qualifying" for row in rows)]
    found: dict[str, float | None] = {}
    pace = {(row["season"], row["round"]): row for row in paces.filter(driver_id=driver).to_dicts()}
    raced = [at for at in held if any(row["session"] == "Race" for row in known[at])]
    for window, length in LENGTHS.items():
        inside = held if length is None else held[-length:]
        to_pole, to_mate = gaps([known[at] for at in inside], driver)
        results_of = [row for at in inside for row in known[at] if row["session"] != "Qualifying"]
        own = [row for row in results_of if row["driver_id"] == driver]
        points = sum(row["points"] for row in results_of)
        out = [cause(row) for row in own if row["session"] == "Race" and row["status_class"] == "retired"]
        out = [why for why in out if why]
        driven = [pace[at] for at in inside if at in pace and at in raced]
        to_best = [row["pace_to_best_pct"] for row in driven]
        beside = [row["pace_to_team_mate_pct"] for row in driven if row["pace_to_team_mate_pct"] is not None]
        found |= {
            f"qualifying_gap_to_pole_{window}": sum(to_pole) / len(to_pole) if to_pole else None,
            f"qualifying_gap_to_team_mate_{window}": sum(to_mate) / len(to_mate) if to_mate else None,
            f"points_share_{window}": 100 * sum(row["points"] for row in own) / points if points else None,
            f"qualifying_duels_{window}": len(to_mate),
            f"race_pace_to_best_{window}": sum(to_best) / len(to_best) if to_best else None,
            f"race_pace_to_team_mate_{window}": sum(beside) / len(beside) if beside else None,
            f"race_paces_{window}": len(driven),
            f"qualifying_duels_won_{window}": sum(gap < -1e-6 for gap in to_mate),
            f"retirements_{window}": len(out),
            **{f"retirements_{why}_{window}": out.count(why) for why in ("car", *CAUSES)},
        }
    return found


def gaps(rounds: list[list[dict[str, Any]]], driver: str) -> tuple[list[float], list[float]]:
    """To the first, and to the fastest team mate, of each qualifying, in percent."""
    to_pole, to_mate = [], []
    for rows in rounds:
        drove = [row for row in rows if row["session"] == "Qualifying"]
        limit = {part: min((row[part] for row in drove if row[part]), default=0) * 1.07 for part in PARTS}
        drove = [row | {p: row[p] if row[p] and row[p] <= limit[p] else None for p in PARTS} for row in drove]
        for own in (row for row in drove if row["driver_id"] == driver):
            pole = [gap for row in drove if row["position"] == 1 and (gap := between(own, row)) is not None]
            mates = [gap for row in drove if row["constructor_id"] == own["constructor_id"]
                     and row["driver_id"] != driver and (gap := between(own, row)) is not None]  # fmt: skip
            to_pole += pole[:1]
            to_mate += [max(mates)] if mates else []
    return to_pole, to_mate


def between(own: dict[str, Any], other: dict[str, Any]) -> float | None:
    for part in PARTS:
        if own[part] and other[part]:
            return 100 * (own[part] / other[part] - 1)
    return None


def cause(row: dict[str, Any]) -> str | None:
    """Why a race was not finished; None for who was still running."""
    if re.match(RUNNING, row["status"]):
        return None
    return next((why for why, words in CAUSES.items() if row["status"] in words), "car")


def test_200_random_rows_of_the_recording_are_as_worked_out_by_hand(
    made: Made, recorded_results: pl.DataFrame, recorded_pace: pl.DataFrame
) -> None:
    rounds = by_round(recorded_results)
    for row in made(driver_form, recorded_results, recorded_pace).sample(200, seed=11).to_dicts():
        same(row, by_hand(rounds, recorded_pace, row["as_of"], row["driver_id"]))


@pytest.mark.parametrize("seed", range(4))
def test_rows_of_an_invented_history_are_as_worked_out_by_hand(made: Made, seed: int) -> None:
    results = with_qualifyings(seed)
    rounds, paces = by_round(results), paces_of(seed, results)
    for row in made(driver_form, results, paces).sample(40, seed=seed).to_dicts():
        same(row, by_hand(rounds, paces, row["as_of"], row["driver_id"]))


def same(row: dict[str, Any], expected: dict[str, float | None]) -> None:
    assert {name: row[name] for name in expected} == pytest.approx(expected, abs=1e-4), (row["as_of"], row["driver_id"])


@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 10_000), day=st.dates(dt.date(2000, 3, 1), dt.date(2004, 5, 1)))
def test_no_form_sees_the_future_nor_the_order_of_rows(made: Made, seed: int, day: dt.date) -> None:
    results = with_qualifyings(seed)
    paces = paces_of(seed, results)
    now = made(driver_form, results, paces)
    shuffled = [rows.sample(fraction=1, shuffle=True, seed=seed) for rows in (results, paces)]
    assert_frame_equal(made(driver_form, *shuffled), now, check_exact=True)
    held = results.filter(pl.col("session_date") <= day)
    raced = held.filter(pl.col("session") == "Race").select("season", "round")
    then = made(driver_form, held, paces.join(raced, on=["season", "round"], how="semi"))
    assert_frame_equal(then, now.filter(pl.col("as_of") <= day), check_exact=True)


def test_a_qualifying_after_the_last_race_is_not_known_yet(made: Made) -> None:
    """It counts from the evening of the sprint or race that follows."""
    base = {"constructor_id": "williams", "is_start": True, "is_shared_drive": False, "position": 1}
    race = {"season": 2024, "round": 1, "session": "Race", "session_date": race_day(2024, 1), "driver_id": "albon",
            "points": 1.0, "status_class": "classified"}  # fmt: skip
    friday = {"season": 2024, "round": 2, "session": "Qualifying", "session_date": race_day(2024, 2),
              "driver_id": "albon", "q1_ms": 80_000, "is_start": False}  # fmt: skip
    rows = frame(SessionResults, [base | race, base | friday])
    row = made(driver_form, rows, RacePace.create_empty()).row(0, named=True)
    assert row["qualifying_gap_to_pole_life"] is None
    assert row["points_share_life"] == 100
