"""Archives of dumps, made once for all tests."""

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from f1lake_tests.dumps import make_dump

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
