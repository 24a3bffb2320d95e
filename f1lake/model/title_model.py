"""model/title_model: the backtest of the title recipe, with out-of-sample probabilities of every decision."""

import dagster as dg
import dataframely as dy
import polars as pl

from f1lake.model.learn.backtest import backtest, of_the_fit
from f1lake.model.learn.decision import DRIVER, PARTS, sum_to_1, title_key, within_bounds
from f1lake.model.learn.title import LEARNERS, title_fit, title_odds_by, title_rows
from f1lake.partitions import SEASONS, UP_TO_SEASON, seasons_of
from f1lake.storage.contract import enforced, table


class TitleModel(dy.Schema):
    """Who will be champion, according to the recipe fitted on the seasons before: one row per entrant, day and learner.

    A season with fewer finished seasons before it than the recipe needs (ten) has no rows.
    """

    locals().update(title_key(DRIVER))
    learner = dy.Enum(
        LEARNERS, primary_key=True,
        description="fixed: the simulation, nothing chosen on a season after 2005; simulation: with constants learned "
        "every fourth season; stature: a logit on it and on the wins of the last 40 rounds; season_by_season: that of "
        "these three which cost least in the twenty seasons before, which is published; xgboost: trees that go on from "
        "stature; points_leader: the baseline, how often leaders became champion",
    )
    round = dy.Int32(min=0, description="the round of `as_of`, 0 before the season")
    part = dy.Enum(PARTS, description="before the season, or the quarter of its rounds just run")
    is_scored = dy.Bool(description="whether it counts: before the season, after a race but the last; once it is over")
    probability = dy.Float64(min=0, max=1, description="that the driver becomes champion")
    probability_low = dy.Float64(
        min=0, max=1, description="lower 90 % bound, over other simulations and fits on other draws of seasons"
    )
    probability_high = dy.Float64(min=0, max=1, description="upper 90 % bound")
    is_champion = dy.Bool(nullable=True, description="whether the driver became champion; null while the season runs")
    way = dy.String(description="which learner `season_by_season` is, in this season")
    locals().update(of_the_fit())
    bounds_hold_the_probability = within_bounds()
    probabilities_sum_to_1 = sum_to_1("probability", "as_of", "learner")


@dg.asset(
    **table("model/title_model", TitleModel),
    partitions_def=SEASONS,
    ins={
        "abt": dg.AssetIn(["abt", "title_abt"], partition_mapping=UP_TO_SEASON),
        "simulated": dg.AssetIn(["model", "simulated_titles"], partition_mapping=UP_TO_SEASON),
    },
)
@enforced(TitleModel)
def title_model(context: dg.AssetExecutionContext, abt: pl.LazyFrame, simulated: pl.LazyFrame) -> pl.DataFrame:
    """Each season of the run, by a fit on the seasons before it."""
    return backtest(
        TitleModel, seasons_of(context.partition_keys), title_rows(abt, simulated), title_fit, title_odds_by
    )
