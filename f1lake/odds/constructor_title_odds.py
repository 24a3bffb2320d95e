"""odds/constructor_title_odds: which constructor will be champion, as published. A race never triggers training."""

import dagster as dg
import dataframely as dy
import polars as pl

from f1lake import clock
from f1lake.model.constructor_title_model import WAYS, ConstructorTitleModel, constructor_rows
from f1lake.model.learn.decision import CONSTRUCTOR, TITLE, best_way, losses, sum_to_1, title_key, within_bounds
from f1lake.model.learn.title import FIXED, SIMULATION
from f1lake.model.season.simulate import TITLE_SIMULATIONS
from f1lake.model.title_model import TitleModel
from f1lake.odds.reasons import reason_columns, with_reasons
from f1lake.partitions import SEASONS, UP_TO_SEASON, seasons_of
from f1lake.raw.event_schedule import UTC_TIME
from f1lake.storage.contract import enforced, table

WITH_LEARNED, WITH_FIXED = "simulation", "simulation-fixed"
Z_90 = 1.645


class ConstructorTitleOdds(dy.Schema):
    """The probability of each constructor to become champion, on every day of a race or sprint and before the season.

    Simulated from strengths as known that day, hence always out of sample. From 1958, when the title began.
    """

    locals().update(title_key(CONSTRUCTOR))
    model_version = dy.String(
        primary_key=True,
        description="`simulation`: nothing is fitted on titles; `simulation-fixed`: with constants of seasons to 2005",
    )
    probability = ConstructorTitleModel.probability
    probability_low = dy.Float64(min=0, max=1, description="lower 90 % bound, over other simulations")
    probability_high = TitleModel.probability_high
    made_at = dy.Datetime(description="when it was computed", metadata={"volatile": True}, **UTC_TIME)
    locals().update(reason_columns())
    bounds_hold_the_probability = within_bounds()
    probabilities_sum_to_1 = sum_to_1("probability", "as_of", "model_version")


@dg.asset(
    **table("odds/constructor_title_odds", ConstructorTitleOdds),
    partitions_def=SEASONS,
    ins={
        "simulated": dg.AssetIn(["model", "simulated_titles"], partition_mapping=UP_TO_SEASON),
        "champions": dg.AssetIn(["silver", "champions"], partition_mapping=UP_TO_SEASON),
    },
)
@enforced(ConstructorTitleOdds)
def constructor_title_odds(
    context: dg.AssetExecutionContext, simulated: pl.LazyFrame, champions: pl.LazyFrame
) -> pl.DataFrame:
    """The simulated shares, with the constants that had the lower loss so far, their intervals and reasons."""
    rows = constructor_rows(simulated, champions)
    cost = losses(rows.filter("is_scored"), WAYS)
    ways = {season: best_way(cost, season, WAYS) for season in seasons_of(context.partition_keys)}
    is_fixed = pl.col("season").is_in([season for season, way in ways.items() if way == FIXED])
    share = pl.when(is_fixed).then(FIXED).otherwise(SIMULATION)
    spread = Z_90 * (share * (1 - share) / TITLE_SIMULATIONS).sqrt()
    odds = rows.filter(pl.col("season").is_in(list(ways))).select(
        *TITLE, "constructor_id",
        probability=share,
        model_version=pl.when(is_fixed).then(pl.lit(WITH_FIXED)).otherwise(pl.lit(WITH_LEARNED)),
        probability_low=(share - spread).clip(0, 1),
        probability_high=(share + spread).clip(0, 1),
        made_at=pl.lit(clock.now(), pl.Datetime("us", "UTC")),
    )
    terms = simulated.filter(pl.col("title") == CONSTRUCTOR, pl.col("season").is_in(list(ways))).collect()
    return with_reasons(odds, terms, "constructor_id").select(ConstructorTitleOdds.column_names())
