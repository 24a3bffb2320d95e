"""When the lake last asked for an archive that it keeps, and what came of it: one small file beside the archive.

What does not belong here: the archives (`dump/kept.py`, `f1db/kept.py`).
"""

import datetime as dt
import json
from dataclasses import asdict, dataclass

from f1lake import clock
from f1lake.storage import files
from f1lake.storage.lake import uri


@dataclass(frozen=True)
class LastRequest:
    """When an archive was last asked for (ISO instant), and why it could not be had: empty if it could."""

    at: str
    failure: str

    @property
    def instant(self) -> dt.datetime:
        """When."""
        return dt.datetime.fromisoformat(self.at)


def read(file: str) -> LastRequest | None:
    """What a file of the lake says, `dump/asked.json`; None if nobody has asked."""
    content = files.get(uri(file))
    return None if content is None else LastRequest(**json.loads(content))


def note(file: str, failure: str) -> None:
    """Note that the archive was asked for now."""
    files.put(uri(file), json.dumps(asdict(LastRequest(clock.now().isoformat(), failure))).encode())
