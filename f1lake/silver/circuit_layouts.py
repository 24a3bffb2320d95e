"""silver/circuit_layouts: on which layout of its circuit each race is driven."""

import dagster as dg
import dataframely as dy
import polars as pl

from f1lake.partitions import SEASONS
from f1lake.silver.f1db import EVENTS, RACES, our_rounds
from f1lake.storage.contract import enforced, table


class CircuitLayouts(dy.Schema):
    """The layout of every race, those to come too: F1DB's. Without F1DB there are no rows."""

    season = dy.Int32(primary_key=True, min=1950, description="year of the championship")
    round = dy.Int32(primary_key=True, min=1, description="place in the season's calendar, from 1")
    circuit_id = dy.String(description="the source's id of the circuit")
    layout_id = dy.String(
        description="F1DB's id of the layout, `silverstone-8`", metadata={"from": ["circuitLayoutId"]}
    )
    length_km = dy.Float64(
        min=0, description="length of a lap", metadata={"from": ["courseLength"], "unit": "km"}
    )
    turns = dy.Int32(min=0, description="turns of a lap")
    direction = dy.String(nullable=True, description="CLOCKWISE, ANTI_CLOCKWISE or FIGURE_8")
    circuit_type = dy.String(
        nullable=True, description="RACE, STREET or ROAD", metadata={"from": ["circuitType"]}
    )


@dg.asset(**table("silver/circuit_layouts", CircuitLayouts), partitions_def=SEASONS, ins=RACES | EVENTS)
@enforced(CircuitLayouts)
def circuit_layouts(races: pl.LazyFrame, events: pl.LazyFrame) -> pl.LazyFrame:
    """F1DB's races that are events of the lake, and of which it has the layout."""
    known = our_rounds(races, events)
    return (
        races.join(known, on=["season", "round"]).drop("round").drop_nulls(["circuitLayoutId", "courseLength", "turns"])
        .join(events.select("season", "circuit_id", our_round="round"), on=["season", "our_round"])
        .select(
            "season", "circuit_id", "turns", "direction", round="our_round", layout_id="circuitLayoutId",
            length_km="courseLength", circuit_type="circuitType",
        )
        .select(CircuitLayouts.column_names()).sort("season", "round")
    )  # fmt: skip
