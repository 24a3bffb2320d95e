"""Where the lake is, on disk or on S3, and what libraries need to get there."""

import os
from typing import TYPE_CHECKING

from f1lake.imports import without_garbage
from f1lake.settings import settings

if TYPE_CHECKING:
    from dagster_aws.s3 import S3Resource


def uri(table: str) -> str:
    """The address of a table, `silver/events`, or of any other path in the lake."""
    return f"{settings().lake}/{table}"


def on_s3() -> bool:
    """Whether the lake is on S3 or a service with the same protocol."""
    return settings().lake.startswith("s3://")


def storage_options() -> dict[str, str]:
    """Options that delta-rs and polars need beside AWS's own variables: permission to use plain http."""
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL") or ""
    return {"allow_http": "true"} if on_s3() and endpoint.startswith("http://") else {}


def s3() -> "S3Resource":
    """dagster-aws's S3 resource; boto3 takes address, region and credentials from AWS's own variables."""
    with without_garbage():
        from dagster_aws.s3 import S3Resource  # a third of a run's start, and a lake on disk has no use for it

    return S3Resource()
