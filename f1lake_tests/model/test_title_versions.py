import polars as pl
import pytest

from f1lake.model.learn.title import TitleFit, title_rows
from f1lake.model.registry import store
from f1lake.model.registry.names import registered_name
from f1lake.model.registry.promotion import StaleBacktestError
from f1lake.model.title_versions import OFFERED, title_versions
from f1lake_tests.model.small import backtest, scores, simulated, title_abt

pytestmark = pytest.mark.usefixtures("empty_store")


@pytest.fixture(scope="module")
def abt():
    return title_abt()


@pytest.fixture(scope="module")
def tested(made, abt):
    return backtest(made, abt, 2001, 2007)


@pytest.fixture
def train(made):
    def run(abt, tested):
        return made(title_versions, abt, simulated(abt), tested, scores(made, tested))

    return run


def test_the_same_data_and_recipe_are_registered_once_for_each_learner(train, abt, tested):
    first = train(abt, tested)
    assert first["learner"].to_list() == list(OFFERED)
    assert first.select("version", "fitted_from", "fitted_through", "seasons").rows() == [
        (1, 1991, 2006, 16), (2, 1991, 2006, 16)
    ]  # fmt: skip
    assert first["is_champion"].sum() == 1
    assert train(abt, tested).equals(first)
    running_on = title_abt(running_rounds=3)
    assert train(running_on, tested).equals(first)  # a race of the running season is no reason to train


def test_what_is_published_goes_on_with_newer_data_and_what_was_restored_stays_until_then(train, abt, tested):
    train(abt.filter(pl.col("season") < 2006), tested.filter(pl.col("season") < 2006))
    store.crown(TitleFit.NAME, 1)
    versions = train(abt, tested)
    ours = versions.filter(learner=OFFERED[0])
    assert ours["fitted_through"].to_list() == [2005, 2006]
    assert "champion (because the champion's recipe, refitted)" in ours["decision"][1]
    store.crown(TitleFit.NAME, 1)
    assert train(abt, tested).filter("is_champion")["version"].to_list() == [1]


def test_a_backtest_that_lacks_decisions_registers_nothing(train, abt, tested):
    with pytest.raises(StaleBacktestError, match=r"\[2004\]"):
        train(abt, tested.filter(pl.col("season") != 2004))
    older = tested.with_columns(recipe=pl.when(pl.col("season") == 2002).then(pl.lit("older")).otherwise("recipe"))
    with pytest.raises(StaleBacktestError, match=r"\[2002\]"):
        train(abt, older)
    assert store.versions(TitleFit.NAME) == []


def test_too_little_history_registers_nothing(train, abt, tested):
    assert train(abt.filter(pl.col("season") > 2000), tested.clear()).is_empty()


def test_mlflow_serves_the_published_probabilities(train, abt, tested):
    train(abt, tested)
    store.crown(TitleFit.NAME, 1)
    import mlflow

    served = mlflow.pyfunc.load_model(f"models:/{registered_name(TitleFit.NAME)}@champion")
    rows = title_rows(abt.filter(season=2007).lazy(), simulated(abt).lazy()).reverse()
    asked = rows.select(served.metadata.get_input_schema().input_names()).to_pandas()
    of_season = tested.filter(season=2007, learner="season_by_season")
    published = of_season.select("as_of", "driver_id", expected="probability")
    both = rows.with_columns(pl.from_pandas(served.predict(asked))).join(published, on=["as_of", "driver_id"])
    assert both["probability"].to_list() == pytest.approx(both["expected"].to_list(), abs=1e-12)
    assert both.height == rows.height
