"""odds/strengths: how strong cars and drivers were estimated to be on every day, from what was known then."""

import dagster as dg
import dataframely as dy
import numpy as np
import polars as pl

from f1lake.model.season.known import past_of
from f1lake.model.strength.follow import Field, State
from f1lake.partitions import SEASONS, UP_TO_SEASON, seasons_of
from f1lake.storage.contract import enforced, table

CAR, DRIVER = KINDS = ("car", "driver")
SCORES = {"unit": "standard deviations of a field"}


class Strengths(dy.Schema):
    """The strength of every car and driver with a race or sprint in the season so far, on the evening of each such day.

    From the state-space model of model/strength, filtered, so that nothing later is in it. The performance of a driver
    on a weekend is car + driver. The score of one session has a standard deviation of about 1 over the field.
    """

    season = dy.Int32(min=1950, description="season of `as_of`")
    as_of = dy.Date(primary_key=True, description="the day of a race or sprint")
    kind = dy.Enum(KINDS, primary_key=True, description="car (a team under its successive names) or driver")
    entity_id = dy.String(primary_key=True, description="the driver's id, or the lineage_id of silver/constructors")
    mean = dy.Float64(description="the strength, higher is faster", metadata=SCORES)
    sd = dy.Float64(min=0, description="standard deviation of what is not known about it", metadata=SCORES)
    rank = dy.Int32(min=1, description="place by `mean` among the day's cars or drivers")


@dg.asset(
    **table("odds/strengths", Strengths),
    partitions_def=SEASONS,
    ins={
        "results": dg.AssetIn(["silver", "session_results"], partition_mapping=UP_TO_SEASON),
        "constructors": dg.AssetIn(["silver", "constructors"], partition_mapping=UP_TO_SEASON),
    },
)
@enforced(Strengths)
def strengths(context: dg.AssetExecutionContext, results: pl.LazyFrame, constructors: pl.LazyFrame) -> pl.DataFrame:
    """The filtered strengths after every session of the run's seasons, from all sessions before."""
    past, seasons = past_of(results.collect(), constructors.collect()), seasons_of(context.partition_keys)
    states = zip(past.field.day, past.states.values(), strict=True)
    days = [as_rows(past.field, state, day) for day, state in states if state.season in seasons]
    return pl.concat([Strengths.create_empty(), *days])


def as_rows(field: Field, state: State, day: np.datetime64) -> pl.DataFrame:
    """The state on a day, one row for each entity that has raced in the season."""
    here = np.flatnonzero(state.seen == state.season)
    codes = state.entities[here]
    return pl.DataFrame(
        {
            "season": pl.repeat(state.season, len(here), dtype=pl.Int32, eager=True),
            "as_of": pl.repeat(day.item(), len(here), dtype=pl.Date, eager=True),
            "kind": pl.Series(np.where(codes < field.cars, CAR, DRIVER)).cast(pl.Enum(KINDS)),
            "entity_id": [field.names[code] for code in codes],
            "mean": state.mean[here],
            "sd": np.sqrt(np.diag(state.covariance)[here]),
        }
    ).with_columns(rank=pl.col("mean").rank("ordinal", descending=True).over("kind").cast(pl.Int32))
