"""Lakes on S3: in Ceph's gateway, and in moto's server."""

import functools
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
import s3fs

from f1lake.settings import settings
from f1lake_tests.storage.ceph import WHY_NOT, Gateway, gateway, is_installed
from f1lake_tests.storage.s3_server import KEY_ID


@pytest.fixture(scope="session")
def ceph() -> Iterator[Gateway]:
    """A real S3 on loopback, Ceph's."""
    if not is_installed():
        pytest.skip(WHY_NOT)
    with gateway() as running:
        yield running


@pytest.fixture(scope="session")
def moto() -> Iterator[str]:
    """The address of moto's S3 on loopback: no lake is safe there, for some conditional puts have two winners."""
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
def s3_lake(ceph: Gateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A lake in a new bucket of Ceph's; address, region and credentials are given by AWS's own variables only."""
    return new_lake(ceph.address, ceph.key, ceph.secret, tmp_path, monkeypatch)


@pytest.fixture
def moto_lake(moto: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A lake in a new bucket of moto's."""
    return new_lake(moto, KEY_ID, "a-secret", tmp_path, monkeypatch)


def new_lake(address: str, key: str, secret: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A lake in a new bucket, which the settings and AWS's variables point to."""
    for name, value in {
        "AWS_ENDPOINT_URL": address,
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": key,
        "AWS_SECRET_ACCESS_KEY": secret,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": str(tmp_path / "none"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "none"),
    }.items():
        monkeypatch.setenv(name, value)
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL_S3", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    bucket = f"lake-{uuid.uuid4().hex}"
    _client(address, key, secret).create_bucket(Bucket=bucket)
    monkeypatch.setenv("F1LAKE_LAKE", f"s3://{bucket}/of tests/f1")
    monkeypatch.chdir(tmp_path)  # Dagster and MLflow of a lake on S3 are in the folder that one is in
    s3fs.S3FileSystem.clear_instance_cache()  # they may hold the keys of an earlier test
    return settings().lake


@functools.cache  # creating a client takes longer than creating a bucket
def _client(address: str, key: str, secret: str) -> Any:
    return boto3.Session(key, secret, region_name="us-east-1").client("s3", endpoint_url=address)
