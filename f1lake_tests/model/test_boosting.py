import numpy as np
import pytest

from f1lake.model.boosting import boosted, fitted_trees, in_bins, softmax

PARAMS = {
    "tree_method": "hist", "max_bin": 16, "nthread": 1, "max_depth": 1, "eta": 0.3, "base_score": 0, "seed": 0,
    "min_child_weight": 0,
}  # fmt: skip


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


def test_trees_learn_what_the_margin_does_not_say(decided):
    seen, margin, won, decisions = decided
    weight = np.ones(len(won))
    trees = fitted_trees(in_bins(seen, margin, PARAMS), won, decisions, weight, PARAMS, 60)
    gained = boosted(trees, seen, margin) - margin
    assert gained[seen[:, 0] > 0].mean() - gained[seen[:, 0] <= 0].mean() == pytest.approx(1.5, abs=0.15)


def test_rows_without_weight_teach_nothing(decided):
    seen, margin, won, decisions = decided
    early = decisions < 1000
    matrix = in_bins(seen, margin, PARAMS)
    upside_down = np.where(early, won, ~won)
    taught, told_otherwise = (
        fitted_trees(matrix, answers, decisions, early.astype(float), PARAMS, 5) for answers in (won, upside_down)
    )
    assert boosted(taught, seen, margin).tolist() == boosted(told_otherwise, seen, margin).tolist()
