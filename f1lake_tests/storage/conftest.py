"""The lake on disk and on S3: every test of storage runs on both."""

import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from f1lake.settings import settings
from f1lake_tests.storage.s3_server import KEY_ID


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    """The address of an S3 on loopback."""
    process = subprocess.Popen(
        [sys.executable, "-m", "f1lake_tests.storage.s3_server"], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait(timeout=30)


@pytest.fixture
def s3_lake(s3_server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A lake in a new bucket; address, region and credentials are given by AWS's own variables only."""
    for name, value in {
        "AWS_ENDPOINT_URL": s3_server,
        "AWS_REGION": "eu-west-3",
        "AWS_ACCESS_KEY_ID": KEY_ID,
        "AWS_SECRET_ACCESS_KEY": "a-secret",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": str(tmp_path / "none"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "none"),
    }.items():
        monkeypatch.setenv(name, value)
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL_S3", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    bucket = f"lake-{uuid.uuid4().hex}"
    boto3.client("s3").create_bucket(
        Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-3"}
    )
    monkeypatch.setenv("F1LAKE_LAKE", f"s3://{bucket}/of tests/f1")
    monkeypatch.chdir(tmp_path)  # Dagster and MLflow of a lake on S3 are in the folder that one is in
    settings.cache_clear()
    return settings().lake


@pytest.fixture(params=["disk", "s3"])
def lake(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A fresh, empty lake that the settings point to: once on disk, once on S3."""
    return str(tmp_path / "lake") if request.param == "disk" else request.getfixturevalue("s3_lake")
