"""gold/season_summary: a few seasons, and the running one."""

from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

from f1lake.gold.season_summary import season_summary

Made = Callable[..., pl.DataFrame]
Standings = dict[str, tuple[pl.DataFrame, pl.DataFrame]]


@pytest.fixture
def summaries(
    made: Made, recorded_results: pl.DataFrame, calendar: pl.DataFrame, standings: Standings
) -> pl.DataFrame:
    return made(season_summary, recorded_results, calendar, standings["driver"][0], standings["constructor"][0])


def of(summaries: pl.DataFrame, season: int) -> dict[str, Any]:
    return summaries.filter(season=season).row(0, named=True)


def test_eleven_drivers_won_in_1982_and_the_champion_once(summaries: pl.DataFrame) -> None:
    row = of(summaries, 1982)
    assert (row["first_driver_id"], row["first_driver_wins"], row["winning_drivers"]) == ("keke_rosberg", 1, 11)
    assert (row["most_wins"], row["first_constructor_id"], row["is_over"]) == (2, "ferrari", True)


def test_the_champion_of_1997_has_no_schumacher_behind_him(summaries: pl.DataFrame) -> None:
    assert of(summaries, 1997)["second_driver_id"] == "frentzen"


def test_the_running_season_says_how_it_stands(summaries: pl.DataFrame) -> None:
    row = of(summaries, 2026)
    assert (row["rounds_held"], row["is_over"], row["first_driver_id"]) == (9, False, "antonelli")
    assert summaries.height == 77


def test_there_was_no_constructors_title_in_1950(summaries: pl.DataFrame) -> None:
    assert of(summaries, 1950)["first_constructor_id"] is None
