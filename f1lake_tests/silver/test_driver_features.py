"""silver/driver_features: right, in their window, and never from the future."""

import datetime as dt
import random
from collections.abc import Callable

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from f1lake.silver.driver_features import FEATURES, DriverFeatures, driver_features
from f1lake.silver.session_results import SessionResults
from f1lake_tests.silver import by_hand
from f1lake_tests.silver.small import frame, invented_results, race_day

Made = Callable[..., pl.DataFrame]


def race(season: int, round_: int, driver: str = "prost", **more: object) -> dict[str, object]:
    """One silver row: by default a start from second place that was won for nine points."""
    return {
        "season": season,
        "round": round_,
        "session": "Race",
        "session_date": race_day(season, round_),
        "driver_id": driver,
        "constructor_id": "mclaren",
        "position": 1,
        "grid": 2,
        "points": 9.0,
        "is_start": True,
        "is_shared_drive": False,
        "status_class": "classified",
    } | more


def at(made_of_it: pl.DataFrame, driver: str, as_of: dt.date) -> dict[str, float]:
    return made_of_it.filter(driver_id=driver, as_of=as_of).row(0, named=True)


def same_as_by_hand(made_of_it: pl.DataFrame, results: pl.DataFrame, row: dict[str, object]) -> None:
    expected = by_hand.features(results, row["as_of"], row["driver_id"])  # pyright: ignore[reportArgumentType]
    found = (
        made_of_it.filter(as_of=row["as_of"], driver_id=row["driver_id"]).select(FEATURES).row(0, named=True)
    )
    differing = {name: (found[name], value) for name, value in expected.items() if found[name] != value}
    assert not differing, (row["as_of"], row["driver_id"], differing)


def test_there_are_172_features_43_a_window() -> None:
    assert len(FEATURES) == len(set(FEATURES)) == 172
    assert [sum(name.endswith(window) for name in FEATURES) for window in by_hand.LENGTHS] == [43] * 4
    assert set(DriverFeatures.column_names()) == {"season", "as_of", "driver_id", *FEATURES}


def test_200_random_rows_of_the_recording_are_as_worked_out_by_hand(
    made: Made, recorded_results: pl.DataFrame
) -> None:
    made_of_it = made(driver_features, recorded_results)
    for row in made_of_it.select("as_of", "driver_id").sample(200, seed=2026).to_dicts():
        same_as_by_hand(made_of_it, recorded_results, row)


def test_the_recording_has_rows_for_exactly_the_drivers_of_three_seasons(
    made: Made, recorded_results: pl.DataFrame
) -> None:
    made_of_it = made(driver_features, recorded_results)
    days = made_of_it["as_of"].unique().sort()
    assert len(days) == 1158 + 28, "1,158 races, and the sprints run so far, each on a day of its own"
    for day in days.sample(25, seed=1):
        assert set(made_of_it.filter(as_of=day)["driver_id"]) == by_hand.remembered(recorded_results, day)


@pytest.mark.parametrize("seed", range(5))
def test_every_row_of_an_invented_history_is_as_worked_out_by_hand(made: Made, seed: int) -> None:
    results = invented_results(seed)
    made_of_it = made(driver_features, results)
    for row in random.Random(seed).sample(made_of_it.select("as_of", "driver_id").to_dicts(), 40):
        same_as_by_hand(made_of_it, results, row)


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10_000), day=st.dates(dt.date(2000, 3, 1), dt.date(2004, 5, 1)))
def test_no_feature_sees_the_future(made: Made, seed: int, day: dt.date) -> None:
    """Later sessions added: earlier rows do not change."""
    results = invented_results(seed)
    then = results.filter(pl.col("session_date") <= day)
    now = made(driver_features, results).filter(pl.col("as_of") <= day)
    assert_frame_equal(made(driver_features, then), now, check_exact=True)


def test_what_was_known_in_monaco_in_1988_is_what_was_known_then(
    made: Made, recorded_results: pl.DataFrame
) -> None:
    day = dt.date(1988, 5, 15)
    then = made(driver_features, recorded_results.filter(pl.col("session_date") <= day))
    now = made(driver_features, recorded_results).filter(pl.col("as_of") <= day)
    assert_frame_equal(then, now, check_exact=True)


def test_the_order_of_the_input_changes_nothing(made: Made) -> None:
    results = invented_results(7)
    shuffled = results.sample(fraction=1, shuffle=True, seed=3)
    assert_frame_equal(made(driver_features, shuffled), made(driver_features, results), check_exact=True)


