import datetime as dt

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from f1lake.model import simulated_titles as simulated
from f1lake.model.simulated_titles import simulated_titles
from f1lake.silver.departures import departures
from f1lake.silver.season_state import season_state
from f1lake_tests.model import small_history as small
from f1lake_tests.silver.small import calendars, race_day

ROUNDS = 6


@pytest.fixture(scope="module", autouse=True)
def few_simulations():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(simulated, "TITLE_SIMULATIONS", 400)
        yield


@pytest.fixture(scope="module")
def titles_after(made):
    def run(season, held=None, first=1998):
        results = small.results(first, season, ROUNDS, held)
        calendar, rules = calendars(small.events(season, season, ROUNDS)), small.rules(season, season)
        state = made(season_state, results.filter(season=season), calendar, rules, made(departures))
        return made(simulated_titles, results, small.constructors(first, season), calendar, rules, state)

    return run


@pytest.fixture(scope="module")
def whole(titles_after):
    return titles_after(2000)


def test_every_day_has_both_titles_for_all_entrants(whole):
    days = whole["as_of"].unique().sort().to_list()
    assert days == [dt.date(2000, 1, 1), *(race_day(2000, n) for n in range(1, ROUNDS + 1))]
    assert whole.group_by("as_of", "title").len()["len"].to_list().count(6) == ROUNDS + 1
    assert whole.height == (ROUNDS + 1) * (6 + 3)


def test_before_1958_there_is_no_title_for_constructors(titles_after):
    assert titles_after(1957, first=1956)["title"].unique().to_list() == ["driver"]


def test_who_cannot_win_has_0_and_a_decided_title_is_1(whole):
    last = whole.filter(pl.col("as_of") == race_day(2000, ROUNDS), title="driver")
    assert sorted(last["probability"].to_list()) == [0, 0, 0, 0, 0, 1]
    assert last.filter(probability=1)["points_gap"].item() < 0
    assert last["expected_points"].to_list() == pytest.approx(last["points"].to_list())


def test_later_races_change_no_earlier_day(whole, titles_after):
    until = titles_after(2000, held=3)
    assert_frame_equal(until, whole.filter(pl.col("as_of") <= race_day(2000, 3)), check_exact=True)


def test_the_better_are_expected_to_have_more_points(whole):
    first = whole.filter(round=1, title="driver")
    expected = dict(first.select("entrant_id", "expected_points").iter_rows())
    assert expected["ann"] > expected["dot"] > expected["fay"]
    bounds = pl.col("expected_points").is_between("expected_points_low", "expected_points_high")
    assert first.select(bounds.all()).item()


def test_the_car_is_strongest_since_the_round_from_which_it_has_been_without_a_break(whole):
    days = whole.filter(title="constructor").sort("as_of")
    for (_,), car in days.group_by("entrant_id"):
        since = None
        for row in car.iter_rows(named=True):
            since = (row["round"] if since is None else since) if row["car_rank"] == 1 else None
            assert row["strongest_car_since"] == since


def test_before_the_first_race_of_a_season_those_of_the_last_race_are_expected(made, tmp_path, monkeypatch):
    """And as the transfers have it: one goes to another team, one leaves, one is new."""
    results = small.results(1998, 1999, 2)
    calendar, rules = calendars(small.events(2000, 2000, 2)), small.rules(2000, 2000)
    state = made(season_state, results.clear(), calendar, rules, made(departures))

    def entered():
        titles = made(simulated_titles, results, small.constructors(1998, 1999), calendar, rules, state)
        assert titles["as_of"].unique().to_list() == [dt.date(2000, 1, 1)]
        return dict(titles.filter(title="driver").select("entrant_id", "constructor_id").iter_rows())

    assert entered() == small.DRIVERS
    transfers = tmp_path / "transfers.csv"
    transfers.write_text("season,driver_id,constructor_id\n2000,ann,blue\n2000,fay,\n2000,zed,red\n1999,bea,blue\n")
    monkeypatch.setenv("F1LAKE_TRANSFERS", str(transfers))
    gone = {"fay"}
    assert entered() == {d: c for d, c in small.DRIVERS.items() if d not in gone} | {"ann": "blue", "zed": "red"}


def test_who_can_race_no_more_has_the_chance_that_the_others_leave(made, whole):
    """The leader is out from round 2 on: the points stand, nothing before that day changes."""
    results, calendar = small.results(1998, 2000, ROUNDS), calendars(small.events(2000, 2000, ROUNDS))
    rules = small.rules(2000, 2000)
    out = made(departures).head(1).with_columns(
        season=pl.lit(2000, pl.Int32), driver_id=pl.lit("ann"), out_from=race_day(2000, 2)
    )
    held = results.filter((pl.col("driver_id") != "ann") | (pl.col("season") < 2000) | (pl.col("round") <= 2))
    state = made(season_state, held.filter(season=2000), calendar, rules, out)
    titles = made(simulated_titles, held, small.constructors(1998, 2000), calendar, rules, state)
    before = pl.col("as_of") < race_day(2000, 2)
    assert_frame_equal(titles.filter(before), whole.filter(before), check_exact=True)
    on_day = pl.col("as_of") == race_day(2000, 2)
    now = titles.filter(on_day, entrant_id="ann").row(0, named=True)
    then = whole.filter(on_day, entrant_id="ann").row(0, named=True)
    assert now["is_out"] > then["is_out"]
    assert now["expected_points"] == now["points"] == then["points"] < then["expected_points"]
    assert 0 < now["probability"] < then["probability"]
    teams, teams_then = (rows.filter(on_day, title="constructor") for rows in (titles, whole))
    assert_frame_equal(teams, teams_then, check_exact=True)  # a substitute has the car


def test_a_third_car_and_a_calendar_of_later_rounds_change_no_earlier_day(made, whole):
    """The bound of who can still win the constructors' title counts the cars entered so far; races the calendar knew.

    After round 4 a third car of one team enters, and one race is cancelled.
    """
    results = small.results(1998, 2000, ROUNDS)
    later = pl.col("season") == 2000, pl.col("round") > 4
    third = results.filter(*later).group_by("round").first().with_columns(
        driver_id=pl.lit("zed"), constructor_id=pl.lit("red"), position=pl.lit(9), points=pl.lit(0.0)
    )
    results = pl.concat([results, third.select(results.columns).cast(dict(results.schema))])
    calendar, rules = calendars(small.events(2000, 2000, ROUNDS)), small.rules(2000, 2000)
    shorter = calendar.filter(pl.col("round") < ROUNDS).with_columns(collected_on=race_day(2000, 5))
    both = pl.concat([calendar.with_columns(collected_on=dt.date(1999, 12, 1)), shorter])
    state = made(season_state, results.filter(season=2000), both, rules, made(departures))
    varied = made(simulated_titles, results, small.constructors(1998, 2000), both, rules, state)
    before = pl.col("as_of") < race_day(2000, 5)
    assert_frame_equal(varied.filter(before), whole.filter(before), check_exact=True)
    on_day = varied.filter(pl.col("as_of") == race_day(2000, 5))
    assert "zed" in on_day["entrant_id"]
    assert on_day["rounds_remaining"].unique().to_list() == [0]
