"""What killed writes leave behind: half-written files, unfinished folders, and data files that belong to no version.

Nothing reads them, but they stay where nothing is vacuumed. Not here: files of old versions (`maintenance.py`).
"""

import datetime as dt
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

from f1lake import clock
from f1lake.settings import settings
from f1lake.storage import files, working_copy
from f1lake.storage.place import on_s3, uri
from f1lake.storage.retention import KEPT_FOREVER

AGE = dt.timedelta(hours=1)
"""Younger files may still be in use: a write takes seconds, and clocks of machine and S3 may differ by 15 minutes."""
UNFINISHED = ("*.partial", "*.parquet#[0-9]*", "*.json#[0-9]*", f"{working_copy.CLONE}*", ".export-*")
"""Names of unfinished files and folders: f1lake's own, and those that delta-rs renames once they are complete."""
LOG = working_copy.LOG


def remove() -> list[str]:
    """Remove what killed writes left in the lake and its home. Returns where it was."""
    before = dt.datetime.fromtimestamp(clock.real_time(), dt.UTC) - AGE
    left = [*_half_written(before), *_unnamed(before)]
    for address in left:
        if address.startswith("s3://"):
            files.remove(address)
        elif Path(address).is_dir():
            shutil.rmtree(address, ignore_errors=True)
        else:
            Path(address).unlink(missing_ok=True)
    return left


def _half_written(before: dt.datetime) -> Iterator[str]:
    """Files and folders of this machine whose names mark them as unfinished; S3 has none."""
    places = [settings().home] if on_s3() else [settings().home, Path(settings().lake)]
    for place in places:
        for path in [unfinished for pattern in UNFINISHED for unfinished in place.rglob(pattern)]:
            if dt.datetime.fromtimestamp(path.stat().st_mtime, dt.UTC) < before:
                yield path.as_posix()


def _unnamed(before: dt.datetime) -> Iterator[str]:
    """Data files that belong to no version, in the Delta tables that are never vacuumed."""
    for kept in KEPT_FOREVER:
        written_at = files.written(uri(kept))
        logs = {address.partition(f"/{LOG}/")[0] for address in written_at if f"/{LOG}/" in address}
        for table in sorted(log.removeprefix(uri("")) for log in logs):
            folder = working_copy.followed(table) if on_s3() else Path(uri(table))
            named = None if folder is None else _named(folder)
            if named is None:
                continue
            for address, at in written_at.items():
                inside, _, path = address.partition(f"{uri(table)}/")
                is_data = not inside and path.endswith(".parquet") and not path.startswith(LOG)
                if is_data and path not in named and at < before:
                    yield address


def _named(folder: Path) -> set[str] | None:
    """The data files of all versions of a table; None unless all commits are there."""
    commits = sorted((folder / LOG).glob("[0-9]*.json"))
    if [int(commit.stem) for commit in commits] != list(range(len(commits))):
        return None
    actions = [json.loads(line) for commit in commits for line in commit.read_text().splitlines()]
    named = [action.get(kind) for action in actions for kind in ("add", "remove", "cdc")]
    return {unquote(file["path"]) for file in named if file}
