"""Whole files of the lake, on disk or on S3: get, put, list, remove.

Not here: what is in a file (`raw_io.py`), and Delta tables, whose files belong to delta-rs.
"""

import datetime as dt
import fcntl
import functools
import hashlib
import os
import uuid
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from botocore.exceptions import ClientError

from f1lake.storage.place import on_s3, s3

OUTRUN = ("PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey")
"""Error codes of S3 for a conditional put that another writer won."""


def get(address: str) -> bytes | None:
    """The content of a file, or None if there is none."""
    if not on_s3():
        try:
            return Path(address).read_bytes()
        except FileNotFoundError:
            return None
    try:
        return _client().get_object(**_object(address))["Body"].read()
    except ClientError as error:
        if error.response["Error"]["Code"] == "NoSuchKey":
            return None
        raise


def put(address: str, content: bytes) -> None:
    """Write a file completely or not at all: a reader sees the old one or the new one."""
    if on_s3():
        _client().put_object(**_object(address), Body=content)
    else:
        put_on_disk(Path(address), content)


def put_on_disk(target: Path, content: bytes) -> None:
    """Write a file of this machine completely or not at all, even while others write the same file."""
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.{uuid.uuid4().hex}.partial")
    try:
        with partial.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def get_tagged(address: str) -> tuple[bytes, str] | None:
    """The content of a file and the tag of this version, for `put_if`; None if there is no file."""
    if not on_s3():
        content = get(address)
        return None if content is None else (content, _digest(content))
    try:
        answer = _client().get_object(**_object(address))
    except ClientError as error:
        if error.response["Error"]["Code"] == "NoSuchKey":
            return None
        raise
    return answer["Body"].read(), _tag(answer)


def put_if(address: str, content: bytes, tag: str | None) -> str | None:
    """Write a file if its version still has this tag (None: if there is no file yet). Returns the new version's tag,
    None if it had another.

    S3 decides by a conditional put, the disk under a lock beside the file. No two writers may write the same content.
    """
    if not on_s3():
        lock = Path(f"{address}.lock")
        lock.parent.mkdir(parents=True, exist_ok=True)
        with lock.open("a") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            present = get_tagged(address)
            if (present and present[1]) != tag:
                return None
            put(address, content)
        return _digest(content)
    condition = {"IfNoneMatch": "*"} if tag is None else {"IfMatch": tag}
    try:
        answer = _client().put_object(**_object(address), Body=content, **condition)
    except ClientError as error:
        is_outrun = error.response["Error"]["Code"] in OUTRUN
        if not is_outrun and error.response["ResponseMetadata"]["HTTPStatusCode"] < 500:
            raise
        # A put whose answer was lost is refused when it is repeated; Ceph's outrun writers get 500.
        present = get_tagged(address)
        if present and present[0] == content:
            return present[1]
        if not is_outrun and (present and present[1]) == tag:
            raise
        return None
    return _tag(answer)


def tagged(folder: str) -> dict[str, str]:
    """Every file below a folder, each with a tag that changes when the file does."""
    if not on_s3():
        below = [path for path in Path(folder).rglob("*") if path.is_file()]
        states = [(path.as_posix(), path.stat()) for path in below]
        return {path: f"{state.st_mtime_ns} {state.st_size} {state.st_ino}" for path, state in states}
    return {address: _tag(item) for address, item in _items_below(folder)}


def written(folder: str) -> dict[str, dt.datetime]:
    """The modification time of each file below a folder."""
    if not on_s3():
        below = [path for path in Path(folder).rglob("*") if path.is_file()]
        return {path.as_posix(): dt.datetime.fromtimestamp(path.stat().st_mtime, dt.UTC) for path in below}
    return {address: item["LastModified"] for address, item in _items_below(folder)}


def _items_below(folder: str) -> list[tuple[str, dict[str, Any]]]:
    """S3's metadata of each object below a folder, with its address."""
    inside = _object(f"{folder}/")
    pages = _client().get_paginator("list_objects_v2").paginate(Bucket=inside["Bucket"], Prefix=inside["Key"])
    items = [item for page in pages for item in page.get("Contents", [])]
    return [(f"s3://{inside['Bucket']}/{item['Key']}", item) for item in items]


def _tag(answer: Mapping[str, Any]) -> str:
    return answer["ETag"].strip('"')  # Ceph's If-Match knows no quotes, AWS takes both


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def listed(folder: str, pattern: str) -> list[str]:
    """The files of a folder whose relative path matches a pattern (`season=*/round=*.parquet`), sorted."""
    if not on_s3():
        return sorted(path.as_posix() for path in Path(folder).glob(pattern))
    inside = _object(f"{folder}/")
    pages = _client().get_paginator("list_objects_v2").paginate(
        Bucket=inside["Bucket"], Prefix=inside["Key"] + pattern.partition("*")[0]
    )
    keys = [PurePosixPath(item["Key"]) for page in pages for item in page.get("Contents", [])]
    depth = len(PurePosixPath(inside["Key"], pattern).parts)
    return sorted(
        f"s3://{inside['Bucket']}/{key}" for key in keys if key.match(pattern) and len(key.parts) == depth
    )


def holds_files(folder: str) -> bool:
    """Whether there is any file below a folder."""
    if not on_s3():
        return any(path.is_file() for path in Path(folder).rglob("*"))
    inside = _object(f"{folder}/")
    return _client().list_objects_v2(Bucket=inside["Bucket"], Prefix=inside["Key"], MaxKeys=1).get("KeyCount", 0) > 0


def tagged_after(folder: str, name: str) -> dict[str, str]:
    """The files in a folder on S3 whose names sort after this one, each with a tag that changes when the file does."""
    inside = _object(f"{folder}/")
    pages = _client().get_paginator("list_objects_v2").paginate(
        Bucket=inside["Bucket"], Prefix=inside["Key"], Delimiter="/", StartAfter=inside["Key"] + name
    )
    items = [item for page in pages for item in page.get("Contents", [])]
    return {item["Key"].rpartition("/")[2]: _tag(item) for item in items}


def below(folder: str, prefix: str) -> list[str]:
    """The files below a folder whose relative path begins like this, at any depth, sorted."""
    if not on_s3():
        return sorted(path.as_posix() for start in Path(folder).glob(f"{prefix}*") for path in _files_of(start))
    inside = _object(f"{folder}/")
    pages = _client().get_paginator("list_objects_v2").paginate(Bucket=inside["Bucket"], Prefix=inside["Key"] + prefix)
    return sorted(f"s3://{inside['Bucket']}/{item['Key']}" for page in pages for item in page.get("Contents", []))


def remove(address: str) -> None:
    """Remove a file if it exists."""
    if on_s3():
        _client().delete_object(**_object(address))
    else:
        Path(address).unlink(missing_ok=True)


def _files_of(path: Path) -> list[Path]:
    return [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]


def _object(address: str) -> dict[str, str]:
    bucket, _, key = address.removeprefix("s3://").partition("/")
    return {"Bucket": bucket, "Key": key}


def _client() -> Any:
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    return _client_of(endpoint, os.environ.get("AWS_ACCESS_KEY_ID"))


@functools.lru_cache(maxsize=1)
def _client_of(endpoint: str | None, key: str | None) -> Any:
    """One client for all files of a user, because creating one takes longer than a request."""
    return s3().get_client()
