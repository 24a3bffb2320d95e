import math

import polars as pl
import pytest

from f1lake.model.learn.title import LEARNERS
from f1lake_tests.model.small import DRIVERS, backtest, scores, title_abt


@pytest.fixture(scope="module")
def tested(made):
    return backtest(made, title_abt(), 2001, 2007)


def test_every_learner_is_scored_on_the_same_decisions(made, tested):
    table = scores(made, tested)
    whole = table.filter(part="all").sort("period", "learner")
    assert set(whole["learner"]) == {"uniform", *LEARNERS}
    assert set(whole.select("period", "decisions").rows()) == {("to_2005", 20), ("1996_2005", 20), ("from_2006", 4)}
    uniform = whole.filter(learner="uniform")
    assert uniform["log_loss"].to_list() == pytest.approx([math.log(len(DRIVERS))] * 3)
    assert uniform["top1"].to_list() == pytest.approx([1 / len(DRIVERS)] * 3)


def test_rows_of_another_recipe_do_not_count(made, tested):
    older = tested.with_columns(recipe=pl.when(pl.col("season") > 2005).then(pl.lit("older")).otherwise("recipe"))
    assert set(scores(made, older)["period"]) == {"to_2005", "1996_2005"}


def test_without_a_backtest_there_are_no_scores(made, tested):
    assert scores(made, tested.clear()).is_empty()
