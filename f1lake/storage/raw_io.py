"""The I/O manager of raw: one parquet file a partition, as FastF1 returned it, on disk or on S3.

`raw/<table>/season=2026/round=09.parquet` for a race event, `raw/<table>/season=2026.parquet`
for a season. A file is written whole or not at all, and only where it differs from what is
there (`collected_at` apart).
"""

import io
import os
import tempfile
from pathlib import Path

import dagster as dg
import polars as pl
from botocore.exceptions import ClientError

from f1lake.partitions import seasons_of
from f1lake.settings import settings
from f1lake.storage.contract import CONTRACTS, empty_frame, key_columns, volatile_columns
from f1lake.storage.lake import TableMissingError, on_s3, s3, storage_options, uri


class RawIOManager(dg.IOManager):
    """Stores `{partition key: frame}`; loads the files of the reading run's own seasons as one lazy frame."""

    def handle_output(self, context: dg.OutputContext, obj: dict[str, pl.DataFrame]) -> None:
        """Write each partition's file that differs, and say which seasons changed.

        Raises `ValueError` if the frames are not exactly the run's partitions.
        """
        name = "/".join(context.asset_key.path)
        if set(obj) != set(context.asset_partition_keys):
            raise ValueError(f"{name}: frames for {sorted(obj)}, but the run is for {sorted(context.asset_partition_keys)}")
        changed = [key for key in sorted(obj) if self.write(name, key, obj[key])]
        context.add_output_metadata({
            "path": dg.MetadataValue.path(uri(name)),
            "changed_seasons": ",".join(map(str, seasons_of(changed))),
        })

    def load_input(self, context: dg.InputContext) -> pl.LazyFrame:
        """Every file of the reading run's seasons, in the shape of the contract"""
        name = "/".join(context.asset_key.path)
        return self.read(name, seasons_of(context.step_context.partition_keys))

    def write(self, name: str, key: str, frame: pl.DataFrame) -> bool:
        """Write one partition's file if it says anything new; True if it did."""
        stored = self.read_one(name, key)
        if stored is not None and _same(name, stored, frame):
            return False
        buffer = io.BytesIO()
        frame.write_parquet(buffer)
        target = partition_path(name, key)
        if on_s3():
            bucket, _, prefix = target.removeprefix("s3://").partition("/")
            s3().get_client().put_object(Bucket=bucket, Key=prefix, Body=buffer.getvalue())
        else:
            _write_whole(Path(target), buffer.getvalue())
        return True

    def read_one(self, name: str, key: str) -> pl.DataFrame | None:
        """One partition's rows, or None if it was never stored."""
        target = partition_path(name, key)
        if not on_s3():
            return pl.read_parquet(target, hive_partitioning=False) if Path(target).is_file() else None
        bucket, _, prefix = target.removeprefix("s3://").partition("/")
        try:
            body = s3().get_client().get_object(Bucket=bucket, Key=prefix)["Body"].read()
        except ClientError as error:
            if error.response["Error"]["Code"] in ("NoSuchKey", "404"):
                return None
            raise
        return pl.read_parquet(io.BytesIO(body), hive_partitioning=False)

    def read(self, name: str, seasons: list[int] | None = None) -> pl.LazyFrame:
        """The stored rows of some seasons (of all: None), lazily.

        Raises `TableMissingError` if none of these seasons has a file.
        """
        files = stored_files(name, seasons)
        if not files:
            what = "" if seasons is None else f" for {_span(seasons)}"
            raise TableMissingError(
                f"{name} has no file{what} in the lake at {settings().lake}: collect it first (`f1lake collect`)"
            )
        return pl.scan_parquet(
            files, schema=empty_frame(name).collect_schema(), hive_partitioning=False,
            missing_columns="insert", extra_columns="ignore", storage_options=storage_options() or None,
        )


def partition_path(name: str, key: str) -> str:
    """Where a partition's file is: `2026-09` or `2026` under a raw table."""
    season, _, round_ = key.partition("-")
    return uri(f"{name}/season={season}/round={round_}.parquet" if round_ else f"{name}/season={season}.parquet")


def stored_keys(name: str, seasons: list[int] | None = None) -> list[str]:
    """The partition keys of a raw table that have a file, sorted."""
    keys = []
    for file in stored_files(name, seasons):
        season, _, rest = file.rpartition("season=")[2].removesuffix(".parquet").partition("/round=")
        keys.append(f"{season}-{rest}" if rest else season)
    return sorted(keys)


def stored_files(name: str, seasons: list[int] | None = None) -> list[str]:
    """The files of a raw table, of some seasons if given, sorted."""
    if on_s3():
        bucket, _, prefix = uri(name).removeprefix("s3://").partition("/")
        pages = s3().get_client().get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=f"{prefix}/")
        files = [f"s3://{bucket}/{item['Key']}" for page in pages for item in page.get("Contents", [])]
    else:
        files = [path.as_posix() for path in Path(uri(name)).rglob("season=*.parquet")]
        files += [path.as_posix() for path in Path(uri(name)).glob("season=*/round=*.parquet")]
    if seasons is not None:
        wanted = {str(season) for season in seasons}
        files = [f for f in files if f.rpartition("season=")[2][:4] in wanted]
    return sorted(files)


def _write_whole(target: Path, content: bytes) -> None:
    """Write beside the target, then rename over it: a reader sees the old file or the new one."""
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=".", suffix=".partial")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _same(name: str, stored: pl.DataFrame, frame: pl.DataFrame) -> bool:
    volatile, keys = volatile_columns(CONTRACTS[name]), key_columns(CONTRACTS[name])
    columns = [c for c in frame.columns if c not in volatile]
    if set(stored.columns) != set(frame.columns):
        return False
    return stored.select(columns).sort(keys).equals(frame.select(columns).sort(keys))


def _span(seasons: list[int]) -> str:
    return f"season {seasons[0]}" if len(seasons) == 1 else f"any season {seasons[0]}-{seasons[-1]}"
