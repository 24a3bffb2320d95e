"""An upstream whose hours pass in a moment: the server and this process share a clock that every pause moves on."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from f1lake import clock
from f1lake_tests.recorded_upstream import NO_DUMPS, UPSTREAM, UpstreamServer, served

IN_MOVED_TIME = """
import pathlib, runpy, sys, time
real, moved = time.time, pathlib.Path(sys.argv[1])
time.time = lambda: real() + float(moved.read_text())
sys.argv = [sys.argv[2], "--port", "0"]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


@pytest.fixture
def upstream_server(recording: Path) -> Iterator[UpstreamServer]:
    """The recorded upstream with F1DB, which seasons are lived with."""
    with served(NO_DUMPS) as server:
        yield server


@pytest.fixture
def hours_passed(
    recording: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[], float]]:
    """How many hours of that time have passed; `F1LAKE_UPSTREAM` is the server's address."""
    moved = tmp_path / "moved"
    moved.write_text("0")

    def sleep(seconds: float) -> None:
        later = moved.with_suffix(".new")
        later.write_text(str(float(moved.read_text()) + seconds))
        later.replace(moved)

    real = time.time
    monkeypatch.setattr(clock, "sleep", sleep)
    monkeypatch.setattr(clock, "real_time", lambda: real() + float(moved.read_text()))
    command = [sys.executable, "-c", IN_MOVED_TIME, str(moved), str(UPSTREAM / "serve.py")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ)
    try:
        assert process.stdout is not None
        address = process.stdout.readline().rpartition("upstream on ")[2].strip()
        monkeypatch.setenv("F1LAKE_UPSTREAM", address.removesuffix("/ergast/f1"))
        yield lambda: float(moved.read_text()) / 3600
    finally:
        process.terminate()
        process.wait(timeout=30)


@pytest.fixture
def server_in_moved_time(hours_passed: Callable[[], float]) -> UpstreamServer:
    """The controls of the server of `hours_passed`."""
    server = UpstreamServer(os.environ["F1LAKE_UPSTREAM"])
    server.faults([])
    return server
