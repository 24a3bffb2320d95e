"""Collections from an invented recording, or from the recorded upstream on loopback."""

import itertools
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from f1lake import clock
from f1lake_tests.recorded_upstream import UpstreamServer
from f1lake_tests.upstream.small import Json, write_recording

NUMBERS = itertools.count()
"""No two recordings have one path, as pytest uses its folders again: a process reads each once."""


@pytest.fixture
def recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[list[Json]], Path]:
    """`recorded(races)` makes an invented recording in a new folder the upstream."""

    def record(races: list[Json]) -> Path:
        folder = write_recording(tmp_path / f"invented{next(NUMBERS)}", races)
        monkeypatch.setenv("F1LAKE_UPSTREAM", str(folder))
        return folder

    return record


@pytest.fixture
def server(upstream_server: UpstreamServer, monkeypatch: pytest.MonkeyPatch) -> UpstreamServer:
    """The recorded upstream on loopback as the upstream, the clock at its end."""
    monkeypatch.setenv("F1LAKE_UPSTREAM", upstream_server.address)
    monkeypatch.setenv("F1LAKE_NOW", "2026-07-05T23:59:59Z")
    return upstream_server


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long each pause was, none of which is waited out: time goes on by itself."""
    taken: list[float] = []
    real = time.time
    monkeypatch.setattr(clock, "sleep", taken.append)
    monkeypatch.setattr(clock, "real_time", lambda: real() + sum(taken))
    return taken
