import datetime as dt

import dagster as dg
import polars as pl
import pytest

from f1lake.model.simulated_titles import simulated_titles
from f1lake.odds import what_if
from f1lake.odds.constructor_title_odds import constructor_title_odds
from f1lake.odds.what_if import WhatIfError
from f1lake.silver.champions import Champions
from f1lake.silver.departures import departures
from f1lake.silver.season_state import season_state
from f1lake_tests.model import small_history as small
from f1lake_tests.silver.small import calendars, race_day

SEASON, ROUNDS, HELD = 2000, 6, 3
DAY = race_day(SEASON, HELD)


def lake_of(made, season: int, results: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """The tables that the question is answered from; what is published is not what was simulated."""
    calendar, rules = calendars(small.events(season, season, ROUNDS)), small.rules(season, season)
    state = made(season_state, results.filter(season=season), calendar, rules, made(departures))
    teams = small.constructors(1998, season)
    titles = made(simulated_titles, results, teams, calendar, rules, state)
    of_drivers = titles.filter(title="driver").rename({"entrant_id": "driver_id"})
    context = dg.build_asset_context(partition_key=str(season))
    flat = pl.col("probability").sqrt()
    published = of_drivers.with_columns(
        probability=flat / flat.sum().over("as_of"), made_at=pl.lit(dt.datetime(season, 1, 1, tzinfo=dt.UTC))
    )
    return {
        "silver/session_results": results, "silver/constructors": teams, "silver/calendars": calendar,
        "silver/scoring_rules": rules, "silver/season_state": state, "model/simulated_titles": titles,
        "odds/title_odds": published,
        "odds/constructor_title_odds": made(constructor_title_odds, context, titles, Champions.create_empty()),
    }  # fmt: skip


@pytest.fixture(scope="module")
def tables(made):
    return lake_of(made, SEASON, small.results(1998, SEASON, ROUNDS, HELD))


def ask_of(tables, monkeypatch) -> None:
    monkeypatch.setattr(what_if, "version", lambda _: 1)
    monkeypatch.setattr(what_if, "read", lambda name, _=None: tables[name].lazy())
    what_if._seasons.cache_clear()


@pytest.fixture(autouse=True)
def lake_of_tables(tables, monkeypatch):
    ask_of(tables, monkeypatch)


def of_drivers(changes):
    odds = what_if.odds(DAY, changes).filter(title="driver")
    return dict(odds.select("entrant_id", "probability").iter_rows())


def test_supposing_nothing_gives_the_published_odds(tables):
    odds = what_if.odds(None, {})
    assert odds["change"].abs().max() < 1e-12
    assert odds.group_by("title").agg(pl.col("probability").sum())["probability"].to_list() == pytest.approx([1, 1])


def test_who_wins_the_next_three_is_likelier_and_takes_the_points():
    before, wins = of_drivers({}), {f"{SEASON}-0{n}": what_if.Change(places={1: "dot"}) for n in (4, 5, 6)}
    after = what_if.odds(DAY, wins).filter(title="driver", entrant_id="dot")
    assert after["probability"].item() > before["dot"]
    standing = what_if.odds(DAY, {}).filter(title="driver", entrant_id="dot")["expected_points"].item()
    assert after["expected_points"].item() > standing
    assert of_drivers(wins) == pytest.approx(of_drivers(wins), rel=1e-12)  # the same again is the same


def test_a_podium_supposed_brings_its_points_to_all_three():
    podium = {1: "dot", 2: "ann", 3: "cyd"}
    rows = what_if.odds(DAY, {f"{SEASON}-0{n}": what_if.Change(places=podium) for n in (4, 5, 6)})
    after = dict(rows.filter(title="driver").select("entrant_id", "expected_points").iter_rows())
    state = what_if.read("silver/season_state").filter(as_of=DAY).select("driver_id", "points")
    held = dict(state.collect().iter_rows())
    assert {who: after[who] - held[who] for who in podium.values()} == {"dot": 30.0, "ann": 18.0, "cyd": 12.0}


def test_who_retires_from_all_that_is_left_is_less_likely():
    favourite = max(of_drivers({}).items(), key=lambda item: item[1])[0]
    fails = {f"{SEASON}-0{n}": what_if.Change(retired=[favourite]) for n in (4, 5, 6)}
    assert of_drivers(fails)[favourite] < of_drivers({})[favourite]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"2000-03": {"places": {1: "ann"}}}, "no race still to come"),
        ({"2000-04": {"places": {1: "nobody"}}}, "'nobody' does not drive in 2000"),
        ({"2000-04": {"places": {1: "ann"}, "retired": ["ann"]}}, "cannot take place 1 of 2000-04 and retire"),
        ({"2000-04": {"places": {1: "ann", 2: "ann"}}}, "cannot take two places"),
        ({"2000-04": {"places": {99: "ann"}}}, "no place 99"),
    ],
)
def test_what_cannot_be_is_a_clear_error(changes, message):
    with pytest.raises(WhatIfError, match=message):
        what_if.odds(DAY, changes)


def test_a_day_without_odds_is_a_clear_error():
    with pytest.raises(WhatIfError, match="no odds of 2000-03-02"):
        what_if.odds(dt.date(2000, 3, 2), {})


def test_in_winter_the_question_is_of_the_season_to_come(made, monkeypatch):
    """All races of 1998-2000 are over, none of 2001 is held: who drove in the last race is asked about."""
    ask_of(lake_of(made, 2001, small.results(1998, SEASON, ROUNDS)), monkeypatch)
    odds = what_if.odds(None, {})
    assert odds.filter(title="driver")["entrant_id"].sort().to_list() == sorted(small.DRIVERS)
    assert odds["change"].abs().max() < 1e-12
    wins = {f"2001-0{n}": what_if.Change(places={1: "dot"}) for n in range(1, ROUNDS + 1)}
    supposed = what_if.odds(dt.date(2001, 1, 1), wins).filter(entrant_id="dot").row(0, named=True)
    assert supposed["probability"] > 0.99, "who wins every race of the season is champion"
    assert supposed["expected_points"] == 10 * ROUNDS
    with pytest.raises(WhatIfError, match="no race still to come on 2001-01-01"):
        what_if.odds(None, {"2000-06": {"places": {1: "dot"}}})
