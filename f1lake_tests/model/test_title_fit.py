import datetime as dt
import json
import sys

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from f1lake.model.learn import race, stored, title
from f1lake.model.learn.decision import best_way, is_scored
from f1lake.model.learn.stored import StaleFitError, fingerprint
from f1lake.model.learn.title import (
    FIXED,
    INPUTS,
    KEY,
    LEADER,
    LEARNERS,
    PUBLISHED,
    SIMULATION,
    STATURE,
    TitleFit,
    redrawn_shares,
    seen_of,
    title_fit,
    title_rows,
)
from f1lake_tests.model import small


def rows(*args, **more) -> pl.DataFrame:
    """A made-up title table with its simulations."""
    abt = small.title_abt(*args, **more)
    return title_rows(abt.lazy(), small.simulated(abt).lazy())


@pytest.fixture(scope="module")
def history() -> pl.DataFrame:
    return rows()


@pytest.fixture(scope="module")
def fit(history) -> TitleFit:
    fit = title_fit(history)
    assert fit is not None
    return fit


def test_a_stored_fit_says_the_same(fit, history, tmp_path):
    fit.save(tmp_path / "fit")
    again = TitleFit.load(tmp_path / "fit")
    running = history.filter(season=2007)
    assert_frame_equal(again.probabilities(running), fit.probabilities(running), check_exact=True)
    assert (again.recipe, again.fitted_from, again.fitted_through) == (fit.recipe, 1991, 2006)


def test_only_who_asks_the_trees_waits_for_xgboost(fit, history, tmp_path, monkeypatch):
    fit.save(tmp_path / "fit")
    monkeypatch.setitem(sys.modules, "xgboost", None)
    again, running = TitleFit.load(tmp_path / "fit"), history.filter(season=2007)
    assert again.probabilities(running, [PUBLISHED]).height == running.height
    with pytest.raises(ImportError):
        again.probabilities(running, ["xgboost"])


def test_a_fit_stored_for_another_way_of_scoring_is_refused(fit, tmp_path, monkeypatch):
    fit.save(tmp_path / "fit")
    monkeypatch.setattr(TitleFit, "SCORING", TitleFit.SCORING + 1)
    with pytest.raises(StaleFitError, match="f1lake train"):
        TitleFit.load(tmp_path / "fit")


def test_a_fit_of_the_code_before_is_refused(tmp_path):
    with pytest.raises(StaleFitError, match="f1lake train"):
        TitleFit.load(tmp_path)


def test_the_order_of_the_rows_does_not_matter(fit, history):
    running = history.filter(season=2007)
    assert_frame_equal(fit.probabilities(running.reverse()), fit.probabilities(running), check_exact=True)


def test_the_probability_lies_within_its_interval(fit, history):
    odds = fit.probabilities(history)
    assert odds["probability"].is_between(odds["probability_low"], odds["probability_high"]).all()
    has_width = (pl.col("probability_high") > pl.col("probability_low")).any()
    uncertain = odds.group_by("learner").agg(has_width).filter(pl.col("probability_high"))["learner"].to_list()
    assert set(uncertain) == set(LEARNERS) - {LEADER}


def test_the_interval_of_two_equals_is_that_of_the_simulations(fit):
    """A share of a half of 1,000 simulations: 90 % of others have 47.4 to 52.6 %."""
    seen = pl.DataFrame({"as_of": [dt.date(2007, 5, 1)] * 2, "share": [0.5, 0.5]})
    low, high = np.quantile(redrawn_shares(seen, "share", 2000)[:, 1:], (0.05, 0.95), axis=1)
    assert low == pytest.approx([0.474, 0.474], abs=0.003)
    assert high == pytest.approx([0.526, 0.526], abs=0.003)


def test_a_fit_made_on_other_simulations_is_refused(fit, tmp_path, monkeypatch):
    fit.save(tmp_path)
    assert TitleFit.load(tmp_path) == fit
    monkeypatch.setattr(stored, "SIMULATED_BY", "another")
    with pytest.raises(StaleFitError, match="f1lake train"):
        TitleFit.load(tmp_path)


def test_who_is_simulated_to_win_more_often_is_likelier(fit, history):
    running = history.filter(season=2007, round=1)
    other = running.with_columns(simulation=pl.when(pl.col("driver_id") == "ann").then(0.9).otherwise(0.1 / 3))
    before, after = (fit.probabilities(asked).filter(driver_id="ann") for asked in (running, other))
    both = after.join(before, on="learner").filter(pl.col("learner").is_in([SIMULATION, STATURE, "xgboost"]))
    assert both.height == 3
    assert (both["probability"] > both["probability_right"]).all()


def test_published_is_the_way_that_was_chosen(fit, history):
    odds = fit.probabilities(history.filter(season=2007))
    published, chosen = (
        odds.filter(learner=name).drop("learner") for name in (PUBLISHED, fit.way)
    )
    assert_frame_equal(published, chosen, check_exact=True)


def test_the_choice_is_the_cheapest_of_the_twenty_seasons_before_and_of_equals_the_first():
    cost = pl.DataFrame({"season": [1985, 1990, 2005], FIXED: [0.0, 2.0, 2.0], SIMULATION: [9.0, 1.0, 1.0]})
    assert best_way(cost, 2005, [FIXED, SIMULATION]) == FIXED
    assert best_way(cost, 2006, [FIXED, SIMULATION]) == SIMULATION
    assert best_way(cost.clear(), 2006, [FIXED, SIMULATION]) == FIXED


def test_fewer_than_ten_finished_seasons_are_too_few():
    assert title_fit(rows(1991, 2000)) is None  # 2000 is running
    assert title_fit(rows(1991, 2001)) is not None


def test_a_season_whose_champion_did_not_enter_teaches_nothing():
    history = rows(1991, 2001)
    stranger = history.with_columns(is_champion=pl.when(pl.col("season") == 1995).then(False).otherwise("is_champion"))
    assert title_fit(stranger) is None


def test_a_gap_counts_in_rounds_at_the_leaders_pace(history):
    day = history.filter(season=2000, round=2)
    seen, pace = seen_of(day), day["points_season"].max() / 2
    assert seen["gap_rounds"].to_list() == pytest.approx((day.sort("driver_id")["points_gap"] / pace).to_list())


def test_a_fit_is_named_by_what_it_is_fitted_on(history):
    def named(rows):
        return fingerprint("recipe", rows.filter(is_scored("is_champion")).select(*KEY, *INPUTS, "is_champion"))

    assert named(history) == named(history.filter(pl.col("season") < 2007))  # the running season is not yet fitted on
    other = history.with_columns(simulation=pl.col("simulation") * (1 - 1e-3))
    assert named(other) != named(history)


@pytest.mark.parametrize("recipe", [title.RECIPE, race.RECIPE])
def test_the_id_of_a_recipe_is_the_same_in_every_checkout_and_process(recipe):
    assert json.loads(json.dumps(recipe)) == recipe, "plain values only: an object's text names its address in memory"
    assert "season.days.ENTRY_KEPT" in recipe


def test_no_row_gives_no_odds_of_any_learner(fit, history):
    """The champion has seen every season of the run: all odds are the backtest's."""
    assert fit.probabilities(history.clear()).is_empty()
