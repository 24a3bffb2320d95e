"""model/title_scores: how good the title recipe has been, from its backtest."""

import dagster as dg
import dataframely as dy
import polars as pl

from f1lake.model.metrics import AFTER_RACES, ALL_PARTS, PARTS, by_decision, scores
from f1lake.model.title_fit import LEARNERS
from f1lake.model.title_recipe import BASELINE, LAST_SEASON_OF_CHOICE, RECIPE_ID
from f1lake.storage.contract import enforced, table

UNIFORM = "uniform"
CHOICE, TEST = "to_2005", "from_2006"


class TitleScores(dy.Schema):
    """Mean scores of the title odds out of sample, by learner, period and part of the season.

    Every choice was made on `to_2005`; `from_2006` measures it. Intervals are of 90 %, from a
    bootstrap over seasons.
    """

    learner = dy.Enum(
        (UNIFORM, *LEARNERS), primary_key=True, description="as in model/title_model; uniform knows nothing"
    )
    period = dy.Enum((CHOICE, TEST), primary_key=True, description="seasons to 2005, or from 2006")
    part = dy.Enum(
        (ALL_PARTS, AFTER_RACES, *PARTS), primary_key=True,
        description="all scored decisions, those after a race, those before the season, or of one quarter of it",
    )
    log_loss = dy.Float64(min=0, description="mean of -log(probability of what happened)", metadata={"unit": "nats"})
    log_loss_low = dy.Float64(min=0, description="lower 90 % bound", metadata={"unit": "nats"})
    log_loss_high = dy.Float64(min=0, description="upper 90 % bound", metadata={"unit": "nats"})
    gain = dy.Float64(description="log loss of points_gap, less this one, same decisions", metadata={"unit": "nats"})
    gain_low = dy.Float64(description="lower 90 % bound", metadata={"unit": "nats"})
    gain_high = dy.Float64(description="upper 90 % bound", metadata={"unit": "nats"})
    brier = dy.Float64(min=0, max=2, description="mean squared error, summed over the entrants")
    top1 = dy.Float64(min=0, max=1, description="share of decisions whose favourite won; equals share")
    decisions = dy.Int32(min=1, description="scored decisions")
    seasons = dy.Int32(min=1, description="seasons that they belong to")
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
    period = pl.when(pl.col("season") <= LAST_SEASON_OF_CHOICE).then(pl.lit(CHOICE)).otherwise(pl.lit(TEST))
    return by_decision(pl.concat([rows, uniform], how="vertical_relaxed")).with_columns(period=period)
