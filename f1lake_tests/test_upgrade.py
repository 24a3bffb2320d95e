"""A lake that the previous release wrote, by its own code from git: it is read, says so, one command migrates it."""

import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from polars.testing import assert_frame_equal
from typer.testing import CliRunner

from f1lake.cli import doctor
from f1lake.cli.main import app
from f1lake.contracts import declared
from f1lake.invent.recording import invent
from f1lake.storage.lake import read, version
from f1lake.storage.release import outdated
from f1lake.storage.stored_types import empty_frame
from f1lake_tests.whole_lake import contents, fill

PREVIOUS = "9b13b5d"
ROOT = Path(__file__).resolve().parents[1]
ITS_COMMANDS = "from f1lake.cli import app; app(['collect'], standalone_mode=False); app(['build'])"


@pytest.fixture
def previous(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A lake that the previous release wrote of an invented season; the settings point to it."""
    code = tmp_path / "previous.tar"
    archived = subprocess.run(
        ["git", "-C", ROOT, "archive", "-o", code, PREVIOUS, "f1lake", "dagster.yaml", "workspace.yaml"],
        capture_output=True, text=True,
    )  # fmt: skip
    if archived.returncode:
        pytest.skip(f"the previous release is not in git here: {archived.stderr.strip()}")
    with tarfile.open(code) as tar:
        tar.extractall(tmp_path / "previous", filter="data")
    invent(tmp_path / "world", 2, seed=5)
    monkeypatch.setenv("F1LAKE_UPSTREAM", str(tmp_path / "world"))
    monkeypatch.setenv("F1LAKE_FROM_SEASON", "2026")
    environment = os.environ | {"PYTHONPATH": str(tmp_path / "previous")}
    wrote = subprocess.run(
        [sys.executable, "-c", ITS_COMMANDS], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert wrote.returncode == 0, wrote.stdout[-2000:] + wrote.stderr[-2000:]
    return tmp_path / "lake"


def told() -> list[str]:
    """What `doctor` says of the release."""
    return [finding.advice for finding in doctor.findings() if finding.what == "release"]


@pytest.mark.soak
def test_a_lake_of_the_previous_release_is_read_says_so_and_is_migrated_by_one_command(
    previous: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert read("gold/driver_standings").collect().height > 0
    assert told() == ["f1lake migrate"]
    fill(2026, 2026, job="build")
    assert told() == ["f1lake migrate"], "a run of one season is not enough"
    migrated = CliRunner().invoke(app, ["migrate"])
    assert migrated.exit_code == 0, migrated.output
    assert (told(), outdated(declared())) == ([], [])
    assert CliRunner().invoke(app, ["migrate"]).output == "the lake is of this release\n"
    for name in declared():
        if not name.startswith("raw/") and version(name) is not None:
            assert set(empty_frame(name).collect_schema()) <= set(read(name).collect_schema()), name

    after = {name: rows for name, rows in contents().items() if not name.startswith(("model/", "odds/"))}
    shutil.copytree(previous / "raw", tmp_path / "anew" / "raw")
    monkeypatch.setenv("F1LAKE_LAKE", str(tmp_path / "anew"))
    fill(2026, 2026, job="build")
    anew = contents()
    assert after.keys() == anew.keys()
    for name, rows in anew.items():
        assert_frame_equal(after[name].select(rows.columns), rows, check_row_order=False)
