"""gold/constructor_standings: against the published final tables, and the teams that lost points."""

from typing import Any

import polars as pl
import pytest

Standings = dict[str, tuple[pl.DataFrame, pl.DataFrame]]

PUBLISHED = {
    1958: [("vanwall", 48), ("ferrari", 40), ("cooper", 31)],
    1959: [("cooper-climax", 40), ("ferrari", 32), ("brm", 18)],
    1960: [("cooper-climax", 48), ("team_lotus", 34), ("ferrari", 26)],
    1961: [("ferrari", 40), ("lotus-climax", 32), ("porsche", 22)],
    1962: [("brm", 42), ("lotus-climax", 36), ("cooper-climax", 29)],
    1963: [("lotus-climax", 54), ("brm", 36), ("brabham", 28)],
    1964: [("ferrari", 45), ("brm", 42), ("lotus-climax", 37)],
    1965: [("lotus-climax", 54), ("brm", 45), ("brabham-climax", 27)],
    1966: [("brabham-repco", 42), ("ferrari", 31), ("cooper-maserati", 30)],
    1967: [("brabham-repco", 63), ("lotus-ford", 44), ("cooper-maserati", 28)],
    1968: [("lotus-ford", 62), ("mclaren-ford", 49), ("matra-ford", 45)],
    1969: [("matra-ford", 66), ("brabham-ford", 49), ("lotus-ford", 47)],
    1970: [("team_lotus", 59), ("ferrari", 52), ("march", 48)],
    1971: [("tyrrell", 73), ("brm", 36), ("ferrari", 33)],
    1972: [("team_lotus", 61), ("tyrrell", 51), ("mclaren", 47)],
    1973: [("team_lotus", 92), ("tyrrell", 82), ("mclaren", 58)],
    1974: [("mclaren", 73), ("ferrari", 65), ("tyrrell", 52)],
    1975: [("ferrari", 72.5), ("brabham", 54), ("mclaren", 53)],
    1976: [("ferrari", 83), ("mclaren", 74), ("tyrrell", 71)],
    1977: [("ferrari", 95), ("team_lotus", 62), ("mclaren", 60)],
    1978: [("team_lotus", 86), ("ferrari", 58), ("brabham", 53)],
    1995: [("benetton", 137), ("williams", 112), ("ferrari", 73)],
    2000: [("ferrari", 170), ("mclaren", 152), ("williams", 36)],
    2007: [("ferrari", 204), ("bmw_sauber", 101), ("renault", 51)],
    2020: [("mercedes", 573), ("red_bull", 319), ("mclaren", 202)],
    2021: [("mercedes", 613.5), ("red_bull", 585.5), ("ferrari", 323.5)],
}  # fmt: skip
"""The first three of the final tables as they were published, for the seasons in which the source's sums are others."""


@pytest.fixture
def constructors(standings: Standings) -> pl.DataFrame:
    """After every recorded round."""
    return standings["constructor"][0]


def of(constructors: pl.DataFrame, season: int, round_: int, constructor: str) -> dict[str, Any]:
    row = constructors.filter(season=season, round=round_, constructor_id=constructor)
    return row.row(0, named=True)


@pytest.mark.parametrize("season", PUBLISHED)
def test_the_final_table_is_the_published_one(constructors: pl.DataFrame, season: int) -> None:
    stood = constructors.filter(pl.col("season") == season).filter(pl.col("round") == pl.col("round").max())
    assert stood.drop_nulls("position").sort("position", "points").head(3).select(
        "constructor_id", "points"
    ).rows() == PUBLISHED[season]  # fmt: skip


def test_there_was_no_such_title_before_1958(constructors: pl.DataFrame) -> None:
    assert constructors["season"].min() == 1958
    assert constructors.select(pl.struct("season", "round").n_unique()).item() == 1158 - 64


def test_mclaren_2007_has_wins_but_neither_points_nor_place(constructors: pl.DataFrame) -> None:
    row = of(constructors, 2007, 17, "mclaren")
    assert (row["points"], row["wins"], row["position"]) == (0.0, 8, None)


def test_force_india_began_anew_in_belgium_2018(constructors: pl.DataFrame) -> None:
    assert of(constructors, 2018, 12, "force_india")["points"] == 59
    assert of(constructors, 2018, 13, "force_india")["points"] == 18
    assert of(constructors, 2018, 21, "force_india")["points"] == 52


def test_racing_point_lost_fifteen_points_in_2020(constructors: pl.DataFrame) -> None:
    assert [of(constructors, 2020, n, "racing_point")["points"] for n in (1, 2, 17)] == [8, 7, 195]


def test_no_constructor_has_more_wins_than_rounds(constructors: pl.DataFrame) -> None:
    assert constructors.filter(pl.col("wins") > pl.col("round")).is_empty()
