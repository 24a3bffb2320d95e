import numpy as np
import pytest

from f1lake.model.learn import boosting
from f1lake.model.learn.boosting import boosted, fitted_trees
from f1lake.model.learn.logit import logit, members_of, softmax


def test_softmax_by_hand():
    strengths = np.log([[1.0], [3.0], [2.0], [2.0], [0.5]])
    assert softmax(strengths, np.array([0, 0, 1, 1, 2])).ravel() == pytest.approx([0.25, 0.75, 0.5, 0.5, 1.0])


def test_softmax_gives_nothing_to_who_is_out():
    assert softmax(np.array([[0.0], [-np.inf]]), np.array([0, 0])).ravel().tolist() == [1.0, 0.0]


@pytest.fixture(scope="module")
def decided():
    """Four entrants a decision: what is known of them (the margin), what only the trees see, and who won."""
    chance, decisions = np.random.default_rng(0), 2000
    margin, seen = chance.normal(size=(2, decisions, 4))
    winner = (margin + 1.5 * (seen > 0) + chance.gumbel(size=margin.shape)).argmax(axis=1)
    won = np.arange(4) == winner[:, None]
    return seen.reshape(-1, 1), margin.ravel(), won.ravel(), np.repeat(np.arange(decisions), 4)


def test_trees_learn_what_the_margin_does_not_say(decided, monkeypatch):
    seen, margin, won, decisions = decided
    monkeypatch.setattr(boosting, "TREES", boosting.TREES | {"colsample_bytree": 1})
    trees = fitted_trees(seen, margin, won, decisions, np.ones(len(won)))
    gained = boosted(trees, seen, margin) - margin
    assert gained[seen[:, 0] > 0].mean() - gained[seen[:, 0] <= 0].mean() == pytest.approx(1.5, abs=0.15)


def test_rows_without_weight_teach_nothing(decided):
    seen, margin, won, decisions = decided
    early = decisions < 1000
    upside_down = np.where(early, won, ~won)
    taught, told_otherwise = (
        fitted_trees(seen, margin, answers, decisions, early.astype(float)) for answers in (won, upside_down)
    )
    assert boosted(taught, seen, margin).tolist() == boosted(told_otherwise, seen, margin).tolist()


def test_the_logit_finds_the_strength_of_what_decided_and_other_seasons_scatter_it(decided):
    seen, margin, won, decisions = decided
    x = np.column_stack([margin, seen > 0])
    weight, ridge = np.ones(len(x)), np.full(2, 1e-6)
    found = logit(x, won.astype(float), weight, ridge, decisions)
    assert found == pytest.approx([1.0, 1.5], abs=0.08)
    same, *again = members_of(x, won.astype(float), weight, ridge, decisions, decisions // 100, 50, seed=1)
    assert same.tolist() == found.tolist()
    again = np.array(again)
    assert again.mean(axis=0) == pytest.approx(found, abs=0.03)
    assert 0.01 < again[:, 0].std() < 0.06


def test_a_strong_ridge_keeps_the_coefficients_where_they_should_be(decided):
    seen, margin, won, decisions = decided
    x, goal = np.column_stack([margin, seen > 0]), np.array([2.0, 0.0])
    found = logit(x, won.astype(float), np.ones(len(x)), np.full(2, 1e9), decisions, goal)
    assert found == pytest.approx(goal, abs=1e-4)
