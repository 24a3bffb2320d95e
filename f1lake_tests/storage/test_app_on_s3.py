"""The app alone against a lake on S3, as a Space runs it: it reads what it shows, and writes nothing."""

import boto3
import pytest
from deltalake import write_deltalake

from f1lake.app.address import Address
from f1lake.app.live import LOOK_EVERY_S, Live
from f1lake.app.views.page import page_view
from f1lake.storage import looks
from f1lake.storage.place import storage_options, uri
from f1lake_tests.app.small import tables
from f1lake_tests.storage.ceph import Gateway
from f1lake_tests.storage.s3_proxy import proxy_of


def written() -> None:
    """The tables that the app reads, in the lake of the settings."""
    for name, frame in tables().items():
        by = ["season"] if "season" in frame.columns else None
        write_deltalake(uri(name), frame, partition_by=by, storage_options=storage_options())


def test_the_app_reads_a_lake_on_s3_and_writes_nothing(s3_lake: str):
    written()
    bucket = s3_lake.removeprefix("s3://").partition("/")[0]
    client = boto3.client("s3")
    stored = {item["Key"]: item["ETag"] for item in client.list_objects_v2(Bucket=bucket)["Contents"]}
    live = Live()
    live.refresh()
    assert live.snapshot.problem is None
    assert "Title odds 2026" in page_view(live.snapshot, Address(), "en").html
    assert {item["Key"]: item["ETag"] for item in client.list_objects_v2(Bucket=bucket)["Contents"]} == stored


def test_an_idle_app_asks_six_times_a_minute_or_less(
    s3_lake: str, ceph: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    written()
    looks.say_changed()
    with proxy_of(ceph.address) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.address)
        live = Live()
        live.refresh()
        proxy.counted()
        live.refresh()
        spent = sum(proxy.counted().values())
    assert live.snapshot.problem is None
    assert 0 < spent * 60 / LOOK_EVERY_S <= 6
