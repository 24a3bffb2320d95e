"""When a service may be sent the next request: so many an hour, four a second, by all processes of this machine.

A service counts the requests of each sender. So this module counts by machine and host, in one small SQLite file of
the user, shared by all lakes. A request is counted before it goes out, so that a killed process never sends one too
many, and given back if no connection came about. Services count in real time, and so does this: `F1LAKE_NOW` does
not move it. FastF1's own limiter, which knows one process only, is left out (`fastf1_session.py`).
"""

import contextlib
import math
import re
import sqlite3
from collections.abc import Iterator
from urllib.parse import urlsplit

from platformdirs import user_state_path

from f1lake import clock
from f1lake.settings import settings
from f1lake.upstream.services import API, RELEASES, asked_instead

HOUR_S = 3600
INTERVAL_S = 0.28
"""Between two requests. Jolpica allows four in each whole second, and they do not arrive as evenly as they are sent."""
PUBLIC = re.compile(r"(\w+\.)?jolpi\.ca")
PUBLIC_HOURLY, OTHER_HOURLY, RELEASES_HOURLY = 199, 499, 60
"""Jolpica allows 500 an hour and has said that it will allow fewer: FastF1 counts on 200. Any other host gets 500.
GitHub's API grants 60 to whoever has no account."""
REQUEST_S = 0.4
"""How long a request takes with its pause, as measured; for estimates."""


class Budget:
    """The requests of the last hour to one host: that of an address, or of the API."""

    def __init__(self, url: str | None = None) -> None:
        api = urlsplit(asked_instead(f"{API}/")).netloc
        self._host = urlsplit(url).netloc if url else api
        limit = PUBLIC_HOURLY if PUBLIC.fullmatch(self._host) else OTHER_HOURLY
        if self._host == urlsplit(RELEASES).netloc:
            limit = RELEASES_HOURLY
        self.hourly = settings().requests_per_hour or limit if self._host == api else limit
        self._taken: int | None = None

    def take(self) -> float:
        """Count a request and give 0; or, where none may be sent yet, count nothing and give the seconds to wait."""
        with self._sent() as db:
            now = clock.real_time()
            db.execute("DELETE FROM sent WHERE at <= ? OR at > ?", (now - HOUR_S, now + 1))
            newest = "SELECT at FROM sent WHERE host = ? ORDER BY at DESC LIMIT ?"
            times = [at for (at,) in db.execute(newest, (self._host, self.hourly))]
            if len(times) == self.hourly:
                return math.ceil(times[-1] + HOUR_S - now)
            if times and now - times[0] < INTERVAL_S:
                return min(INTERVAL_S, times[0] + INTERVAL_S - now)  # a clock set back makes no longer pause
            self._taken = db.execute("INSERT INTO sent VALUES (?, ?)", (self._host, now)).lastrowid
            return 0

    def give_back(self) -> None:
        """Remove the last request from the count: it never left this machine."""
        with self._sent() as db:
            db.execute("DELETE FROM sent WHERE rowid = ?", (self._taken,))

    def left(self) -> int:
        """How many requests may be sent now."""
        within = "SELECT count(*) FROM sent WHERE host = ? AND at > ?"
        with self._sent() as db:
            (sent,) = db.execute(within, (self._host, clock.real_time() - HOUR_S)).fetchone()
        return max(0, self.hourly - sent)

    def duration_s(self, requests: int) -> float:
        """An estimate of how long so many requests take, including the wait for later hours."""
        return REQUEST_S * min(requests, self.hourly) + HOUR_S * math.ceil(max(0, requests - self.left()) / self.hourly)

    @contextlib.contextmanager
    def _sent(self) -> Iterator[sqlite3.Connection]:
        """The table of sent requests, locked against other processes."""
        path = user_state_path("f1lake") / "requests.sqlite"
        path.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.closing(sqlite3.connect(path, timeout=60, isolation_level=None)) as db:
            db.execute("PRAGMA synchronous = OFF")  # a killed process loses nothing, only a failing machine might
            db.execute("CREATE TABLE IF NOT EXISTS sent (host TEXT, at REAL)")
            db.execute("BEGIN IMMEDIATE")
            yield db
            db.execute("COMMIT")
