"""The lake on disk and on S3: every test of storage runs on both, S3 being Ceph's gateway."""

from pathlib import Path

import pytest


@pytest.fixture(params=["disk", "s3"])
def lake(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A fresh, empty lake that the settings point to: once on disk, once on S3."""
    return str(tmp_path / "lake") if request.param == "disk" else request.getfixturevalue("s3_lake")
