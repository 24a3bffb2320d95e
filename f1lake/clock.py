"""The only source of time. Nothing else in f1lake asks the machine what time it is.

`F1LAKE_NOW` unset: real time, or the instant up to which a recording knows, where a recording
is the upstream. An ISO instant: that. A file: the instant it holds, read at each call, so
that a running daemon can be moved.
"""

import datetime as dt
import json
from pathlib import Path

from f1lake.settings import settings

SESSION_LENGTH = dt.timedelta(hours=4)
"""A session has ended this long after its start (a race may take 3 hours; results follow)."""


def now() -> dt.datetime:
    """The present instant in UTC.

    Raises `ValueError` if `F1LAKE_NOW` is neither an ISO instant nor a file that holds one.
    """
    value, recording = settings().now, settings().recording
    if value is None and recording is None:
        return dt.datetime.now(dt.UTC)
    if value is None and recording is not None:
        value = json.loads((recording / "recording.json").read_text())["as_of"]
    assert value is not None
    text = Path(value).read_text().strip() if Path(value).is_file() else value
    try:
        instant = dt.datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"F1LAKE_NOW={value!r} is neither an ISO instant nor a file that holds one") from error
    return instant.replace(tzinfo=instant.tzinfo or dt.UTC).astimezone(dt.UTC)


def today() -> dt.date:
    """The present day in UTC."""
    return now().date()
