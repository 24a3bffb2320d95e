"""The only source of time. Nothing else in f1lake asks the machine for the time.

Without `F1LAKE_NOW` it is real time or, if the upstream is a recording, the instant at which the recording ends.
`F1LAKE_NOW` can be an ISO instant, or a file that holds one. The file is read at each call, so that a running daemon
can be moved in time.
"""

import datetime as dt
import json
import time
from pathlib import Path

from f1lake.failures import UsageError
from f1lake.settings import settings

SESSION_LENGTH = dt.timedelta(hours=4)
"""A session counts as ended this long after its start; a race may take 3 hours, and its results follow."""


def now() -> dt.datetime:
    """The present instant in UTC.

    Raises `UsageError` if the file named by `F1LAKE_NOW` holds no ISO instant.
    """
    value, recording = settings().now, settings().recording
    if value is not None:
        text = Path(value).read_text().strip() if Path(value).is_file() else value
    elif recording is not None:
        text = json.loads((recording / "recording.json").read_text())["as_of"]
    else:
        return dt.datetime.now(dt.UTC)
    try:
        instant = dt.datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(
            "F1LAKE_NOW={value!r} holds {text!r}, which is no ISO instant", value=value, text=text
        ) from error
    return instant.replace(tzinfo=instant.tzinfo or dt.UTC).astimezone(dt.UTC)


def real_time() -> float:
    """Seconds since 1970 by the machine's clock, never moved by `F1LAKE_NOW`; for limits that services count."""
    return time.time()


def sleep(seconds: float) -> None:
    """Wait in real time."""
    time.sleep(seconds)


def today() -> dt.date:
    """The present day in UTC."""
    return now().date()