def test_a_sprint_day_is_known_on_its_own_and_counts_its_round(made: Made) -> None:
    saturday = race_day(2024, 11) - dt.timedelta(days=1)
    rows = [race(2024, n) for n in range(1, 12)] + [race(2024, 11, session="Sprint", session_date=saturday)]
    made_of_it = made(driver_features, frame(SessionResults, rows))
    before, after = at(made_of_it, "prost", saturday), at(made_of_it, "prost", race_day(2024, 11))
    assert (before["wins_race_last_10"], before["wins_sprint_last_10"]) == (9, 1), (
        "rounds 2 to 10, and the sprint"
    )
    assert (after["wins_race_last_10"], after["wins_sprint_last_10"]) == (10, 1), "rounds 2 to 11"


def test_windows_are_rounds_held_even_where_the_driver_stayed_at_home(made: Made) -> None:
    rows = [race(1990, 1), *(race(1990, n, "senna") for n in range(2, 12))]
    made_of_it = made(driver_features, frame(SessionResults, rows))
    assert at(made_of_it, "prost", race_day(1990, 10))["wins_all_last_10"] == 1
    out = at(made_of_it, "prost", race_day(1990, 11))
    assert (out["sessions_all_last_10"], out["avg_position_all_last_10"], out["wins_all_life"]) == (
        0,
        None,
        1,
    )


def test_windows_go_on_over_the_turn_of_the_year_and_count_its_seasons(made: Made) -> None:
    rows = [race(season, n) for season in (1990, 1991) for n in range(1, 7)]
    last = at(made(driver_features, frame(SessionResults, rows)), "prost", race_day(1991, 6))
    assert (last["seasons_all_last_10"], last["sessions_all_last_10"], last["seasons_all_life"]) == (2, 10, 2)
    fourth = at(made(driver_features, frame(SessionResults, rows)), "prost", race_day(1991, 4))
    assert fourth["seasons_all_last_10"] == 2


def test_withdrawn_and_not_qualified_have_a_row_that_counts_nothing(made: Made) -> None:
    rows = [
        race(1974, 1, "kinnunen", status_class="failed_to_qualify", is_start=False, points=0.0),
        race(1974, 1, "amon", status_class="withdrawn", is_start=False, points=0.0),
        race(1974, 1, "lauda"),
    ]
    made_of_it = made(driver_features, frame(SessionResults, rows))
    assert made_of_it.height == 3
    for driver in ("kinnunen", "amon"):
        row = at(made_of_it, driver, race_day(1974, 1))
        assert (row["sessions_all_life"], row["seasons_all_life"], row["wins_all_life"]) == (0, 0, 0)
        assert row["avg_position_all_life"] is None


def test_a_start_from_the_pit_lane_gains_nothing_and_is_in_no_mean_of_the_grid(made: Made) -> None:
    rows = [race(2019, 1, grid=None, position=5), race(2019, 2, grid=4, position=1)]
    row = at(made(driver_features, frame(SessionResults, rows)), "prost", race_day(2019, 2))
    assert (row["gains_all_life"], row["avg_gain_all_life"], row["avg_grid_all_life"]) == (1, 3.0, 4.0)
    assert (row["sessions_all_life"], row["avg_position_all_life"]) == (2, 3.0)


def test_retirements_and_disqualifications_are_starts_with_a_place(made: Made) -> None:
    rows = [
        race(1989, 1, position=20, status_class="retired", points=0.0),
        race(1989, 2, position=22, status_class="disqualified", points=0.0),
    ]
    row = at(made(driver_features, frame(SessionResults, rows)), "prost", race_day(1989, 2))
    assert (row["sessions_all_life"], row["finished_all_life"], row["avg_position_all_life"]) == (2, 0, 21.0)


def test_half_points_and_sevenths_add_up_to_the_hundredth(made: Made) -> None:
    rows = [race(1984, n, points=points) for n, points in enumerate([4.5, 8.14, 0.1, 0.1, 0.1], 1)]
    row = at(made(driver_features, frame(SessionResults, rows)), "prost", race_day(1984, 5))
    assert row["points_all_life"] == 12.94


def test_a_driver_is_forgotten_after_two_seasons_and_remembered_on_return(made: Made) -> None:
    rows = [
        race(1979, 1, "lauda"),
        *(race(season, 1) for season in range(1979, 1984)),
        race(1983, 2, "lauda"),
    ]
    made_of_it = made(driver_features, frame(SessionResults, rows))
    assert made_of_it.filter(driver_id="lauda")["season"].to_list() == [1979, 1980, 1981, 1983]
    assert at(made_of_it, "lauda", race_day(1983, 2))["wins_all_life"] == 2


def test_a_driver_of_a_later_race_has_no_row_before_it(made: Made) -> None:
    rows = [race(2024, 1), race(2024, 2), race(2024, 2, "colapinto", position=12)]
    made_of_it = made(driver_features, frame(SessionResults, rows))
    assert made_of_it.filter(driver_id="colapinto")["as_of"].to_list() == [race_day(2024, 2)]


def test_without_any_session_there_are_no_rows(made: Made) -> None:
    assert made(driver_features, SessionResults.create_empty()).is_empty()
