"""silver/grid_penalties: who had to start further back than qualified, and by how many places."""

import dagster as dg
import dataframely as dy
import polars as pl

from f1lake.partitions import SEASONS
from f1lake.raw.f1db_race_data import GRID, SPRINT_GRID
from f1lake.silver.f1db import INPUTS, of_sessions
from f1lake.storage.contract import enforced, table

BACK = "SFB"


class GridPenalties(dy.Schema):
    """The grid penalties of races and sprints, one row a driver: F1DB's, from 1996. Without F1DB there are no rows."""

    season = dy.Int32(primary_key=True, min=1950, description="year of the championship")
    round = dy.Int32(primary_key=True, min=1, description="place in the season's calendar, from 1")
    session = dy.Enum(
        ["Race", "Sprint"], primary_key=True, description="of whose grid", metadata={"from": ["type"]}
    )
    driver_id = dy.String(primary_key=True, description="the source's id of the driver")
    places = dy.Int32(
        nullable=True, min=0, description="places back; null for the back of the grid",
        metadata={"from": ["gridPenaltyPositions"]},
    )
    is_to_back = dy.Bool(
        description="whether the start was from the back of the grid", metadata={"from": ["gridPenalty"]}
    )


@dg.asset(**table("silver/grid_penalties", GridPenalties), partitions_def=SEASONS, ins=INPUTS)
@enforced(GridPenalties)
def grid_penalties(
    rows: pl.LazyFrame, races: pl.LazyFrame, events: pl.LazyFrame, ids: pl.LazyFrame
) -> pl.LazyFrame:
    """F1DB's rows of the starting grids that name a penalty."""
    return of_sessions(rows.drop_nulls("gridPenalty"), races, events, ids, GRID, SPRINT_GRID).select(
        "season", "round", "session", "driver_id", places="gridPenaltyPositions",
        is_to_back=pl.col("gridPenalty") == BACK,
    )
