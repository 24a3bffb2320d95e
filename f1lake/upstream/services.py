"""The public addresses of the services that FastF1 uses, and where to reach them instead.

Not here: when a service may be asked (`budget.py`), and how (`retries.py`).
"""

from f1lake.settings import settings

API = "https://api.jolpi.ca"
"""Jolpica: races, results, standings."""
SCHEDULES = "https://raw.githubusercontent.com"
"""GitHub, where FastF1 keeps its own schedule files, and F1DB the sessions of a weekend under way."""
RELEASES, ARCHIVES = "https://api.github.com", "https://github.com"
"""GitHub too: what F1DB has released, and where the archives are."""
LIVE_TIMING = "https://livetiming.formula1.com"
LIVE_TIMING_MIRROR = "https://livetiming-mirror.fastf1.dev"
"""The hosts of live timing (`live_timing.py`): F1 itself, then the mirror of FastF1's project."""

EXPECTED_KEYS = {"/ergast/f1/": "MRData", "/theOehrly/f1schedule/": "round_number"}
"""The key that every answer has, by a part of the address; a service may report an error with status 200."""


def asked_instead(url: str) -> str:
    """The address to use for a public one: at `F1LAKE_UPSTREAM`, if that is an address."""
    address = settings().upstream
    if address and not settings().recording:
        for service in (API, SCHEDULES, RELEASES, ARCHIVES):
            if url.startswith(f"{service}/"):
                return f"{address}{url.removeprefix(service)}"
    return url


def is_live_timing(url: str) -> bool:
    """Whether an address is live timing's or its mirror's."""
    return url.startswith((LIVE_TIMING, LIVE_TIMING_MIRROR))
