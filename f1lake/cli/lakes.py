"""Which lakes are in the working directory, and which one a command uses.

Not here: what is in a lake (`storage/`), and how one is created (`demo.py`, `runs.py`).
"""

import os
from pathlib import Path

from f1lake.failures import UsageError
from f1lake.settings import settings
from f1lake.storage.files import holds_files

LAKES = ("lake", "lake-demo", "lake-invented")
"""The default folders of lakes: the user's own, and those of the demos."""


class NoLakeError(UsageError):
    """There is no lake where one is needed."""


def filled_lakes() -> list[str]:
    """The folders of `LAKES` in the working directory that hold tables."""
    return [folder for folder in LAKES if next(Path(folder).rglob("*.parquet"), None)]


def choose_lake() -> str:
    """`F1LAKE_LAKE`, or the first of `LAKES` that holds tables, or an empty folder if none does.

    Raises `NoLakeError` if none exists.
    """
    if lake := os.environ.get("F1LAKE_LAKE"):
        return lake
    for folder in [*filled_lakes(), *filter(os.path.isdir, LAKES)]:
        return folder
    raise NoLakeError("there is no lake yet: run `make demo` first, or set F1LAKE_LAKE to where one is or shall be")


def require_lake() -> None:
    """Raise `NoLakeError`, naming lakes nearby, if the lake of the settings is empty."""
    if holds_files(settings().lake):
        return
    if others := " or ".join(f"F1LAKE_LAKE={folder}" for folder in filled_lakes()):
        raise NoLakeError(
            "there is no lake at {lake}: `f1lake collect` begins one there; {others} is one that is filled",
            lake=settings().lake, others=others,
        )
    raise NoLakeError("there is no lake at {lake}: `f1lake collect` begins one there", lake=settings().lake)
