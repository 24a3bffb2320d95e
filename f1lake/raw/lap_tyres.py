"""raw/lap_tyres: the tyres of each lap of a session; only with an F1TV account."""

from collections.abc import Iterator

import dagster as dg
import dataframely as dy
import polars as pl

from f1lake.raw.event_rows import OF_EVENTS
from f1lake.raw.live_timing import OfSession, collected_part
from f1lake.storage.contract import enforced, table

TABLE = "raw/lap_tyres"


class LapTyres(OfSession):
    """One row per driver and lap of a session."""

    DriverNumber = dy.String(primary_key=True, description="car number")
    LapNumber = dy.Int64(primary_key=True, min=1, description="which lap, from 1")
    Stint = dy.Int64(nullable=True, min=1, description="number of the stint among the driver's, from 1")
    Compound = dy.String(nullable=True, description="SOFT, MEDIUM, HARD, INTERMEDIATE, WET or UNKNOWN")
    TyreLife = dy.Int64(nullable=True, min=0, description="laps driven on this set", metadata={"unit": "laps"})
    FreshTyre = dy.Bool(nullable=True, description="whether the set was new at the start of the stint")


@dg.asset(**table(TABLE, LapTyres), **OF_EVENTS)
@enforced(LapTyres)
def lap_tyres(
    context: dg.AssetExecutionContext, schedule: pl.LazyFrame, results: pl.LazyFrame
) -> Iterator[dg.Output[dict[str, pl.DataFrame]]]:
    """The sessions of the run's past events."""
    yield from collected_part(context, schedule, results, "tyres", TABLE, LapTyres)
