import polars as pl
import pytest
from polars.testing import assert_frame_equal

from f1lake.model import title_fit as module
from f1lake.model.title_fit import StaleFitError, TitleFit
from f1lake.model.title_recipe import title_fit
from f1lake_tests.model.test_title_recipe import title_abt


@pytest.fixture(scope="module")
def abt():
    return title_abt()


@pytest.fixture(scope="module")
def fit(abt) -> TitleFit:
    fit = title_fit(abt)
    assert fit is not None
    return fit


def test_a_stored_fit_says_the_same(fit, abt, tmp_path):
    fit.save(tmp_path / "fit")
    again = TitleFit.load(tmp_path / "fit")
    running = abt.filter(season=2007)
    assert_frame_equal(again.probabilities(running), fit.probabilities(running), check_exact=True)
    assert (again.recipe, again.fitted_from, again.fitted_through) == (fit.recipe, 1991, 2006)


def test_a_fit_stored_for_another_way_of_scoring_is_refused(fit, tmp_path, monkeypatch):
    fit.save(tmp_path / "fit")
    monkeypatch.setattr(module, "SCORING", module.SCORING + 1)
    with pytest.raises(StaleFitError, match="f1lake train"):
        TitleFit.load(tmp_path / "fit")


def test_the_order_of_the_rows_does_not_matter(fit, abt):
    running = abt.filter(season=2007)
    assert_frame_equal(fit.probabilities(running.reverse()), fit.probabilities(running), check_exact=True)


def test_the_probability_lies_within_its_interval(fit, abt):
    odds = fit.probabilities(abt)
    assert odds["probability"].is_between(odds["probability_low"], odds["probability_high"]).all()
    assert (odds["probability_high"] > odds["probability_low"]).any()


def test_trees_go_on_from_the_simulation(fit, abt):
    """Nothing but the simulation changes: who is simulated to win more often is likelier."""
    running = abt.filter(season=2007, round=1)
    other = running.with_columns(simulated=pl.when(pl.col("driver_id") == "ann").then(0.9).otherwise(0.1 / 3))
    before, after = (fit.probabilities(rows).filter(driver_id="ann") for rows in (running, other))
    more = pl.col("probability") > pl.col("probability_right")
    change = after.join(before, on=["learner"]).select("learner", more=more)
    assert {"xgboost", "forest", "simulation", "combined"} <= set(change.filter("more")["learner"])
