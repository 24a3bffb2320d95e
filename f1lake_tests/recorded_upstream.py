"""The recorded upstream beside the checkout, recording and server, and what stands in for it where it is absent."""

import contextlib
import gzip
import json
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from f1lake_tests import stand_in

UPSTREAM = Path(__file__).resolve().parents[2] / "shared" / "upstream"
HAS_UPSTREAM = (UPSTREAM / "recordings" / "recording.json").is_file()


@dataclass(frozen=True)
class Told:
    """A recording, read without f1lake."""

    folder: Path

    @property
    def about(self) -> dict[str, Any]:
        """Its `recording.json`."""
        return json.loads((self.folder / "recording.json").read_text())

    @property
    def seasons(self) -> list[int]:
        """The seasons it knows."""
        return sorted(int(file.name[:4]) for file in self.folder.glob("[0-9][0-9][0-9][0-9].json.gz"))

    def races(self, season: int) -> list[dict[str, Any]]:
        """The API's objects of a season's races."""
        return json.loads(gzip.decompress((self.folder / f"{season}.json.gz").read_bytes()))["races"]


@pytest.fixture(scope="session")
def recording() -> Path:
    """The folder of the recorded upstream's answers."""
    folder = UPSTREAM / "recordings"
    if not HAS_UPSTREAM:
        pytest.skip("no recording: shared/upstream/recordings is not beside the checkout")
    return folder


@pytest.fixture(scope="session")
def told(request: pytest.FixtureRequest) -> Told:
    """What the recorded upstream knows or, where it is absent, what the invented one does."""
    return Told(UPSTREAM / "recordings" if HAS_UPSTREAM else request.getfixturevalue("invented"))


NO_DUMPS = {"status": 404, "match": "/data/dumps", "every": 1}
"""It takes the recorded upstream ten seconds to make one."""
NO_F1DB = {"status": 404, "match": "f1db", "every": 1}
"""The first release that a lake gets has all seasons, which are then built anew."""


@dataclass(frozen=True)
class UpstreamServer:
    """A running `serve.py`, whose docstring says what its controls mean, or what stands in for it."""

    address: str
    lacks: tuple[dict[str, Any], ...] = (NO_DUMPS,)
    """What it does not serve, as faults."""

    def log(self) -> dict[str, Any]:
        """Requests so far: `requests` in all, and `by_path`."""
        return self._control("log")

    def clock(self, day: str) -> None:
        """Let what happened up to the end of this day (`2026-03-09`) have happened."""
        self._control("clock", {"as_of": day})

    def faults(self, faults: list[dict[str, Any]]) -> None:
        """Fail as told; an empty list ends all faults."""
        self._control("faults", [*faults, *self.lacks])

    def amend(self, correction: dict[str, Any]) -> None:
        """Correct one row, as stewards do; an empty dictionary drops all corrections."""
        self._control("amend", correction)

    def calendar(self, edit: dict[str, Any]) -> None:
        """Move or cancel a race; an empty dictionary restores the calendar."""
        self._control("calendar", edit)

    def _control(self, what: str, body: Any = None) -> dict[str, Any]:
        data = None if body is None else json.dumps(body).encode()
        try:
            with urllib.request.urlopen(f"{self.address}/_control/{what}", data=data, timeout=30) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            if error.code == stand_in.NOT_SERVED:
                pytest.skip(f"no recorded upstream beside the checkout, and what stands in for it knows no {what}")
            raise


@pytest.fixture
def upstream_server(request: pytest.FixtureRequest) -> Iterator[UpstreamServer]:
    """The recorded upstream without dumps and F1DB, on a free port of loopback; where it is absent, the invented world.
    """
    if not HAS_UPSTREAM:
        with stand_in.served(request.getfixturevalue("invented")) as address:
            yield UpstreamServer(address)
        return
    with served(NO_DUMPS, NO_F1DB) as server:
        yield server


@pytest.fixture
def whole_upstream(recording: Path) -> Iterator[UpstreamServer]:
    """The recorded upstream with all that it has."""
    with served() as server:
        yield server


@pytest.fixture
def upstream_of_today(recording: Path) -> Iterator[UpstreamServer]:
    """The recorded upstream as the API answers now: of a lap it leaves out the position that it does not know."""
    with served(NO_DUMPS, NO_F1DB, options=("--today",)) as server:
        yield server


@contextlib.contextmanager
def served(*lacks: dict[str, Any], options: tuple[str, ...] = ()) -> Iterator[UpstreamServer]:
    """The recorded upstream without something, on a free port."""
    command = [sys.executable, str(UPSTREAM / "serve.py"), "--port", "0", *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        address = process.stdout.readline().rpartition("upstream on ")[2].strip()
        server = UpstreamServer(address.removesuffix("/ergast/f1"), lacks)
        server.faults([])
        yield server
    finally:
        process.kill()  # asked to end, it waits for whoever is still connected
        process.wait()
