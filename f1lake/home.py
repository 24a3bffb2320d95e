"""The Dagster home of a lake, and the files that f1lake ships for it."""

import hashlib
import os
from pathlib import Path

from f1lake.settings import settings
from f1lake.storage.files import put_on_disk

EVENTS_AT_ONCE = "2000"
"""More partitions than any step of f1lake has."""


def dagster_home() -> Path:
    """Prepare the Dagster home and set it for this process and its children.

    A `DAGSTER_HOME` of the user's own is left as it is. Otherwise the home belongs to the lake and gets this version's
    `dagster.yaml`, unless somebody has edited the file.
    """
    os.environ.setdefault("DAGSTER_EVENT_BATCH_SIZE", EVENTS_AT_ONCE)
    own = os.environ.get("DAGSTER_HOME")
    if own and own not in _homes_of_lakes:
        return Path(own)
    home = settings().home / "dagster"
    home.mkdir(parents=True, exist_ok=True)
    file, body = home / "dagster.yaml", shipped("dagster.yaml").read_text()
    if not file.is_file() or _is_unchanged(file.read_text()):
        put_on_disk(file, (_signature(body) + body).encode())
    _homes_of_lakes.add(str(home))
    os.environ["DAGSTER_HOME"] = str(home)
    return home


_homes_of_lakes: set[str] = set()
"""The homes that this process has set; any other `DAGSTER_HOME` is the user's own."""


def _signature(body: str) -> str:
    digest = hashlib.sha256(body.encode()).hexdigest()[:16]
    return f"# f1lake wrote this file ({digest}) and renews it until you edit it.\n"


def _is_unchanged(text: str) -> bool:
    first, _, body = text.partition("\n")
    return first + "\n" == _signature(body)


def shipped(name: str) -> Path:
    """The path of a file from the top level of the checkout; a wheel has it inside the package."""
    package = Path(__file__).parent
    return next(folder / name for folder in (package, package.parent) if (folder / name).is_file())
