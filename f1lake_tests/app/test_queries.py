import datetime as dt
from pathlib import Path

import polars as pl
import pytest

from f1lake.app.queries import (
    TABLES,
    contenders,
    drivers_of,
    latest,
    read_title_race,
    seasons_with_odds,
    title_race,
)
from f1lake.gold import driver_standings
from f1lake.silver import constructors, drivers, events, session_results
from f1lake.storage.lake import TableMissingError
from f1lake_tests.app.small import odds, store, tables


def row(race: pl.DataFrame, day: dt.date, driver: str) -> dict:
    return race.row(by_predicate=(pl.col("as_of") == day) & (pl.col("driver_id") == driver), named=True)


def test_every_row_of_the_odds_is_there_once(race: pl.DataFrame):
    assert race.height == odds().height
    assert race.select("season", "as_of", "driver_id").is_unique().all()


def test_a_race_day_has_its_event_winner_and_change(race: pl.DataFrame):
    found = row(race, dt.date(2026, 3, 15), "antonelli")
    assert (found["round"], found["event_name"], found["is_sprint"]) == (2, "Chinese Grand Prix", False)
    assert (found["winner"], found["team"], found["color"]) == ("Antonelli", "Mercedes", "#27f4d2")
    assert found["change"] == pytest.approx(0.30)
    assert found["season_points"] == 50.5


def test_a_sprint_day_is_a_step_of_its_own_with_its_own_winner(race: pl.DataFrame):
    found = row(race, dt.date(2026, 3, 14), "russell")
    assert (found["event_name"], found["is_sprint"], found["winner"]) == (
        "Chinese Grand Prix",
        True,
        "Russell",
    )


def test_before_the_season_there_is_no_event_and_no_change(race: pl.DataFrame):
    found = row(race, dt.date(2026, 1, 1), "russell")
    assert [found[c] for c in ("round", "event_name", "is_sprint", "winner", "change")] == [None] * 5


def test_two_drivers_of_one_name_are_told_apart(race: pl.DataFrame):
    assert set(race.filter(pl.col("season") == 2006)["name"]) == {"M. Schumacher", "R. Schumacher"}


def test_only_the_model_that_scored_last_is_shown():
    frames = tables()
    later = odds("2", dt.datetime(2026, 3, 16, tzinfo=dt.UTC)).filter(pl.col("season") == 2026)
    both = pl.concat([frames["odds/title_odds"], later])
    race = title_race(both.lazy(), *[frames[name].lazy() for name in TABLES[1:]]).collect()
    versions = race.select("season", "model_version").unique().sort("season")
    assert versions.rows() == [(2006, "1"), (2026, "2")]
    assert race.height == odds().height


def test_a_driver_without_results_still_has_a_row():
    frames = tables()
    stranger = frames["odds/title_odds"].tail(1).with_columns(driver_id=pl.lit("stranger"))
    odds_with = pl.concat([frames["odds/title_odds"], stranger])
    race = title_race(odds_with.lazy(), *[frames[name].lazy() for name in TABLES[1:]]).collect()
    found = race.filter(pl.col("driver_id") == "stranger").row(0, named=True)
    assert (found["name"], found["team"], found["season_points"]) == ("stranger", None, None)


def test_seasons_come_newest_first(race: pl.DataFrame):
    assert seasons_with_odds(race) == [2026, 2006]


def test_drivers_come_likeliest_first_and_team_mates_are_numbered(race_2026: pl.DataFrame):
    found = drivers_of(race_2026).select("driver_id", "best", "teammate")
    assert found.rows() == [
        ("antonelli", 0.55, 0),
        ("russell", 0.73, 1),
        ("stroll", 0.04, 0),
        ("bottas", 0.04, 0),
    ]


def test_contenders_ever_had_five_percent_or_are_among_the_first_three(race_2026: pl.DataFrame):
    assert contenders(race_2026) == ["antonelli", "russell", "stroll"]


def test_the_latest_day_comes_likeliest_first(race_2026: pl.DataFrame):
    assert latest(race_2026)["driver_id"].to_list() == ["antonelli", "russell", "stroll", "bottas"]


def test_the_lake_is_read_through_its_tables(lake: Path, race: pl.DataFrame):
    store(lake, tables())
    assert read_title_race().equals(race)


def test_a_lake_without_odds_says_so():
    with pytest.raises(TableMissingError, match="odds/title_odds"):
        read_title_race()


def test_every_column_read_is_in_the_contract_of_its_table():
    contracts = [
        session_results.SessionResults,
        events.Events,
        drivers.Drivers,
        constructors.Constructors,
        driver_standings.DriverStandings,
    ]
    empty = title_race(odds().lazy(), *[contract.create_empty().lazy() for contract in contracts]).collect()
    assert empty.height == odds().height
