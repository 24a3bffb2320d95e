"""Where the lake is, on disk or on S3, and how to read its tables outside a Dagster run.

Paths are stable and documented, so that DuckDB, pandas or a BI tool find the tables too:
`<lake>/raw/<table>/season=2026/round=09.parquet` and `<lake>/<layer>/<table>` (Delta).
"""

import datetime as dt
from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote

import polars as pl
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError, TableNotFoundError

from f1lake.failures import ExplainedError
from f1lake.settings import settings
from f1lake.storage import working_copy
from f1lake.storage.place import on_s3, storage_options, uri

NAME_FILE = "lake.json"
"""The file with the lake's name for places that several lakes share (`model/registry/names.py`)."""

RUN_BEGAN = "dagster_run_began"
"""The key in a run's commit for the time when the run was requested, by the clock of Dagster's storage."""


class TableMissingError(ExplainedError, LookupError):
    """A table that something needs has never been materialized."""


class _Table(DeltaTable):
    """A Delta table that polars can read wherever it is; delta-rs returns `Jo%C3%A3o` for `João`."""

    copy_of: str | None = None
    """The table on S3 that this is a copy of; its data files are fetched when they are read."""

    def file_uris(self, *args: Any, **kwargs: Any) -> list[str]:
        return [unquote(address) for address in super().file_uris(*args, **kwargs)]


def delta_table(table: str) -> DeltaTable | None:
    """The current Delta table for reading, or None if it was never written. On S3 it is this machine's copy."""
    folder = working_copy.followed(table) if on_s3() else uri(table)
    table_here = None if folder is None else table_at(str(folder))
    if table_here is not None and on_s3():
        table_here.copy_of = table
    return table_here


def table_at(folder: str) -> _Table | None:
    """The Delta table in a folder of this machine, or None if there is none."""
    try:
        return _Table(folder)
    except TableNotFoundError:
        return None


def stored_table(table: str) -> DeltaTable | None:
    """The Delta table itself, wherever it is, for maintenance; None if it was never written."""
    # Only maintenance needs it, and it takes seconds to import.
    from dagster_deltalake import DeltaTableResource, LocalConfig, S3Config
    from dagster_deltalake.config import ClientConfig

    place = S3Config() if on_s3() else LocalConfig()
    client = ClientConfig(allow_http=True) if storage_options() else None
    try:
        return DeltaTableResource(url=uri(table), storage_options=place, client_options=client).load()
    except TableNotFoundError:
        return None


def version(table: str) -> int | None:
    """The Delta version of a table, or None if it was never written; cheap enough to poll."""
    delta = delta_table(table)
    return None if delta is None else delta.version()


def run_began(table: str) -> dt.datetime | None:
    """When the run that last changed a table was requested; None if there is none, or its log does not go back far
    enough.
    """
    delta = delta_table(table)
    noted = [commit[RUN_BEGAN] for commit in delta.history() if RUN_BEGAN in commit] if delta else []
    return dt.datetime.fromisoformat(noted[0]) if noted else None


def read(table: str, seasons: Iterable[int] | None = None) -> pl.LazyFrame:
    """A Delta table of the lake, restricted to some seasons if given, in Delta's types (no enumerations).

    Raises `TableMissingError` if it was never materialized.
    """
    delta = delta_table(table)
    if delta is None:
        raise TableMissingError(
            "{table} is not in the lake at {lake}: materialize it first (`f1lake build`, or in the Dagster UI)",
            table=table, lake=settings().lake,
        )
    return rows(delta, seasons)


def read_version(table: str, number: int) -> pl.LazyFrame | None:
    """A Delta table as of a version, or None if that version has been cleaned up."""
    try:
        delta = _Table(str(working_copy.followed(table) if on_s3() else uri(table)), version=number)
        delta.copy_of = table if on_s3() else None
        old = rows(delta).collect()
    except (DeltaError, OSError, pl.exceptions.ComputeError):
        return None
    return old.lazy()


def rows(of_table: DeltaTable, seasons: Iterable[int] | None = None) -> pl.LazyFrame:
    """The rows of this version of a table; only the files of the seasons are opened."""
    if isinstance(of_table, _Table) and of_table.copy_of:
        working_copy.bring(of_table.copy_of, of_table, seasons)
    frame = pl.scan_delta(of_table)
    return frame if seasons is None else frame.filter(pl.col("season").is_in(list(seasons)))


def changes_since(table: str, version: int, seasons: Iterable[int]) -> pl.DataFrame:
    """The change data feed of a bronze table after a version, for some seasons: with `_change_type`, `_commit_version`.

    Raises `TableMissingError` if the table was never materialized.
    """
    delta = delta_table(table)
    if delta is None:
        raise TableMissingError(
            "{table} is not in the lake at {lake}: materialize it first", table=table, lake=settings().lake
        )
    if delta.version() <= version:
        return rows(delta).head(0).collect().with_columns(_change_type=pl.lit(""), _commit_version=pl.lit(0)).clear()
    if on_s3():
        working_copy.bring_changes(table, version)
    feed = pl.DataFrame(delta.load_cdf(starting_version=version + 1))
    return feed.filter(pl.col("season").is_in(list(seasons)))
