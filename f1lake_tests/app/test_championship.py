import datetime as dt

import polars as pl
import pytest

from f1lake.app.queries import championship
from f1lake_tests.app.small import SEASON, odds, tables


def row(race: pl.DataFrame, day: dt.date, driver: str) -> dict:
    return race.row(by_predicate=(pl.col("as_of") == day) & (pl.col("id") == driver), named=True)


def test_every_row_of_the_odds_is_there_once(race: pl.DataFrame):
    assert race.height == odds().height
    assert race.select("season", "as_of", "id").is_unique().all()


def test_a_race_day_has_its_event_winner_and_change(race: pl.DataFrame):
    found = row(race, dt.date(2026, 3, 15), "antonelli")
    assert (found["round"], found["event_name"], found["is_sprint"]) == (2, "Chinese Grand Prix", False)
    assert (found["winner"], found["winner_team"]) == ("Antonelli", "Mercedes")
    assert (found["team"], found["team_id"], found["color"]) == ("Mercedes", "mercedes", "#27f4d2")
    assert found["change"] == pytest.approx(0.30)
    assert (found["points"], found["points_gap"]) == (50.5, 0.5)


def test_a_sprint_day_is_a_step_of_its_own_with_its_own_winner(race: pl.DataFrame):
    found = row(race, dt.date(2026, 3, 14), "russell")
    assert (found["event_name"], found["is_sprint"], found["winner"]) == ("Chinese Grand Prix", True, "Russell")


def test_before_the_season_there_is_no_event_and_no_change(race: pl.DataFrame):
    found = row(race, dt.date(2026, 1, 1), "russell")
    assert [found[c] for c in ("round", "event_name", "is_sprint", "winner", "change")] == [None] * 5


def test_two_drivers_of_one_name_are_told_apart(race: pl.DataFrame):
    assert set(race.filter(SEASON == 2006)["name"]) == {"M. Schumacher", "R. Schumacher"}


def test_constructors_have_their_names_and_the_race_of_the_day(snapshot):
    found = row(snapshot.titles["constructors"], dt.date(2026, 3, 15), "mercedes")
    assert (found["name"], found["event_name"], found["winner_team"]) == ("Mercedes", "Chinese Grand Prix", "Mercedes")
    assert found["probability"] == pytest.approx(0.996)


def test_a_driver_without_results_still_has_a_row():
    frames = tables()
    stranger = frames["odds/title_odds"].tail(1).with_columns(driver_id=pl.lit("stranger"))
    race = championship.race("drivers", frames | {"odds/title_odds": pl.concat([frames["odds/title_odds"], stranger])})
    found = race.filter(pl.col("id") == "stranger").row(0, named=True)
    assert (found["name"], found["team"]) == ("stranger", None)


def test_odds_of_an_earlier_version_are_shown_without_their_reasons():
    frames = tables()
    race = championship.race("drivers", frames | {"odds/title_odds": frames["odds/title_odds"].drop("points_gap")})
    assert race["points_gap"].is_null().all()
    assert race["probability"].is_not_null().all()


def test_seasons_come_newest_first(race: pl.DataFrame):
    assert championship.seasons(race) == [2026, 2006]


def test_entrants_come_likeliest_first(race_2026: pl.DataFrame):
    found = championship.entrants(race_2026).select("id", "best")
    assert found.rows() == [("antonelli", 0.55), ("russell", 0.73), ("stroll", 0.04), ("bottas", 0.04)]


def test_contenders_ever_had_five_percent_or_are_among_the_first_three(race_2026: pl.DataFrame):
    assert championship.contenders(race_2026) == ["antonelli", "russell", "stroll"]


def test_those_asked_for_are_shown_if_they_are_in_the_season(race_2026: pl.DataFrame):
    assert championship.shown(race_2026, ("bottas", "russell", "senna")) == ["russell", "bottas"]
    assert championship.shown(race_2026, ("senna",)) == ["antonelli", "russell", "stroll"]


def test_of_those_without_a_chance_the_one_with_more_points_comes_first(race: pl.DataFrame):
    hopeless = race.filter(SEASON == 2026).with_columns(probability=pl.lit(0.0))
    assert championship.entrants(hopeless)["id"].to_list()[:2] == ["russell", "antonelli"]


def test_a_title_is_decided_on_the_first_day_of_certainty(race: pl.DataFrame, race_2026: pl.DataFrame):
    assert championship.decided(race.filter(SEASON == 2006)) == 1
    assert championship.decided(race_2026) is None
