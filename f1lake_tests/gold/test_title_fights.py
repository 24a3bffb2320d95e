"""gold/title_fights: when titles were decided, as history has it."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

from f1lake.gold.title_fights import title_fights

Made = Callable[..., pl.DataFrame]


@pytest.fixture
def fights(made: Made, state: pl.DataFrame) -> pl.DataFrame:
    return made(title_fights, state)


def of(fights: pl.DataFrame, season: int) -> dict[str, Any]:
    return fights.filter(season=season).row(0, named=True)


def test_every_season_that_is_over_has_its_fight(fights: pl.DataFrame) -> None:
    assert fights["season"].to_list() == list(range(1950, 2026))


@pytest.mark.parametrize(
    ("season", "champion", "runner_up", "margin", "round_", "left"),
    [
        (1964, "surtees", "hill", 1, 10, 0), (1976, "hunt", "lauda", 1, 16, 0), (1988, "senna", "prost", 3, 15, 1),
        (1992, "mansell", "patrese", 52, 11, 5), (1997, "villeneuve", "michael_schumacher", 3, 17, 0),
        (2002, "michael_schumacher", "barrichello", 67, 11, 6), (2007, "raikkonen", "hamilton", 1, 17, 0),
        (2021, "max_verstappen", "hamilton", 8, 22, 0),
    ],
)  # fmt: skip
def test_when_and_by_how_much(
    fights: pl.DataFrame, season: int, champion: str, runner_up: str, margin: float, round_: int, left: int
) -> None:
    row = of(fights, season)
    assert (row["champion_id"], row["runner_up_id"], row["margin"]) == (champion, runner_up, margin)
    assert (row["decided_round"], row["rounds_left"]) == (round_, left)


def test_2023_was_decided_in_a_sprint(fights: pl.DataFrame) -> None:
    row = of(fights, 2023)
    assert (row["decided_on"], row["rounds_left"]) == (dt.date(2023, 10, 7), 6)


def test_raikkonen_was_26_points_behind_in_2007(fights: pl.DataFrame) -> None:
    row = of(fights, 2007)
    assert (row["largest_comeback"], row["comeback_from_round"]) == (26.0, 7)
    assert (row["lead_by_round"][6], row["lead_by_round"][-1]) == (-26.0, 1.0)
    assert row["contenders_before_last_race"] == 3


def test_four_could_win_before_the_last_race_of_2010(fights: pl.DataFrame) -> None:
    assert of(fights, 2010)["contenders_before_last_race"] == 4
