import dagster as dg
import polars as pl
import pytest

from f1lake.model import simulated_titles as simulated
from f1lake.model.constructor_title_model import constructor_title_model
from f1lake.model.constructor_title_scores import constructor_title_scores
from f1lake.model.simulated_titles import simulated_titles
from f1lake.silver.champions import Champions
from f1lake.silver.departures import departures
from f1lake.silver.season_state import season_state
from f1lake_tests.model import small_history as small
from f1lake_tests.silver.small import calendars, frame

FIRST, LAST, ROUNDS = 1995, 2007, 3


@pytest.fixture(scope="module")
def titles(made):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(simulated, "TITLE_SIMULATIONS", 50)
        results = small.results(FIRST, LAST, ROUNDS, held_of_last=1)
        calendar, rules = calendars(small.events(FIRST, LAST, ROUNDS, sprints=(2,))), small.rules(FIRST, LAST)
        state = made(season_state, results, calendar, rules, made(departures))
        return made(simulated_titles, results, small.constructors(FIRST, LAST), calendar, rules, state)


@pytest.fixture(scope="module")
def champions():
    over = range(FIRST, LAST)
    return frame(Champions, [{"season": s, "driver_id": "ann", "constructor_id": "red"} for s in over])


def backtest(made, titles, champions):
    context = dg.build_asset_context(partition_key_range=dg.PartitionKeyRange(str(FIRST), str(LAST)))
    return made(constructor_title_model, context, titles, champions)


@pytest.fixture(scope="module")
def tested(made, titles, champions):
    return backtest(made, titles, champions)


def test_seasons_with_ten_finished_ones_before_them_have_a_backtest(tested):
    assert tested["season"].unique().sort().to_list() == [2005, 2006, 2007]
    assert not tested.filter(season=2007)["is_scored"].any()  # still running


def test_scored_are_the_days_before_the_season_and_after_each_race_but_the_last(tested):
    days = tested.filter("is_scored", season=2005)["round"].unique().sort().to_list()
    assert days == [0, 1, 2]
    assert tested.filter("is_scored", season=2005)["as_of"].n_unique() == 3  # not the sprint's day


def test_the_leader_has_the_share_of_earlier_leaders_and_the_rest_share_evenly(tested, champions, made, titles):
    first = tested.filter(season=2005, round=1, learner="points_leader")
    leader = first["probability"].max()
    assert first["probability"].sort().to_list() == pytest.approx([(1 - leader) / 2, (1 - leader) / 2, leader])
    later = titles.filter(pl.col("season") <= 2005)
    alone = backtest(made, later, champions.filter(pl.col("season") < 2005))
    asked = alone.filter(season=2005, round=1, learner="points_leader")
    assert asked["probability"].to_list() == first["probability"].to_list()  # later seasons change nothing


def test_the_simulation_is_scored_beside_the_leader(made, tested):
    scores = made(constructor_title_scores, tested).filter(part="all", period="from_2006")
    assert set(scores["learner"]) == {"uniform", "points_leader", "fixed", "simulation", "season_by_season"}
    assert set(scores["decisions"]) == {3}
