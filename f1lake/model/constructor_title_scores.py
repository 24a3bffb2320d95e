"""model/constructor_title_scores: how good the odds of the constructors' title have been, from their backtest."""

import dagster as dg
import dataframely as dy
import polars as pl

from f1lake.model.constructor_title_model import LEADER, LEARNERS
from f1lake.model.metrics import AFTER_RACES, ALL_PARTS, PARTS, by_decision, in_periods, score_columns, scores
from f1lake.model.title_scores import PERIODS, UNIFORM
from f1lake.storage.contract import enforced, table


class ConstructorTitleScores(dy.Schema):
    """Mean scores of the odds of the constructors' title out of sample, by learner, period and part of the season."""

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
    return ConstructorTitleScores.cast(scores(constructor_decisions(backtest), LEADER))


def constructor_decisions(backtest: pl.LazyFrame) -> pl.DataFrame:
    """One row a scored decision and learner, uniform among them."""
    rows = backtest.filter("is_scored").with_columns(pl.col("learner", "part").cast(pl.String))
    uniform = rows.filter(pl.col("learner") == LEADER).with_columns(
        learner=pl.lit(UNIFORM), probability=1 / pl.len().over("as_of")
    )
    return in_periods(by_decision(pl.concat([rows, uniform], how="vertical_relaxed")), PERIODS)
