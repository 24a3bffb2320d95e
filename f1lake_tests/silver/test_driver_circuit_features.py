"""silver/driver_circuit_features: a driver's measures over the rounds held at one circuit."""

import datetime as dt
from collections.abc import Callable

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from f1lake.silver.driver_circuit_features import driver_circuit_features
from f1lake.silver.events import events
from f1lake_tests.silver import by_hand
from f1lake_tests.silver.small import calendar, calendars, invented_results

Made = Callable[..., pl.DataFrame]


def at_circuits(made: Made) -> pl.DataFrame:
    """Five seasons that go round three circuits."""
    schedule = pl.concat(calendar(season, 9, (3, 6, 9)) for season in range(2000, 2005))
    published = made(events, schedule, calendars(schedule))
    return published.with_columns(circuit_id=pl.format("circuit_{}", pl.col("round") % 3))


def test_200_random_rows_of_the_recording_are_as_worked_out_by_hand(
    made: Made, recorded_results: pl.DataFrame, recorded_bronze: dict[str, pl.DataFrame]
) -> None:
    published = made(events, recorded_bronze["events"], calendars(recorded_bronze["events"]))
    made_of_it = made(driver_circuit_features, recorded_results, published)
    placed = recorded_results.join(published.select("season", "round", "circuit_id"), on=["season", "round"])
    for row in made_of_it.sample(200, seed=9).to_dicts():
        there = placed.filter(circuit_id=row["circuit_id"])
        expected = by_hand.features(there, row["as_of"], row["driver_id"])
        assert {name: row[name] for name in expected} == pytest.approx(expected), row


def test_hamilton_at_silverstone(
    made: Made, recorded_results: pl.DataFrame, recorded_bronze: dict[str, pl.DataFrame]
) -> None:
    schedule = recorded_bronze["events"]
    made_of_it = made(driver_circuit_features, recorded_results, made(events, schedule, calendars(schedule)))
    there = made_of_it.filter(driver_id="hamilton", circuit_id="silverstone")
    row = there.filter(as_of=dt.date(2024, 7, 7)).row(0, named=True)
    assert (row["wins_race_life"], row["sessions_race_life"]) == (9, 19), "two races there in 2020"


@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 10_000), day=st.dates(dt.date(2000, 3, 1), dt.date(2004, 5, 1)))
def test_no_feature_sees_the_future_nor_the_order_of_rows(made: Made, seed: int, day: dt.date) -> None:
    results, published = invented_results(seed), at_circuits(made)
    now = made(driver_circuit_features, results, published)
    shuffled = results.sample(fraction=1, shuffle=True, seed=seed)
    assert_frame_equal(made(driver_circuit_features, shuffled, published), now, check_exact=True)
    then = made(driver_circuit_features, results.filter(pl.col("session_date") <= day), published)
    assert_frame_equal(then, now.filter(pl.col("as_of") <= day), check_exact=True)
