"""Where the lake is, on disk or on S3, and how to read its tables outside a Dagster run.

Paths are stable and documented, so that DuckDB, pandas or a BI tool find the tables too:
`<lake>/raw/<table>/season=2026/round=09.parquet` and `<lake>/<layer>/<table>` (Delta).
"""

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import polars as pl
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError, TableNotFoundError

from f1lake.settings import settings

if TYPE_CHECKING:
    from dagster_aws.s3 import S3Resource


class TableMissingError(LookupError):
    """A table that something needs has never been materialized."""


def uri(table: str) -> str:
    """The address of a table, `silver/events`, or of anything else in the lake."""
    return f"{settings().lake}/{table}"


def on_s3() -> bool:
    """Whether the lake is on S3 (or something that speaks its protocol)."""
    return settings().lake.startswith("s3://")


def storage_options() -> dict[str, str]:
    """What delta-rs and polars need beside AWS's own variables, which they read: leave to use plain http."""
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL") or ""
    return {"allow_http": "true"} if on_s3() and endpoint.startswith("http://") else {}


def s3() -> "S3Resource":
    """dagster-aws's S3 resource; boto3 takes address, region and credentials from AWS's own variables."""
    from dagster_aws.s3 import S3Resource  # a third of a run's start, and a lake on disk has no use for it

    return S3Resource()


class _Table(DeltaTable):
    """A Delta table that polars can read wherever it is: delta-rs gives `Jo%C3%A3o` for `João`."""

    def file_uris(self, *args: Any, **kwargs: Any) -> list[str]:
        return [unquote(address) for address in super().file_uris(*args, **kwargs)]


def delta_table(table: str) -> DeltaTable | None:
    """The Delta table as it is now, or None if it was never written."""
    try:
        return _Table(uri(table), storage_options=storage_options())
    except TableNotFoundError:
        return None


def version(table: str) -> int | None:
    """The Delta version of a table, or None if it was never written: cheap enough to poll."""
    found = delta_table(table)
    return None if found is None else found.version()


def read(table: str, seasons: Iterable[int] | None = None) -> pl.LazyFrame:
    """A Delta table of the lake, cut to some seasons if given, in the types that Delta has (no enumerations).

    Raises `TableMissingError` if it was never materialized.
    """
    found = delta_table(table)
    if found is None:
        raise TableMissingError(
            f"{table} is not in the lake at {settings().lake}: materialize it first "
            "(`f1lake build`, or in the Dagster UI)"
        )
    return rows(found, seasons)


def read_version(table: str, number: int) -> pl.LazyFrame | None:
    """A Delta table as it was in a version, or None where that has been cleaned up."""
    try:
        old = rows(_Table(uri(table), version=number, storage_options=storage_options())).collect()
    except (DeltaError, OSError, pl.exceptions.ComputeError):
        return None
    return old.lazy()


def rows(found: DeltaTable, seasons: Iterable[int] | None = None) -> pl.LazyFrame:
    """The rows of this version of a table; only the files of the seasons are opened."""
    frame = pl.scan_delta(found)
    return frame if seasons is None else frame.filter(pl.col("season").is_in(list(seasons)))


def changes_since(table: str, version: int, seasons: Iterable[int]) -> pl.DataFrame:
    """A bronze table's change data feed after a version, of some seasons: with `_change_type`, `_commit_version`.

    Raises `TableMissingError` if the table was never materialized.
    """
    found = delta_table(table)
    if found is None:
        raise TableMissingError(f"{table} is not in the lake at {settings().lake}: materialize it first")
    if found.version() <= version:
        return rows(found).head(0).collect().with_columns(_change_type=pl.lit(""), _commit_version=pl.lit(0)).clear()
    feed = pl.DataFrame(found.load_cdf(starting_version=version + 1))
    return feed.filter(pl.col("season").is_in(list(seasons)))
