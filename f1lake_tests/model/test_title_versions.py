import polars as pl
import pytest

from f1lake.model import registry
from f1lake.model import title_versions as module
from f1lake.model.learn.title import title_rows
from f1lake.model.promotion import StaleBacktestError, compared
from f1lake.model.title_scores import TEST, scored_decisions
from f1lake.model.title_versions import MODEL, title_versions
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


def test_the_same_data_and_recipe_are_registered_once(train, abt, tested):
    first = train(abt, tested)
    assert first.select("version", "fitted_from", "fitted_through", "is_champion").rows() == [(1, 1991, 2006, True)]
    assert train(abt, tested).equals(first)
    running_on = title_abt(running_rounds=3)
    assert train(running_on, tested).equals(first)  # a race of the running season is no reason to train


def test_the_champions_recipe_on_newer_data_takes_over(made, train, abt, tested):
    train(abt.filter(pl.col("season") < 2006), tested.filter(pl.col("season") < 2006))
    versions = train(abt, tested)
    assert versions.select("fitted_through", "is_champion").rows() == [(2005, False), (2006, True)]


def test_a_version_restored_by_hand_stays_until_there_is_a_new_fit(train, abt, tested):
    train(abt.filter(pl.col("season") < 2006), tested.filter(pl.col("season") < 2006))
    train(abt, tested)
    registry.crown(MODEL, 1)
    assert train(abt, tested)["is_champion"].to_list() == [True, False]


@pytest.mark.parametrize(("worse_by", "expected"), [(0.1, [False, True]), (-0.1, [True, False])])
def test_another_recipe_must_be_better_on_the_same_decisions(train, abt, tested, monkeypatch, worse_by, expected):
    logged = module._as_logged

    def of_another_recipe(fit, *args):
        said = logged(fit, *args)
        decisions = said.tables["decisions"].with_columns(pl.col("log_loss") + worse_by)
        tags = {**said.tags, "recipe": "other", "fingerprint": "other"}
        return registry.Fit(**{**said.__dict__, "tags": tags, "tables": {"decisions": decisions}})

    with monkeypatch.context() as patch:
        patch.setattr(module, "_as_logged", of_another_recipe)
        train(abt, tested)
    versions = train(abt, tested)
    assert versions["is_champion"].to_list() == expected, versions["decision"].to_list()


def test_only_decisions_that_both_were_scored_on_are_compared(tested):
    of_test = scored_decisions(tested.lazy()).filter(learner="season_by_season", period=TEST)
    decisions = of_test.select("season", "as_of", "log_loss")
    worse_elsewhere = decisions.with_columns(log_loss=pl.col("log_loss") - 0.01)
    assert compared(worse_elsewhere, decisions.head(1)).takes_over
    assert not compared(decisions, decisions).takes_over
    assert not compared(decisions, decisions.clear()).takes_over


def test_a_backtest_that_lacks_decisions_registers_nothing(train, abt, tested):
    with pytest.raises(StaleBacktestError, match=r"\[2004\]"):
        train(abt, tested.filter(pl.col("season") != 2004))
    older = tested.with_columns(recipe=pl.when(pl.col("season") == 2002).then(pl.lit("older")).otherwise("recipe"))
    with pytest.raises(StaleBacktestError, match=r"\[2002\]"):
        train(abt, older)
    assert registry.versions(MODEL) == []


def test_too_little_history_registers_nothing(train, abt, tested):
    assert train(abt.filter(pl.col("season") > 2000), tested.clear()).is_empty()


def test_mlflow_serves_the_published_probabilities(train, abt, tested):
    train(abt, tested)
    import mlflow

    served = mlflow.pyfunc.load_model(f"models:/{MODEL}@champion")
    rows = title_rows(abt.filter(season=2007).lazy(), simulated(abt).lazy()).reverse()
    asked = rows.select(served.metadata.get_input_schema().input_names()).to_pandas()
    of_season = tested.filter(season=2007, learner="season_by_season")
    published = of_season.select("as_of", "driver_id", expected="probability")
    both = rows.with_columns(pl.from_pandas(served.predict(asked))).join(published, on=["as_of", "driver_id"])
    assert both["probability"].to_list() == pytest.approx(both["expected"].to_list(), abs=1e-12)
    assert both.height == rows.height
