"""silver/constructor_features: a driver's measures over all cars, by name and by team."""

import datetime as dt
from collections.abc import Callable

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from f1lake.silver.constructor_features import CONSTRUCTOR_FEATURES, LINEAGE, constructor_features
from f1lake.silver.constructors import constructors
from f1lake.silver.driver_features import FEATURES
from f1lake_tests.f1db import NO_F1DB
from f1lake_tests.silver import by_hand
from f1lake_tests.silver.small import invented_results

Made = Callable[..., pl.DataFrame]
NAMES = {"minardi": "minardi", "toro_rosso": "minardi", "ferrari": "ferrari"}


@pytest.fixture(scope="module")
def teams(made: Made, recorded_bronze: dict[str, pl.DataFrame]) -> pl.DataFrame:
    return made(constructors, recorded_bronze["session_results"], *NO_F1DB)


def invented(seed: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Results of three teams, one of which changes its name after 2001, and these teams."""
    results = invented_results(seed)
    number = pl.col("driver_id").str.extract(r"(\d+)").cast(pl.Int32)
    name = (
        pl.when(number % 2 == 0).then(pl.lit("ferrari"))
        .when(pl.col("season") <= 2001).then(pl.lit("minardi")).otherwise(pl.lit("toro_rosso"))
    )
    results = results.with_columns(constructor_id=name)
    teams = results.select("season", "constructor_id").unique().with_columns(
        lineage_id=pl.col("constructor_id").replace_strict(NAMES)
    )
    return results, teams


def test_there_are_172_features_of_the_name_and_172_of_the_team() -> None:
    assert len(set(CONSTRUCTOR_FEATURES)) == 344


def test_200_random_rows_of_the_recording_are_as_worked_out_by_hand(
    made: Made, recorded_results: pl.DataFrame, teams: pl.DataFrame
) -> None:
    made_of_it = made(constructor_features, recorded_results, teams)
    named = recorded_results.with_columns(driver_id="constructor_id")
    of_teams = recorded_results.join(teams, on=["season", "constructor_id"]).with_columns(driver_id="lineage_id")
    for row in made_of_it.sample(200, seed=7).to_dicts():
        own = by_hand.features(named, row["as_of"], row["constructor_id"])
        assert {name: row[name] for name in own} == pytest.approx(own), (row["as_of"], row["constructor_id"])
        team = by_hand.features(of_teams, row["as_of"], row["lineage_id"])
        assert {name: row[LINEAGE + name] for name in team} == pytest.approx(team), (row["as_of"], row["lineage_id"])


def test_toro_rosso_began_without_wins_but_the_team_had_raced_as_minardi(
    made: Made, recorded_results: pl.DataFrame, teams: pl.DataFrame
) -> None:
    row = made(constructor_features, recorded_results, teams).filter(
        constructor_id="toro_rosso", as_of=dt.date(2006, 3, 12)
    ).row(0, named=True)  # fmt: skip
    assert row["lineage_id"] == "minardi"
    assert row["sessions_race_life"] == 2
    assert row["lineage_sessions_race_life"] > 600


def test_two_cars_of_a_team_are_two_starts(made: Made) -> None:
    results, teams = invented(3)
    row = made(constructor_features, results, teams).sort("as_of").tail(1)
    assert row["sessions_race_life"][0] > results.select(pl.struct("season", "round").n_unique()).item()


@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 10_000), day=st.dates(dt.date(2000, 3, 1), dt.date(2004, 5, 1)))
def test_no_feature_sees_the_future_nor_the_order_of_rows(made: Made, seed: int, day: dt.date) -> None:
    results, teams = invented(seed)
    now = made(constructor_features, results, teams)
    shuffled = results.sample(fraction=1, shuffle=True, seed=seed)
    assert_frame_equal(made(constructor_features, shuffled, teams), now, check_exact=True)
    then = made(constructor_features, results.filter(pl.col("session_date") <= day), teams)
    assert_frame_equal(then, now.filter(pl.col("as_of") <= day), check_exact=True)
    assert len(FEATURES) * 2 + 4 == now.width
