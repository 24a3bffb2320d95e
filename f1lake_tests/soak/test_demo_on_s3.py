"""`make demo` with a lake on S3 makes what it makes on disk."""

import os
import subprocess
import time
from pathlib import Path

import pytest

from f1lake.contracts import declared
from f1lake_tests.conftest import ROOT
from f1lake_tests.whole_lake import assert_same, contents


@pytest.mark.soak
def test_a_demo_on_s3_is_as_on_disk(
    recording: Path, s3_lake: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    declared()
    monkeypatch.setenv("F1LAKE_HOME", str(tmp_path / "home"))  # beside a lake on S3 it is in the checkout
    found = {}
    for lake in (s3_lake, str(tmp_path / "lake")):
        monkeypatch.delenv("F1LAKE_LAKE")
        command, began = ["make", "demo", f"F1LAKE_LAKE={lake}"], time.monotonic()
        result = subprocess.run(command, cwd=ROOT, env=os.environ, capture_output=True, text=True)
        assert result.returncode == 0, result.stdout[-3000:] + result.stderr[-3000:]
        monkeypatch.setenv("F1LAKE_LAKE", lake)
        found[lake] = contents()
        with capsys.disabled():
            rows = sum(table.height for table in found[lake].values())
            print(f"{lake}: {time.monotonic() - began:.0f} s, {len(found[lake])} tables, {rows} rows", flush=True)
    assert_same(*found.values())
