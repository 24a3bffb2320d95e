"""The app alone against a lake on S3, as a Space runs it: it reads what it shows, and writes nothing."""

import boto3
from deltalake import write_deltalake

from f1lake.app.address import Address
from f1lake.app.live import Live
from f1lake.app.views.page import page_view
from f1lake.storage.place import storage_options, uri
from f1lake_tests.app.small import tables


def test_the_app_reads_a_lake_on_s3_and_writes_nothing(s3_lake: str):
    for name, frame in tables().items():
        by = ["season"] if "season" in frame.columns else None
        write_deltalake(uri(name), frame, partition_by=by, storage_options=storage_options())
    bucket = s3_lake.removeprefix("s3://").partition("/")[0]
    client = boto3.client("s3")
    stored = {item["Key"]: item["ETag"] for item in client.list_objects_v2(Bucket=bucket)["Contents"]}
    live = Live()
    live.refresh()
    assert live.snapshot.problem is None
    assert "Title odds 2026" in page_view(live.snapshot, Address(), "en").html
    assert {item["Key"]: item["ETag"] for item in client.list_objects_v2(Bucket=bucket)["Contents"]} == stored
