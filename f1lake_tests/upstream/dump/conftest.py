"""Archives of dumps, made once for all tests, and a service that has one."""

import hashlib
import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from f1lake.upstream.dump import service
from f1lake_tests.dumps import make_dump
from f1lake_tests.upstream.small import answering

SEASONS = (1957, 1994, 2003, 2005, 2011, 2014, 2023, 2025, 2026)
"""Shared drives, older forms of qualifying, a lap time that was cut, a shootout, sprints, laps of unknown place."""
AS_OF = "2026-07-05"

@pytest.fixture(scope="session")
def archive(recording: Path, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The archive of a dump of `SEASONS`."""
    return make_dump(tmp_path_factory.mktemp("dump") / "dump.zip", AS_OF, SEASONS).read_bytes()


@pytest.fixture(scope="session")
def small(recording: Path, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The archive of a dump of 2026 alone, as it was after the first race."""
    return make_dump(tmp_path_factory.mktemp("dump") / "small.zip", "2026-03-08", [2026]).read_bytes()


@pytest.fixture
def edited(small: bytes, tmp_path: Path) -> Callable[[str, Callable[[str], str]], bytes]:
    """`edited(table, edit)` is the small archive with one table's file changed."""

    def edit(table: str, change: Callable[[str], str]) -> bytes:
        source, changed = tmp_path / "source.zip", tmp_path / "edited.zip"
        source.write_bytes(small)
        with zipfile.ZipFile(source) as before, zipfile.ZipFile(changed, "w") as after:
            for name in before.namelist():
                content = before.read(name).decode()
                after.writestr(name, change(content) if name == f"formula_one_{table}.csv" else content)
        return changed.read_bytes()

    return edit


DUMPS, STORAGE = "/data/dumps/download/", "/storage/jolpica-f1-csv.zip"


class Service:
    """A service of dumps as Jolpica's is, and what goes wrong with it: `faults` by path, each for one answer."""

    def __init__(self, archive: bytes) -> None:
        self.archive, self.address, self.asked = archive, "", list[str]()
        self.stated, self.made_at = hashlib.sha256(archive).hexdigest(), "2026-03-08T22:15:40.930056Z"
        self.faults: list[tuple[str, Callable[[bytes], bytes] | int]] = []

    def answer(self, path: str) -> tuple[int, dict[str, str], bytes]:
        """What is asked for, with the first fault that is meant for it."""
        self.asked.append(path)
        body, headers, status = b"", dict[str, str](), 200
        if path == DUMPS:
            offer = {"file_hash": self.stated, "file_size": len(self.archive), "uploaded_at": self.made_at}
            body = json.dumps({"delayed_dumps": {"csv": offer}, "latest_dumps": {}}).encode()
        elif path.startswith(DUMPS):
            status, headers = 302, {"Location": f"{self.address}{STORAGE}?Expires=1"}
        elif path.startswith(STORAGE):
            body = self.archive
        else:
            status = 404
        sent = body
        for fault in [fault for fault in self.faults if fault[0] in path][:1]:
            self.faults.remove(fault)
            status, sent = (fault[1], b"") if isinstance(fault[1], int) else (status, fault[1](body))
        announced = body if sent and body.startswith(sent) else sent  # what is cut on the way was announced whole
        return status, headers | {"Content-Length": str(len(announced))}, sent


@pytest.fixture
def dumps(small: bytes, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    """A service that has the small dump, as the upstream."""
    found = Service(small)
    with answering(found.answer) as found.address:
        monkeypatch.setenv("F1LAKE_UPSTREAM", found.address)
        monkeypatch.setenv("F1LAKE_NOW", "2026-03-25T12:00:00Z")
        monkeypatch.setattr(service, "PAUSE_S", 0)
        yield found
