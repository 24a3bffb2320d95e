"""What a model of this lake is called on an MLflow server, where other lakes and other teams keep theirs.

The name holds the model, the world and the lake: `f1lake-title-real-lake-demo-3f2a9c1b`. What stands for the lake is
kept in the lake itself, in `lake.json`, so that a moved, copied or restored lake finds its own models again.
"""

import hashlib
import json
import platform
import re

from f1lake.settings import settings
from f1lake.storage import files
from f1lake.storage.lake import NAME_FILE, on_s3, uri
from f1lake.storage.world import world


def registered_name(model: str) -> str:
    """The name of a model's registered versions and of its experiment; `model` is `title` or `race`."""
    return f"f1lake-{model}-{_of_lake()}"


def keep_name_of_lake() -> None:
    """Write the lake's name into the lake, unless it has one."""
    if files.get(uri(NAME_FILE)) is None:
        files.put(uri(NAME_FILE), json.dumps({"models": _of_lake()}).encode())


def _of_lake() -> str:
    stored = files.get(uri(NAME_FILE))
    if stored is not None:
        return json.loads(stored)["models"]
    address = settings().lake if on_s3() else f"{platform.node()}:{settings().lake}"
    digest = hashlib.sha256(address.encode()).hexdigest()[:8]
    return f"{_plain(world())}-{_plain(settings().home.name)}-{digest}"


def _plain(text: str) -> str:
    """Without what MLflow allows in no name (`/`, `:`) and a shell would want quoted."""
    return re.sub(r"[^A-Za-z0-9.]+", "-", text).strip("-")
