import numpy as np
import pytest
from polars.testing import assert_frame_equal

from f1lake.model import title_fit as module
from f1lake.model.title_fit import StaleFitError, TitleFit, softmax
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


def test_softmax_by_hand():
    strengths = np.log([[1.0], [3.0], [2.0], [2.0], [0.5]])
    assert softmax(strengths, np.array([0, 0, 1, 1, 2])).ravel() == pytest.approx([0.25, 0.75, 0.5, 0.5, 1.0])


def test_softmax_gives_nothing_to_who_is_out():
    assert softmax(np.array([[0.0], [-np.inf]]), np.array([0, 0])).ravel().tolist() == [1.0, 0.0]


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
