"""gold/driver_standings: the odd seasons and races by name. The rest is in test_standings_differences.py."""

from typing import Any

import polars as pl
import pytest

Standings = dict[str, tuple[pl.DataFrame, pl.DataFrame]]


@pytest.fixture
def drivers(standings: Standings) -> pl.DataFrame:
    """After every recorded round."""
    return standings["driver"][0]


def first(drivers: pl.DataFrame, season: int, round_: int, many: int = 2) -> list[tuple[Any, ...]]:
    """Who, with how many points and dropped ones, in what place."""
    stood = drivers.filter(season=season, round=round_).sort("position", "driver_id", nulls_last=True).head(many)
    return stood.select("driver_id", "points", "points_dropped", "position").rows()


def of(drivers: pl.DataFrame, season: int, round_: int, driver: str) -> dict[str, Any]:
    return drivers.row(by_predicate=(pl.col("season") == season) & (pl.col("round") == round_)
                       & (pl.col("driver_id") == driver), named=True)  # fmt: skip


def gained(drivers: pl.DataFrame, season: int, round_: int, driver: str) -> float:
    """Points with this round, less those before it."""
    return of(drivers, season, round_, driver)["points"] - of(drivers, season, round_ - 1, driver)["points"]


def test_fangio_and_fagioli_shared_the_win_of_reims_in_1951(drivers: pl.DataFrame) -> None:
    """Half of eight points each, and Fangio's fastest lap; a win for both."""
    before, after = of(drivers, 1951, 3, "fangio"), of(drivers, 1951, 4, "fangio")
    assert after["points"] - before["points"] == 5
    assert after["wins"] - before["wins"] == 1
    fagioli = of(drivers, 1951, 4, "fagioli")
    assert (fagioli["points"], fagioli["wins"]) == (4, 1)


def test_fangio_was_champion_of_1956_with_30_of_33_points(drivers: pl.DataFrame) -> None:
    """The best five; of his two cars in Monaco only the second place scored."""
    assert first(drivers, 1956, 8, 1) == [("fangio", 30.0, 3.0, 1)]


def test_surtees_and_hill_1964(drivers: pl.DataFrame) -> None:
    """Hill scored 41 points, of which the best six results made 39."""
    assert first(drivers, 1964, 10) == [("surtees", 40.0, 0.0, 1), ("hill", 39.0, 2.0, 2)]


def test_prost_and_senna_1988(drivers: pl.DataFrame) -> None:
    """Prost scored more, 105 to 94; the best eleven results made 87 and 90."""
    assert first(drivers, 1988, 16) == [("senna", 90.0, 4.0, 1), ("prost", 87.0, 18.0, 2)]


def test_lauda_was_champion_of_1984_by_half_a_point(drivers: pl.DataFrame) -> None:
    """Monaco was stopped early: 4.5 points for Prost's win there."""
    assert gained(drivers, 1984, 6, "prost") == 4.5
    assert first(drivers, 1984, 16) == [("lauda", 72.0, 0.0, 1), ("prost", 71.5, 0.0, 2)]


def test_schumacher_1997(drivers: pl.DataFrame) -> None:
    """Excluded from the championship, with the points and wins of his races."""
    row = of(drivers, 1997, 17, "michael_schumacher")
    assert (row["points"], row["wins"], row["position"]) == (78.0, 5, None)
    assert [who for who, *_ in first(drivers, 1997, 17)] == ["villeneuve", "frentzen"]


def test_raikkonen_was_champion_of_2007_by_one_point(drivers: pl.DataFrame) -> None:
    """Hamilton and Alonso had 109 points and four wins each; Hamilton had more second places."""
    assert first(drivers, 2007, 17, 3) == [
        ("raikkonen", 110.0, 0.0, 1), ("hamilton", 109.0, 0.0, 2), ("alonso", 109.0, 0.0, 3),
    ]  # fmt: skip


def test_abu_dhabi_2014_gave_double_points(drivers: pl.DataFrame) -> None:
    assert gained(drivers, 2014, 19, "hamilton") == 50


def test_spa_2021_gave_half_points(drivers: pl.DataFrame) -> None:
    assert gained(drivers, 2021, 12, "max_verstappen") == 12.5
    assert gained(drivers, 2021, 12, "russell") == 9


def test_the_last_race_of_2021_decided_a_tie(drivers: pl.DataFrame) -> None:
    """Verstappen and Hamilton came to Abu Dhabi with 369.5 points each; nine wins against eight."""
    assert first(drivers, 2021, 21) == [("max_verstappen", 369.5, 0.0, 1), ("hamilton", 369.5, 0.0, 2)]


def test_four_of_each_half_counted_in_1979(drivers: pl.DataFrame) -> None:
    assert first(drivers, 1979, 15, 3) == [
        ("scheckter", 51.0, 9.0, 1), ("gilles_villeneuve", 47.0, 6.0, 2), ("jones", 40.0, 3.0, 3),
    ]  # fmt: skip


def test_every_round_has_standings_and_a_leader_without_a_gap(drivers: pl.DataFrame) -> None:
    assert drivers.select(pl.struct("season", "round").n_unique()).item() == 1158
    leaders = drivers.filter(pl.col("position") == 1)
    assert leaders.select(pl.struct("season", "round").n_unique()).item() == 1158
    assert leaders["points_gap"].eq(0).all()
