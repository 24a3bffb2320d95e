"""The fits that this machine has used, kept in the home of the lake: a copy of what MLflow has, by its run.

Only a cache: what is gone is fetched again.
"""

import shutil
import uuid
from collections.abc import Collection
from pathlib import Path

from f1lake import clock
from f1lake.settings import settings

A_DAY_S = 86_400


def folder_of(run_id: str) -> Path:
    """Where the fit of an MLflow run is, once it is kept."""
    return settings().home / "fits" / run_id


def keep(fit: Path, run_id: str) -> None:
    """Copy a fit's folder, whole or not at all."""
    folder = folder_of(run_id)
    partial = folder.with_name(f".{run_id}.{uuid.uuid4().hex}")
    shutil.copytree(fit, partial)
    try:
        partial.rename(folder)
    except OSError:  # another process has kept the same fit meanwhile
        shutil.rmtree(partial)


def forget_all_but(run_ids: Collection[str]) -> None:
    """Remove the fits of all other runs, and what a process killed more than a day ago left behind."""
    for folder in (settings().home / "fits").glob("*"):
        is_being_copied = folder.name.startswith(".") and clock.real_time() - folder.stat().st_mtime < A_DAY_S
        if folder.name not in run_ids and not is_being_copied:
            shutil.rmtree(folder)
