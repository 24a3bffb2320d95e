"""Ours against the official standings after every one of the 1,158 rounds."""

from pathlib import Path

import polars as pl

from f1lake.silver.championship import championship
from f1lake_tests.gold import official

Standings = dict[str, tuple[pl.DataFrame, pl.DataFrame]]


def test_the_page_of_differences_is_the_list_of_all_of_them(recording: Path, standings: Standings) -> None:
    """Points within a hundredth and positions agree but for exactly these rows."""
    assert official.PAGE.read_text() == official.page(recording, standings), (
        "write it again with `python -m f1lake_tests.gold.official`, and look at what changed"
    )


def test_every_difference_has_a_reason(recording: Path, standings: Standings) -> None:
    for whose, (ours, state) in standings.items():
        both = official.compared(official.official(recording, whose), ours, whose)
        unexplained = official.differences(both, state, whose).filter(pl.col("why").is_null())
        assert unexplained.is_empty(), unexplained


def test_drivers_points_differ_in_six_rows_of_two_seasons(recording: Path, standings: Standings) -> None:
    ours, state = standings["driver"]
    both = official.compared(official.official(recording, "driver"), ours, "driver")
    assert both.select(pl.struct("season", "round").n_unique()).item() == 1158
    found = official.differences(both, state, "driver").filter("points_differ")
    assert found.select("season", "round", "id", "points_ours", "points").rows() == [
        (1955, 1, "farina", 3.33, 2.0), (1955, 1, "trintignant", 3.33, 2.0),
        *((1956, n, "fangio", *points) for n, points in
          {3: (9.0, 10.5), 4: (9.0, 10.5), 5: (13.0, 14.5), 6: (21.0, 22.5)}.items()),
    ]  # fmt: skip


def test_wins_are_the_official_ones(recording: Path, standings: Standings) -> None:
    for whose, (ours, _) in standings.items():
        both = official.compared(official.official(recording, whose), ours, whose)
        assert both.filter(pl.col("known"), pl.col("wins") != pl.col("wins_ours")).is_empty()


def test_nobody_with_points_is_missing_but_builders_of_indianapolis_cars(
    recording: Path, standings: Standings
) -> None:
    for whose, (ours, _) in standings.items():
        both = official.compared(official.official(recording, whose), ours, whose)
        missing = both.filter(pl.col("known").is_null(), pl.col("points") > 0)
        assert set(missing["season"]) == (set() if whose == "driver" else {1958, 1959, 1960})


def test_the_source_adds_all_cars_of_a_constructor(
    recording: Path, recorded_results: pl.DataFrame, rules: pl.DataFrame
) -> None:
    """Why ours differ in 1958-78: with all cars and rounds counted, our sums are the source's but in 45 rows."""
    all_cars = rules.lazy().filter("has_constructors_title").with_columns(
        constructor_cars=pl.lit(None, pl.Int32),
        constructor_race_points=pl.lit(None, pl.List(pl.Float64)),
        not_for_constructors=pl.lit([], pl.List(pl.Int32)),
    )
    ours = championship(recorded_results.lazy(), all_cars, "constructor", with_hindsight=True).collect()
    both = official.official(recording, "constructor").filter(pl.col("season").is_between(1958, 1978)).join(
        ours.filter("is_race_day").with_columns(points=pl.col("points") / 100), on=["season", "round", "id"]
    )
    assert both.filter((pl.col("points") - pl.col("points_right")).abs() > 0.0101).height <= 45
    assert both.height > 3_000
