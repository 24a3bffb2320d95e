"""The tables that the tests of storage write: one of each kind, as small as the kind allows."""

import datetime as dt
import itertools
from collections.abc import Callable, Mapping
from typing import Any

import dagster as dg
import dataframely as dy
import polars as pl

from f1lake.partitions import SEASONS, UP_TO_SEASON
from f1lake.storage.contract import enforced, table
from f1lake.storage.delta_io import BronzeIOManager, DeltaIOManager
from f1lake.storage.raw_io import RawIOManager
from f1lake.storage.schemas import CONTRACTS

IO_MANAGERS = {
    "raw_io_manager": RawIOManager(), "bronze_io_manager": BronzeIOManager(), "delta_io_manager": DeltaIOManager()
}
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
SEEN = dt.datetime(2026, 7, 5, 12, tzinfo=dt.UTC)


class Results(dy.Schema):
    """A key with a null in it, an enumeration, a boolean, a list, and when the row was seen."""

    season = dy.Int32(metadata={"key": True})
    round = dy.Int32(metadata={"key": True, "part": True}, min=1)
    session = dy.Enum(["Race", "Sprint"], metadata={"key": True, "part": True})
    driver = dy.String(metadata={"key": True})
    number = dy.Int64(metadata={"key": True}, nullable=True)
    position = dy.Int64(nullable=True, min=1)
    is_classified = dy.Bool(nullable=True)
    points = dy.Float64(nullable=True)
    teams = dy.List(dy.String(), nullable=True)
    seen_at = dy.Datetime(time_unit="us", time_zone="UTC", metadata={"volatile": True})


class Calendar(dy.Schema):
    """A row is itself a round."""

    season = dy.Int32(primary_key=True)
    round = dy.Int32(primary_key=True)
    circuit = dy.String()


class Points(dy.Schema):
    """One row a season and driver."""

    season = dy.Int32(primary_key=True)
    driver = dy.String(primary_key=True)
    points = dy.Float64(nullable=True, min=0)
    kind = dy.Enum(["sum", "none"], nullable=True)


class Said(dy.Schema):
    """One row a round and driver, said once."""

    season = dy.Int32(primary_key=True)
    round = dy.Int32(primary_key=True)
    driver = dy.String(primary_key=True)
    probability = dy.Float64()


_count = itertools.count()


def new_table(layer: str, schema: type[dy.Schema]) -> str:
    """The name of a table that no other test writes, with its contract."""
    name = f"{layer}/table_{next(_count)}"
    CONTRACTS[name] = schema
    return name


def results(*rows: tuple[Any, ...], **columns: Any) -> pl.DataFrame:
    """Rows of `Results`: (season, round, session, driver, number, position), the rest as given or made up."""
    frame = pl.DataFrame(rows, schema=Results.column_names()[:6], orient="row")
    rest = {"is_classified": True, "points": 1.5, "teams": ["a", "b"], "seen_at": SEEN} | columns
    return Results.cast(frame.with_columns(**{name: pl.lit(value) for name, value in rest.items()}))


def points(*rows: tuple[Any, ...]) -> pl.DataFrame:
    """Rows of `Points`: (season, driver, points)."""
    frame = pl.DataFrame(rows, schema=["season", "driver", "points"], orient="row")
    return Points.cast(frame.with_columns(kind=pl.lit("sum")))


def season_asset(
    name: str, schema: type[dy.Schema], frame: pl.DataFrame,
    reads: Mapping[str, dg.AssetIn] | None = None, look: Callable[[pl.LazyFrame], object] = lambda _: None,
) -> dg.AssetsDefinition:
    """An asset by season that makes this frame, whatever it reads; `look` sees each of its inputs."""

    def make(**inputs: pl.LazyFrame) -> pl.LazyFrame:
        for loaded in inputs.values():
            look(loaded)
        return frame.lazy()

    return dg.asset(**table(name, schema), partitions_def=SEASONS, ins=reads)(enforced(schema)(make))


def up_to_season(name: str, last: int = 0) -> dg.AssetIn:
    """An input that looks back, up to this season (0) or the one before (-1)."""
    mapping = UP_TO_SEASON if last == 0 else dg.TimeWindowPartitionMapping(
        start_offset=-76, end_offset=last, allow_nonexistent_upstream_partitions=True
    )
    return dg.AssetIn(name.split("/"), partition_mapping=mapping)


def materialized(
    *assets: dg.AssetsDefinition, seasons: str, only: list[dg.AssetsDefinition] | None = None
) -> dg.ExecuteInProcessResult:
    """One run of these assets (of some: `only`) over a season or a range, `1950-2026`; the result has failures."""
    start, _, end = seasons.partition("-")
    tags = {"dagster/asset_partition_range_start": start, "dagster/asset_partition_range_end": end or start}
    return dg.materialize(
        [*assets], selection=only, tags=tags, resources=IO_MANAGERS, raise_on_error=False, run_config=QUIET
    )
