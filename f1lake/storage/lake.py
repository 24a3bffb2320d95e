"""Where the lake is, on disk or on S3, and how to read its tables outside a Dagster run.

Paths are stable and documented, so that DuckDB, pandas or a BI tool find the tables too:
`<lake>/raw/<table>/season=2026/round=09.parquet` and `<lake>/<layer>/<table>` (Delta).
"""

import os
from collections.abc import Iterable

import polars as pl
from dagster_aws.s3 import S3Resource
from dagster_deltalake import S3Config
from deltalake import DeltaTable
from deltalake.exceptions import TableNotFoundError

from f1lake.settings import settings
from f1lake.storage.contract import empty_frame


class TableMissingError(LookupError):
    """A table that something needs has never been materialized."""


def uri(table: str) -> str:
    """The address of a table, `silver/events`, or of anything else in the lake."""
    return f"{settings().lake}/{table}"


def on_s3() -> bool:
    """Whether the lake is on S3 (or something that speaks its protocol)."""
    return settings().lake.startswith("s3://")


def storage_options() -> dict[str, str]:
    """What delta-rs and polars need beside AWS's own variables; empty for a lake on disk."""
    if not on_s3():
        return {}
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    options = S3Config(endpoint=endpoint, region=os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION"))
    allow_http = {"allow_http": "true"} if (endpoint or "").startswith("http://") else {}
    return {k: v for k, v in options.str_dict().items() if k in ("endpoint", "region")} | allow_http


def s3() -> S3Resource:
    """dagster-aws's S3 resource, as AWS's own variables configure it."""
    return S3Resource(endpoint_url=os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL"))


def delta_table(table: str) -> DeltaTable | None:
    """The Delta table as it is now, or None if it was never written."""
    try:
        return DeltaTable(uri(table), storage_options=storage_options())
    except TableNotFoundError:
        return None


def version(table: str) -> int | None:
    """The Delta version of a table, or None if it was never written: cheap enough to poll."""
    found = delta_table(table)
    return None if found is None else found.version()


def read(table: str, seasons: Iterable[int] | None = None) -> pl.LazyFrame:
    """A Delta table of the lake, cut to some seasons if given.

    Raises `TableMissingError` if it was never materialized. No seasons at all (an empty list)
    give an empty frame without touching the table.
    """
    wanted = None if seasons is None else list(seasons)
    if wanted == []:
        return empty_frame(table)
    found = delta_table(table)
    if found is None:
        raise TableMissingError(
            f"{table} is not in the lake at {settings().lake}: materialize it first (`f1lake build`, or in the Dagster UI)"
        )
    frame = pl.scan_delta(found)
    return frame if wanted is None else frame.filter(pl.col("season").is_in(wanted))
