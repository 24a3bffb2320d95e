"""odds/constructor_title_odds: which constructor will be champion, as published. A race never retrains anything."""

import dagster as dg
import dataframely as dy
import polars as pl

from f1lake import clock
from f1lake.model.simulated_titles import CONSTRUCTOR, SIMULATIONS
from f1lake.odds.reasons import reason_columns, with_reasons
from f1lake.partitions import SAME_SEASON, SEASONS
from f1lake.raw.event_schedule import UTC_TIME
from f1lake.storage.contract import enforced, table

MODEL_VERSION = "simulation"
Z_90 = 1.645


class ConstructorTitleOdds(dy.Schema):
    """The probability of each constructor to become champion, on every day of a race or sprint and before the season.

    Simulated from strengths as they were known that day: always out of sample. From 1958, when the title began.
    """

    season = dy.Int32(primary_key=True, min=1950, description="year of the championship")
    as_of = dy.Date(primary_key=True, description="the day whose evening this is known on; 1 January before the season")
    constructor_id = dy.String(primary_key=True, description="the source's id of the constructor")
    model_version = dy.String(primary_key=True, description="`simulation`: nothing is fitted on titles")
    probability = dy.Float64(min=0, max=1, description="that the constructor becomes champion")
    probability_low = dy.Float64(min=0, max=1, description="lower 90 % bound, over other simulations")
    probability_high = dy.Float64(min=0, max=1, description="upper 90 % bound")
    made_at = dy.Datetime(description="when it was computed", metadata={"volatile": True}, **UTC_TIME)
    locals().update(reason_columns())

    @dy.rule()
    def probabilities_sum_to_1(cls) -> pl.Expr:
        """Over the entrants of a day."""
        return (pl.col("probability").sum().over("as_of", "model_version") - 1).abs() < 1e-9


@dg.asset(
    **table("odds/constructor_title_odds", ConstructorTitleOdds),
    partitions_def=SEASONS,
    ins={"simulated": dg.AssetIn(["model", "simulated_titles"], partition_mapping=SAME_SEASON)},
)
@enforced(ConstructorTitleOdds)
def constructor_title_odds(simulated: pl.LazyFrame) -> pl.DataFrame:
    """The simulated shares with their intervals and reasons."""
    rows = simulated.filter(pl.col("title") == CONSTRUCTOR).collect()
    share = pl.col("probability")
    spread = Z_90 * (share * (1 - share) / SIMULATIONS).sqrt()
    odds = rows.select(
        "season", "as_of", "probability",
        constructor_id="entrant_id",
        model_version=pl.lit(MODEL_VERSION),
        probability_low=(share - spread).clip(0, 1),
        probability_high=(share + spread).clip(0, 1),
        made_at=pl.lit(clock.now(), pl.Datetime("us", "UTC")),
    )
    return with_reasons(odds, rows, "constructor_id").select(ConstructorTitleOdds.column_names())
