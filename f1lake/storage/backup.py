"""Backups of what cannot be made again: raw, bronze with its history, the published odds, and MLflow's store.

Everything else follows from these (`f1lake build`, `f1lake odds`). What does not belong here:
when a backup is made (`maintenance.py`, `cli.py`).
"""

import contextlib
import io
import sqlite3
import tarfile
import tempfile
from pathlib import Path

import fsspec

from f1lake import clock
from f1lake.settings import settings
from f1lake.storage.contract import KEPT_FOREVER
from f1lake.storage.lake import NAME_FILE

NAME = "f1lake-{:%Y-%m-%dT%H%M%S}.tar"


def back_up(to: Path, kept: int | None = None) -> Path:
    """Write an archive to a folder, and keep only the newest so many there (all: None); its path.

    `lake/raw`, `lake/bronze` and `lake/odds/published` in it are folders of a lake, `lake/lake.json` is its name,
    `home/mlflow` a folder of its home (`.f1lake/<lake>`). The archive has its own name once it is complete; Parquet is
    compressed already, so it is not.

    Raises `ValueError` if the lake has none of them.
    """
    to.mkdir(parents=True, exist_ok=True)
    archive = to / NAME.format(clock.now())
    partial = archive.with_suffix(".partial")
    try:
        with tarfile.open(partial, "w") as tar:
            if not sum(_add_folder(tar, folder) for folder in (*KEPT_FOREVER, NAME_FILE)):
                raise ValueError(f"there is nothing to back up in {settings().lake}: `f1lake collect` fills it")
            _add_mlflow(tar, settings().home / "mlflow")
        partial.replace(archive)
    finally:
        partial.unlink(missing_ok=True)
    if kept is not None:
        for old in sorted(to.glob("f1lake-*.tar"))[:-kept]:
            old.unlink()
    return archive


def _add_folder(tar: tarfile.TarFile, folder: str) -> int:
    """Add every file of a layer or table, or one file; how many.

    The logs of Delta tables come first: what they name is never removed from these tables, so that a
    version written meanwhile is whole in the archive or not in it.
    """
    files, root = fsspec.core.url_to_fs(f"{settings().lake}/{folder}")
    paths = sorted(files.find(root), key=lambda path: ("_delta_log" not in path, path)) if files.exists(root) else []
    for path in paths:
        content = files.cat_file(path)
        entry = tarfile.TarInfo(f"lake/{folder}{path.removeprefix(root)}")
        entry.size, entry.mtime = len(content), int(clock.real_time())
        tar.addfile(entry, io.BytesIO(content))
    return len(paths)


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
