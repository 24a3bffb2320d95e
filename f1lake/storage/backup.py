"""Backups of what cannot be computed again: raw, bronze with its history, the published odds, and MLflow's store.

Everything else follows from these (`f1lake build`, `f1lake odds`). Not here: when a backup is made
(`automation/upkeep/maintenance.py`, `cli/`).
"""

import contextlib
import io
import re
import sqlite3
import tarfile
import tempfile
from pathlib import Path

import fsspec

from f1lake import clock
from f1lake.failures import UsageError
from f1lake.settings import settings
from f1lake.storage import files, looks
from f1lake.storage.lake import NAME_FILE
from f1lake.storage.retention import KEPT_FOREVER

NAME = "f1lake-{}-{:%Y-%m-%dT%H%M%S}.tar"
ADDRESSES = {
    "experiments": ("artifact_location",), "runs": ("artifact_uri",), "model_versions": ("source", "storage_location"),
    "logged_models": ("artifact_location",),
}
"""The columns of MLflow's store with addresses of artifacts, each of which contains the home."""


def back_up(to: Path | str, kept: int | None = None) -> str:
    """Write an archive to a folder, on disk or `s3://`, and keep only the newest `kept` of this lake there (None: all).

    Returns the address of the archive. Its name contains the lake's, so that lakes can share a folder. `lake/raw`,
    `lake/bronze` and `lake/odds/published` are folders of the lake, `lake/lake.json` is its name, `home/mlflow` is a
    folder of its home. The archive gets its name once it is complete; it is not compressed, because Parquet already is.

    Raises `UsageError` if the lake has none of them.
    """
    place, folder = fsspec.core.url_to_fs(str(to), use_listings_cache=False)
    lake = settings().home.name
    archive = f"{folder}/{NAME.format(lake, clock.now())}"
    place.makedirs(folder, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="f1lake-") as own:
        packed = Path(own) / "backup.tar"
        with tarfile.open(packed, "w") as tar:
            if not sum(_add_folder(tar, name) for name in (*KEPT_FOREVER, NAME_FILE)):
                raise UsageError(
                    "there is nothing to back up in {lake}: `f1lake collect` fills it", lake=settings().lake
                )
            _add_mlflow(tar, settings().home / "mlflow")
        try:
            place.put_file(str(packed), f"{archive}.partial")
            place.mv(f"{archive}.partial", archive)
        finally:
            if place.exists(f"{archive}.partial"):
                place.rm_file(f"{archive}.partial")
    if kept is not None:
        for old in sorted(path for path in place.ls(folder, detail=False) if _is_of(lake, path))[:-kept]:
            place.rm_file(old)
    return place.unstrip_protocol(archive).removeprefix("file://")


def restore(archive: str) -> int:
    """Restore an archive to this lake, on disk or S3, and its home. Returns the number of files of the lake.

    MLflow's addresses of artifacts are changed to those of this home. `f1lake build` and `f1lake odds` compute the
    rest. Raises `UsageError` if there is no such archive, or the lake or the home's MLflow store is not empty.
    """
    held = [name for name in KEPT_FOREVER if files.below(f"{settings().lake}/{name}", "")]
    if held or (settings().home / "mlflow" / "mlflow.db").exists():
        raise UsageError("{lake} is not empty: restore to a new lake, F1LAKE_LAKE says where", lake=settings().lake)
    count = 0
    place, path = fsspec.core.url_to_fs(archive)
    if not place.isfile(path):
        raise UsageError("there is no archive {archive}", archive=archive)
    with place.open(path, "rb") as packed, tarfile.open(fileobj=packed) as tar:
        for entry in tar:
            root, _, inside = entry.name.partition("/")
            content = tar.extractfile(entry)
            if content is None or ".." in Path(inside).parts:
                continue
            if root == "lake":
                count += 1
                files.put(f"{settings().lake}/{inside}", content.read())
            elif root == "home":
                files.put_on_disk(settings().home / inside, content.read())
    looks.say_changed()
    store = settings().home / "mlflow" / "mlflow.db"
    if store.exists():
        _move_addresses(store)
    return count


def _move_addresses(store: Path) -> None:
    """Make the addresses of artifacts in a store begin with the folder that the store is in now."""
    with contextlib.closing(sqlite3.connect(store)) as mlflow, mlflow:
        for table, columns in ADDRESSES.items():
            for column in columns:
                mlflow.execute(
                    f"UPDATE {table} SET {column} = ? || substr({column}, instr({column}, '/mlflow/artifacts') + 7) "
                    f"WHERE {column} LIKE 'file:%/mlflow/artifacts%' OR {column} LIKE '/%/mlflow/artifacts%'",
                    (store.parent.as_uri(),),
                )


def _is_of(lake: str, path: str) -> bool:
    name = path.rpartition("/")[2]
    return re.fullmatch(rf"f1lake-{re.escape(lake)}-\d{{4}}-\d\d-\d\dT\d{{6}}\.tar", name) is not None


def _add_folder(tar: tarfile.TarFile, folder: str) -> int:
    """Add every file of a layer or table, or one file. Returns the number of files.

    The logs of Delta tables come first. The files they name are never removed from these tables, so a version written
    meanwhile is in the archive either completely or not at all.
    """
    root = f"{settings().lake}/{folder}"
    paths = sorted(files.below(root, ""), key=lambda path: ("_delta_log" not in path, path)) or [root]
    count = 0
    for path in paths:
        content = files.get(path)
        if content is None or path.endswith(".partial"):
            continue  # removed meanwhile, or never whole
        entry = tarfile.TarInfo(f"lake/{folder}{path.removeprefix(root)}")
        entry.size, entry.mtime = len(content), int(clock.real_time())
        tar.addfile(entry, io.BytesIO(content))
        count += 1
    return count


def _add_mlflow(tar: tarfile.TarFile, home: Path) -> None:
    """Add the store as of one instant, whoever writes to it, and its artifacts."""
    if not (home / "mlflow.db").is_file():
        return  # a server keeps its own
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "mlflow.db"
        with (
            contextlib.closing(sqlite3.connect(home / "mlflow.db")) as store,
            contextlib.closing(sqlite3.connect(copy)) as target,
        ):
            store.backup(target)
        tar.add(copy, "home/mlflow/mlflow.db")
    if (home / "artifacts").is_dir():
        tar.add(home / "artifacts", "home/mlflow/artifacts")
