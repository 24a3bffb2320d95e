"""model/title_scores: how good the title recipe has been, from its backtest."""

import dagster as dg
import dataframely as dy
import polars as pl

from f1lake.model.judge import metrics
from f1lake.model.judge.metrics import AFTER_RACES, ALL_PARTS, CHOSEN_ON, UNIFORM, score_columns, title_decisions
from f1lake.model.learn.decision import PARTS
from f1lake.model.learn.title import LEADER, LEARNERS, RECIPE_ID
from f1lake.storage.contract import enforced, table

TEST = "from_2006"
PERIODS = CHOSEN_ON | {TEST: (2006, 9999)}


class TitleScores(dy.Schema):
    """Mean out-of-sample scores of the title odds, by learner, period and part of the season.

    The fixed protocol made every choice on `to_2005`; `from_2006` measures it. Intervals are of 90 %, from a bootstrap
    over seasons.
    """

    learner = dy.Enum(
        (UNIFORM, *LEARNERS), primary_key=True, description="as in model/title_model; uniform knows nothing"
    )
    period = dy.Enum(tuple(PERIODS), primary_key=True, description="seasons to 2005, its last ten, or from 2006")
    part = dy.Enum(
        (ALL_PARTS, AFTER_RACES, *PARTS), primary_key=True,
        description="all scored decisions, those after a race, those before the season, or of one quarter of it",
    )
    locals().update(score_columns(LEADER))
    recipe = dy.String(description="id of the recipe")


@dg.asset(
    **table("model/title_scores", TitleScores),
    ins={"backtest": dg.AssetIn(["model", "title_model"])},
)
@enforced(TitleScores)
def title_scores(backtest: pl.LazyFrame) -> pl.DataFrame:
    """The scores of the whole backtest, whichever seasons were fitted last."""
    scored = metrics.title_scores(scored_decisions(backtest), LEADER)
    return TitleScores.cast(scored.with_columns(recipe=pl.lit(RECIPE_ID)))


def scored_rows(backtest: pl.LazyFrame) -> pl.LazyFrame:
    """The rows that are scored, by the current recipe; enumerations as text."""
    current = backtest.filter(pl.col("is_scored"), pl.col("recipe") == RECIPE_ID)
    return current.with_columns(pl.col("learner", "part").cast(pl.String))


def scored_decisions(backtest: pl.LazyFrame) -> pl.DataFrame:
    """One row per scored decision, learner and period, by the current recipe."""
    return title_decisions(scored_rows(backtest).collect(), PERIODS)
