"""Fixtures of all tests: a fresh lake, the recorded upstream, and an asset called as a function.

What does not belong here: frames of one layer (beside its tests) and S3 (`storage/conftest.py`).
"""

import json
import logging
import os
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from f1lake.settings import settings

SHARED = Path(__file__).resolve().parents[2] / "shared"
UPSTREAM = SHARED / "upstream"


def pytest_configure() -> None:
    """Keep Dagster and MLflow quiet, and let neither send anything anywhere."""
    os.environ["DAGSTER_DISABLE_TELEMETRY"] = "yes"
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    for name in ("dagster", "mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.ERROR)


@pytest.fixture(autouse=True)
def nothing_of_the_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No test sees the user's settings, lake or Dagster home; each starts with the settings unread."""
    for name in [name for name in os.environ if name.startswith("F1LAKE_")]:
        monkeypatch.delenv(name)
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    monkeypatch.setenv("F1LAKE_LAKE", str(tmp_path / "lake"))
    settings.cache_clear()
    yield
    settings.cache_clear()


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    """The path of a fresh, empty lake that the settings point to (nothing is there yet)."""
    return tmp_path / "lake"


@pytest.fixture(scope="session")
def recording() -> Path:
    """The folder of the recorded upstream's answers."""
    folder = UPSTREAM / "recordings"
    if not (folder / "recording.json").is_file():
        pytest.skip("no recording: shared/upstream/recordings is not beside the checkout")
    return folder


@dataclass(frozen=True)
class UpstreamServer:
    """A running `serve.py`; its docstring says what its controls mean."""

    address: str

    def log(self) -> dict[str, Any]:
        """Requests so far: `requests` in all, and `by_path`."""
        return self._control("log")

    def clock(self, day: str) -> None:
        """Let what happened up to the end of this day (`2026-03-09`) have happened."""
        self._control("clock", {"as_of": day})

    def faults(self, faults: list[dict[str, Any]]) -> None:
        """Fail as told; an empty list ends all faults."""
        self._control("faults", faults)

    def amend(self, correction: dict[str, Any]) -> None:
        """Correct one row, as stewards do; an empty dictionary drops all corrections."""
        self._control("amend", correction)

    def calendar(self, edit: dict[str, Any]) -> None:
        """Move or cancel a race; an empty dictionary restores the calendar."""
        self._control("calendar", edit)

    def _control(self, what: str, body: Any = None) -> dict[str, Any]:
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(f"{self.address}/_control/{what}", data=data, timeout=30) as answer:
            return json.load(answer)


@pytest.fixture
def upstream_server(recording: Path) -> Iterator[UpstreamServer]:
    """The recorded upstream on a free port of loopback."""
    process = subprocess.Popen(
        [sys.executable, str(UPSTREAM / "serve.py"), "--port", "0"], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        address = process.stdout.readline().rpartition("upstream on ")[2].strip()
        yield UpstreamServer(address.removesuffix("/ergast/f1"))
    finally:
        process.terminate()
        process.wait(timeout=30)


@pytest.fixture(scope="session")
def made() -> Callable[..., pl.DataFrame]:
    """An asset called as the function it is: `made(asset, *frames)` gives the frame that would be stored.

    Fails, naming the broken rules, if the frame breaks the contract.
    """

    def call(asset: Any, *frames: Any) -> pl.DataFrame:
        results = asset(*[f.lazy() if isinstance(f, pl.DataFrame) else f for f in frames])
        check = next(results)
        assert check.passed, check.metadata
        return next(results).value

    return call


@pytest.fixture(scope="session")
def history(recording: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole lake, raw to odds, as it was on 1 March 2026. Tests copy its folder: Dagster and MLflow lie beside it."""
    from f1lake_tests.whole_lake import fill  # assembles every definition: only for the tests that need it

    lake = tmp_path_factory.mktemp("history") / "lake"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("F1LAKE_LAKE", str(lake))
        patch.setenv("F1LAKE_UPSTREAM", str(recording))
        patch.setenv("F1LAKE_NOW", "2026-03-01T12:00:00Z")
        settings.cache_clear()
        fill(1950, 2026)
    settings.cache_clear()
    return lake
