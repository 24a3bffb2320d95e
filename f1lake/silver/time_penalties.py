"""silver/time_penalties: time that stewards added after a race or sprint."""

import dagster as dg
import dataframely as dy
import polars as pl

from f1lake.partitions import SEASONS
from f1lake.raw.f1db_race_data import RACE, SPRINT
from f1lake.silver.f1db import INPUTS, of_sessions
from f1lake.storage.contract import enforced, table


class TimePenalties(dy.Schema):
    """The time penalties of races and sprints, one row a driver: F1DB's, from 1978. Without F1DB there are no rows."""

    season = dy.Int32(primary_key=True, min=1950, description="year of the championship")
    round = dy.Int32(primary_key=True, min=1, description="place in the season's calendar, from 1")
    session = dy.Enum(["Race", "Sprint"], primary_key=True, description="of which", metadata={"from": ["type"]})
    driver_id = dy.String(primary_key=True, description="the source's id of the driver")
    penalty_ms = dy.Int64(
        min=1, description="added to the race time", metadata={"from": ["timePenaltyMillis"], "unit": "ms"}
    )


@dg.asset(**table("silver/time_penalties", TimePenalties), partitions_def=SEASONS, ins=INPUTS)
@enforced(TimePenalties)
def time_penalties(
    rows: pl.LazyFrame, races: pl.LazyFrame, events: pl.LazyFrame, ids: pl.LazyFrame
) -> pl.LazyFrame:
    """F1DB's rows of races and sprints that name a penalty."""
    return of_sessions(rows.filter(pl.col("timePenaltyMillis") > 0), races, events, ids, RACE, SPRINT).select(
        "season", "round", "session", "driver_id", penalty_ms="timePenaltyMillis"
    )
