"""Writers that are killed in the middle leave something behind; it goes, and nothing else does."""

import datetime as dt
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from f1lake import clock
from f1lake.settings import settings
from f1lake.storage import files, leftovers
from f1lake.storage.delta_io import BronzeIOManager
from f1lake.storage.lake import changes_since, read, version
from f1lake.storage.place import on_s3, uri
from f1lake_tests.storage.tables import Results, new_table, results

PATIENCE_S = 120
A_WRITER = """
import sys
from f1lake.storage import files
from f1lake.storage.schemas import CONTRACTS
from f1lake.storage.delta_io import BronzeIOManager
from f1lake_tests.storage.tables import Results, results
CONTRACTS[sys.argv[1]] = Results
{before}
print("begun", flush=True)
for number in range(2, 10**6):
    rows = [(2026, 9, "Race", str(i), i, number) for i in range({rows})]
    BronzeIOManager().write(sys.argv[1], results(*rows), [2026])
"""
NO_COMMIT = "import time; files.put_if = lambda *_: time.sleep(600)"
A_PUT = """
import os, sys, time
from pathlib import Path
from f1lake.storage import files
os.fsync = lambda _: (print("begun", flush=True), time.sleep(600))
files.put_on_disk(Path(sys.argv[1]), b"half")
"""


def killed(script: str, argument: str, until: Callable[[], bool]) -> None:
    """Run a script until something is so, and kill it."""
    process = subprocess.Popen([sys.executable, "-c", script, argument], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n"
    deadline = time.monotonic() + PATIENCE_S
    while not until():
        assert time.monotonic() < deadline
    process.kill()
    process.wait()


def killed_before_a_commit(script: str, table: str) -> tuple[set[str], set[str]]:
    """The data of a table before a writer that was killed, and what that has left; again if the write was quicker."""
    before, number = data(table), version(table)
    killed(script, table, lambda: len(data(table)) > len(before))
    is_whole = version(table) != number
    return killed_before_a_commit(script, table) if is_whole else (before, data(table) - before)


@pytest.fixture
def hours_later(monkeypatch: pytest.MonkeyPatch) -> None:
    real = clock.real_time
    monkeypatch.setattr(clock, "real_time", lambda: real() + 2 * leftovers.AGE.total_seconds())


def data(table: str) -> set[str]:
    """Everything of a table but its log."""
    return {path for path in files.below(uri(table), "") if f"/{leftovers.LOG}/" not in path}


def test_data_files_of_a_killed_write_go_and_every_version_stays(lake: str, request: pytest.FixtureRequest) -> None:
    table = new_table("bronze", Results)
    for position in (1, 2):
        BronzeIOManager().write(table, results((2026, 9, "Race", "a", 1, position)), [2026])
    script = A_WRITER.format(before=NO_COMMIT if on_s3() else "", rows=1 if on_s3() else 200_000)
    before, left = killed_before_a_commit(script, table)
    assert left
    rows, feed = read(table).collect(), changes_since(table, 0, [2026])
    assert leftovers.remove() == [], "it may be under way"
    request.getfixturevalue("hours_later")
    removed = set(leftovers.remove())
    assert {path for path in removed if path.startswith(uri(""))} == left
    assert data(table) == before
    assert read(table).collect().equals(rows)
    assert changes_since(table, 0, [2026]).equals(feed)
    assert leftovers.remove() == []


def test_a_half_written_file_goes(lake: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    settings().home.mkdir(parents=True, exist_ok=True)
    target = settings().home / "note"
    killed(A_PUT, str(target), lambda: True)
    [left] = settings().home.glob(".note.*.partial")
    request.getfixturevalue("hours_later")
    files.put(uri("raw/kept"), b"whole")
    assert leftovers.remove() == [left.as_posix()]
    assert (left.exists(), files.get(uri("raw/kept"))) == (False, b"whole")


def test_a_table_whose_first_commits_are_gone_is_left_alone(tmp_path: Path) -> None:
    table = new_table("bronze", Results)
    for position in (1, 2):
        BronzeIOManager().write(table, results((2026, 9, "Race", "a", 1, position)), [2026])
    old = dt.datetime(2026, 1, 1).timestamp()
    for path in data(table):
        os.utime(path, (old, old))
    Path(uri(table), leftovers.LOG, f"{0:020}.json").unlink()
    assert leftovers.remove() == []
