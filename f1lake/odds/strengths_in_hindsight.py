"""odds/strengths_in_hindsight: who was the best driver, apart from the car? Estimated from all sessions, later ones
included.
"""

import dagster as dg
import dataframely as dy
import numpy as np
import polars as pl

from f1lake.model.season.known import past_of
from f1lake.odds.strengths import Strengths, as_rows
from f1lake.storage.contract import enforced, table


class StrengthsInHindsight(dy.Schema):
    """The strength of every car and driver at the end of every season, estimated from the whole history.

    A report, not a feature: later results, and the cars in which they were achieved, tell how good a driver was before.
    Drivers of different times are comparable only as far as the fields were equally strong.
    """

    season = dy.Int32(primary_key=True, min=1950, description="the season at whose last session it is")
    kind, entity_id, mean, sd = Strengths.kind, Strengths.entity_id, Strengths.mean, Strengths.sd
    rank = dy.Int32(min=1, description="place by `mean` among the season's cars or drivers")


@dg.asset(
    **table("odds/strengths_in_hindsight", StrengthsInHindsight),
    ins={
        "results": dg.AssetIn(["silver", "session_results"]),
        "constructors": dg.AssetIn(["silver", "constructors"]),
    },
)
@enforced(StrengthsInHindsight)
def strengths_in_hindsight(results: pl.LazyFrame, constructors: pl.LazyFrame) -> pl.DataFrame:
    """The smoothed strengths after the last session of every season."""
    past = past_of(results.collect(), constructors.collect())
    smooth, last = past.filter.smoothed(), np.flatnonzero(np.diff(past.field.season, append=-1))
    days = [as_rows(past.field, smooth[i], past.field.day[i]).drop("as_of") for i in last]
    return pl.concat([StrengthsInHindsight.create_empty(), *days])
