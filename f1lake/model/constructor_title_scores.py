"""model/constructor_title_scores: how good the odds of the constructors' title have been, from their backtest."""

import dagster as dg
import dataframely as dy
import polars as pl

from f1lake.model.constructor_title_model import LEARNERS
from f1lake.model.judge import metrics
from f1lake.model.judge.metrics import AFTER_RACES, ALL_PARTS, UNIFORM, score_columns, title_decisions
from f1lake.model.learn.decision import PARTS
from f1lake.model.learn.title import LEADER
from f1lake.model.title_scores import PERIODS
from f1lake.storage.contract import enforced, table


class ConstructorTitleScores(dy.Schema):
    """Mean out-of-sample scores of the constructors' title odds, by learner, period and part of the season."""

    learner = dy.Enum((UNIFORM, *LEARNERS), primary_key=True, description="as in model/constructor_title_model")
    period = dy.Enum(tuple(PERIODS), primary_key=True, description="as in model/title_scores")
    part = dy.Enum((ALL_PARTS, AFTER_RACES, *PARTS), primary_key=True, description="as in model/title_scores")
    locals().update(score_columns(LEADER))


@dg.asset(
    **table("model/constructor_title_scores", ConstructorTitleScores),
    ins={"backtest": dg.AssetIn(["model", "constructor_title_model"])},
)
@enforced(ConstructorTitleScores)
def constructor_title_scores(backtest: pl.LazyFrame) -> pl.DataFrame:
    """The scores of the whole backtest."""
    decisions = title_decisions(backtest.collect(), PERIODS)
    return ConstructorTitleScores.cast(metrics.title_scores(decisions, LEADER))
