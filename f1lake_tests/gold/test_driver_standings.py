"""gold/driver_standings: plain sums, which are the official standings from 1991 on."""

from collections.abc import Callable

import polars as pl
import pytest

from f1lake.gold.driver_standings import driver_standings

Made = Callable[..., pl.DataFrame]


@pytest.fixture(scope="module")
def standings(made: Made, recorded_results: pl.DataFrame) -> pl.DataFrame:
    """After every recorded round."""
    return made(driver_standings, recorded_results)


@pytest.fixture(scope="module")
def official(standings: pl.DataFrame, recorded_bronze: dict[str, pl.DataFrame]) -> pl.DataFrame:
    """Ours beside the official ones (`…_official`), 1991 to now, the running season included."""
    ours = standings.rename({"driver_id": "driverId"})
    theirs = recorded_bronze["driver_standings"].filter(pl.col("season") >= 1991)
    return theirs.select("season", "round", "driverId", "position", "points", "wins").join(
        ours, on=["season", "round", "driverId"], how="left", suffix="_ours"
    )


def test_points_and_wins_are_the_official_ones_from_1991_on(official: pl.DataFrame) -> None:
    """With the half points of 1991, 2009 and 2021, the double ones of 2014, sprints and fastest laps."""
    raced = official.filter(pl.col("points_ours").is_not_null())
    assert official.height - raced.height == 6, "drivers who never had a race row"
    assert raced.filter(pl.col("points") != pl.col("points_ours")).is_empty()
    assert raced.filter(pl.col("wins") != pl.col("wins_ours")).is_empty()


def test_the_first_ten_are_in_the_official_order_from_1991_on(official: pl.DataFrame) -> None:
    first_ten = official.filter(pl.col("position") <= 10, pl.col("season") != 1997)
    assert first_ten.filter(pl.col("position") != pl.col("position_ours")).is_empty()


def test_schumacher_1997_stands_where_his_points_put_him(official: pl.DataFrame) -> None:
    """He was excluded from the official standings; points of races were not taken from him."""
    row = official.row(
        by_predicate=(pl.col("season") == 1997) & (pl.col("driverId") == "michael_schumacher"), named=True
    )
    assert (row["position"], row["position_ours"], row["points_ours"]) == (None, 2, 78.0)


def test_the_last_race_of_2021_decided_a_tie(standings: pl.DataFrame) -> None:
    """Verstappen and Hamilton came to Abu Dhabi with 369.5 points each; nine wins against eight."""
    before = standings.filter(season=2021, round=21).sort("position").head(2)
    assert before.select("driver_id", "points", "position").rows() == [
        ("max_verstappen", 369.5, 1), ("hamilton", 369.5, 2)
    ]  # fmt: skip


def test_points_dropped_by_the_rules_to_1990_are_not_dropped_here(standings: pl.DataFrame) -> None:
    """1988: Prost had more points, Senna the title by the best eleven results."""
    last = standings.filter(season=1988, round=16).sort("position").head(2)
    assert last.select("driver_id", "points").rows() == [("prost", 105.0), ("senna", 94.0)]


def test_every_round_has_standings_and_one_leader_without_a_gap(standings: pl.DataFrame) -> None:
    assert standings.select("season", "round").n_unique() == 1158
    assert standings.filter(pl.col("position") == 1)["points_gap"].eq(0).all()
