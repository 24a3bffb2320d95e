import polars as pl
import pytest

from f1lake.model.learn.title import TitleFit
from f1lake.model.registry import store
from f1lake.model.title_versions import title_versions
from f1lake.odds.title_odds import title_odds
from f1lake.storage.delta_io import DeltaIOManager
from f1lake.storage.lake import version
from f1lake_tests.model.small import ROUNDS, backtest, scores, simulated, title_abt

DAY = ["as_of", "driver_id"]
pytestmark = pytest.mark.usefixtures("empty_store")


@pytest.fixture(scope="module")
def abt():
    return title_abt()


@pytest.fixture(scope="module")
def tested(made, abt):
    return backtest(made, abt, 2001, 2007)


@pytest.fixture
def trained(made, abt, tested):
    versions = made(title_versions, abt, simulated(abt), tested, scores(made, tested))
    store.crown(TitleFit.NAME, 1)
    return versions


def test_the_running_season_is_scored_by_the_champion_and_the_past_is_its_backtest(made, abt, tested, trained):
    odds = made(title_odds, abt, simulated(abt), tested)
    recipe = trained["recipe"][0]
    seasons = odds.group_by("model_version").agg(pl.col("season").min(), last=pl.col("season").max()).sort("season")
    assert seasons.rows() == [(f"backtest-{recipe}", 2001, 2006), ("1", 2007, 2007)]
    both = odds.join(tested.filter(learner="season_by_season"), on=DAY, suffix="_tested")
    assert both.height == odds.height
    assert both["probability"].to_list() == both["probability_tested"].to_list()  # what was measured is what is used


def test_a_new_race_is_scored_without_training(made, abt, tested, trained):
    new = title_abt(running_rounds=3).filter(season=2007)
    odds = made(title_odds, new, simulated(new), tested.filter(season=2007))
    assert odds["as_of"].n_unique() == 4
    before = made(title_odds, abt.filter(season=2007), simulated(abt.filter(season=2007)), tested.filter(season=2007))
    same = odds.join(before, on=DAY, suffix="_before")
    assert same["probability"].to_list() == same["probability_before"].to_list()
    assert [v.number for v in store.versions(TitleFit.NAME)] == [1, 2]


def test_when_the_season_is_over_the_champion_has_1(made, tested, trained):
    over = title_abt(last=2008, running_rounds=0).filter(season=2007)
    odds = made(title_odds, over, simulated(over), tested.filter(season=2007))
    last = odds.join(over.filter(round=ROUNDS), on=DAY)
    assert last["probability"].to_list() == last["is_champion"].cast(pl.Float64).to_list()


def test_nothing_new_writes_no_version(made, abt, tested, trained, lake):
    io = DeltaIOManager()
    assert io.write("odds/title_odds", made(title_odds, abt, simulated(abt), tested), list(range(2001, 2008)))
    assert not io.write("odds/title_odds", made(title_odds, abt, simulated(abt), tested), list(range(2001, 2008)))
    assert version("odds/title_odds") == 0


def test_too_little_history_gives_no_odds(made, abt, tested):
    assert made(title_odds, abt.filter(season=1995), simulated(abt.filter(season=1995)), tested.clear()).is_empty()


def test_a_backtest_without_a_registered_model_is_an_error(made, abt, tested):
    with pytest.raises(store.NoChampionError, match="f1lake train"):
        made(title_odds, abt, simulated(abt), tested)
