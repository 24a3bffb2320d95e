"""model/title_scores: how good the title recipe has been, from its backtest."""

import dagster as dg
import dataframely as dy
import polars as pl

from f1lake.model.metrics import AFTER_RACES, ALL_PARTS, PARTS, by_decision, in_periods, score_columns, scores
from f1lake.model.title_model import TESTED
from f1lake.model.title_recipe import BASELINE, RECIPE_ID
from f1lake.storage.contract import enforced, table

UNIFORM = "uniform"
CHOICE, BEFORE_TEST, TEST = "to_2005", "1996_2005", "from_2006"
PERIODS = {CHOICE: (1950, 2005), BEFORE_TEST: (1996, 2005), TEST: (2006, 9999)}
"""First and last seasons; every choice was made on the first period, of which the second is the end."""


class TitleScores(dy.Schema):
    """Mean scores of the title odds out of sample, by learner, period and part of the season.

    Every choice was made on `to_2005`; `from_2006` measures it. Intervals are of 90 %, from a
    bootstrap over seasons.
    """

    learner = dy.Enum(
        (UNIFORM, *TESTED), primary_key=True, description="as in model/title_model; uniform knows nothing"
    )
    period = dy.Enum(tuple(PERIODS), primary_key=True, description="seasons to 2005, its last ten, or from 2006")
    part = dy.Enum(
        (ALL_PARTS, AFTER_RACES, *PARTS), primary_key=True,
        description="all scored decisions, those after a race, those before the season, or of one quarter of it",
    )
    locals().update(score_columns(BASELINE))
    recipe = dy.String(description="id of the recipe")


@dg.asset(
    **table("model/title_scores", TitleScores),
    ins={"backtest": dg.AssetIn(["model", "title_model"])},
)
@enforced(TitleScores)
def title_scores(backtest: pl.LazyFrame) -> pl.DataFrame:
    """The scores of the whole backtest, whichever seasons were fitted last."""
    scored = scores(scored_decisions(backtest), BASELINE).with_columns(recipe=pl.lit(RECIPE_ID))
    return TitleScores.cast(scored)


def scored_rows(backtest: pl.LazyFrame) -> pl.LazyFrame:
    """The rows that count, by the recipe as it is now; enumerations as text, for other learners to join."""
    current = backtest.filter(pl.col("is_scored"), pl.col("recipe") == RECIPE_ID)
    return current.with_columns(pl.col("learner", "part").cast(pl.String))


def scored_decisions(backtest: pl.LazyFrame) -> pl.DataFrame:
    """One row a scored decision and learner, uniform among them, by the recipe as it is now."""
    rows = scored_rows(backtest)
    uniform = rows.filter(pl.col("learner") == BASELINE).with_columns(
        learner=pl.lit(UNIFORM), probability=1 / pl.len().over("as_of")
    )
    return in_periods(by_decision(pl.concat([rows, uniform], how="vertical_relaxed")), PERIODS)
