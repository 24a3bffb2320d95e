"""When an upstream may be sent the next request: so many an hour, one every quarter of a second, by all processes.

A small SQLite file in the lake's home holds when each request was sent; it is counted before
it goes out, so that a killed process never sends one too many. The services count in real
time, and so does this: `F1LAKE_NOW` does not move it. FastF1's own limiter, which knows one
process only, is left out (`session.py`).
"""

import contextlib
import math
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from f1lake import clock
from f1lake.settings import settings

HOUR_S = 3600
INTERVAL_S = 0.25
"""Between two requests: Jolpica allows four a second."""
PUBLIC_HOURLY, MIRROR_HOURLY = 199, 499
"""One less than Jolpica's 200 an hour, and than the 500 that FastF1 grants any other address."""
REQUEST_S = 0.4
"""A request with its pause, as measured: for estimates."""


class Budget:
    """The requests of the last hour, of all processes that collect into this lake."""

    def __init__(self) -> None:
        self.hourly = settings().requests_per_hour or (MIRROR_HOURLY if settings().upstream else PUBLIC_HOURLY)

    def take(self) -> float:
        """Count a request and give 0; or, where none may be sent yet, count nothing and give the seconds to wait."""
        with self._sent() as db:
            now = clock.real_time()
            db.execute("DELETE FROM sent WHERE at <= ? OR at > ?", (now - HOUR_S, now + 1))
            times = [at for (at,) in db.execute("SELECT at FROM sent ORDER BY at DESC LIMIT ?", (self.hourly,))]
            if len(times) == self.hourly:
                return math.ceil(times[-1] + HOUR_S - now)
            if times and now - times[0] < INTERVAL_S:
                return times[0] + INTERVAL_S - now
            db.execute("INSERT INTO sent VALUES (?)", (now,))
            return 0

    def left(self) -> int:
        """How many requests may be sent now."""
        with self._sent() as db:
            (sent,) = db.execute("SELECT count(*) FROM sent WHERE at > ?", (clock.real_time() - HOUR_S,)).fetchone()
        return max(0, self.hourly - sent)

    def duration_s(self, requests: int) -> float:
        """How long so many requests will take, the waiting for later hours included: an estimate."""
        return REQUEST_S * min(requests, self.hourly) + HOUR_S * math.ceil(max(0, requests - self.left()) / self.hourly)

    @contextlib.contextmanager
    def _sent(self) -> Iterator[sqlite3.Connection]:
        """The table of sent requests, locked against other processes."""
        path: Path = settings().home / "requests.sqlite"
        path.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.closing(sqlite3.connect(path, timeout=60, isolation_level=None)) as db:
            db.execute("PRAGMA synchronous = OFF")  # a killed process loses nothing, only a failing machine might
            db.execute("CREATE TABLE IF NOT EXISTS sent (at REAL)")
            db.execute("BEGIN IMMEDIATE")
            yield db
            db.execute("COMMIT")
