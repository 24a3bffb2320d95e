"""The policies of deploy/ on Ceph's gateway: each lets its part of f1lake do its work, and nothing else."""

import datetime as dt
import json
from collections.abc import Callable

import boto3
import dagster as dg
import pytest
from botocore.exceptions import ClientError

from f1lake.app.address import Address
from f1lake.app.live import Live
from f1lake.app.views.page import page_view
from f1lake.automation.due import attempts
from f1lake.automation.upkeep import in_charge
from f1lake.automation.upkeep.maintenance import clean_table
from f1lake.settings import settings
from f1lake.storage import files, trust
from f1lake.storage.backup import back_up
from f1lake.storage.delta_io import BronzeIOManager, DeltaIOManager
from f1lake.storage.lake import read
from f1lake.storage.place import uri
from f1lake.storage.raw_io import RawIOManager, partition_path
from f1lake_tests.deploy.profile import DEPLOY
from f1lake_tests.storage.ceph import Gateway
from f1lake_tests.storage.tables import Points, Results, new_table, points, results
from f1lake_tests.storage.test_app_on_s3 import written


@pytest.fixture
def act_as(s3_lake: str, ceph: Gateway, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """`act_as("app")` goes on with the keys of a user who has that policy alone, for the lake `s3://bucket/f1`."""
    bucket = s3_lake.removeprefix("s3://").partition("/")[0]
    monkeypatch.setenv("F1LAKE_LAKE", f"s3://{bucket}/f1")
    of_admin = boto3.Session(region_name="us-east-1").client("iam", endpoint_url=ceph.address)

    def act(role: str) -> None:
        policy = (DEPLOY / "policies" / f"{role}.json").read_text().replace("my-bucket", bucket)
        user = f"{role}-{bucket}"
        key, secret = ceph.user(user)
        of_admin.put_user_policy(UserName=user, PolicyName=role, PolicyDocument=policy)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", key)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", secret)

    return act


def refused(write: Callable[[], object]) -> bool:
    """Whether S3 does not let these keys do it."""
    try:
        write()
    except ClientError as error:
        return error.response["Error"]["Code"] == "AccessDenied"
    return False


def test_the_app_reads_and_can_write_nothing(act_as: Callable[[str], None]) -> None:
    written()
    act_as("app")
    live = Live()
    live.refresh()
    assert live.snapshot.problem is None
    assert "Title odds 2026" in page_view(live.snapshot, Address(), "en").html
    assert refused(lambda: files.put(uri("raw/x"), b""))
    assert refused(lambda: files.remove(uri("raw/x")))


def test_the_collector_collects_and_cannot_touch_the_tables(act_as: Callable[[str], None]) -> None:
    raw, bronze = new_table("raw", Points), new_table("bronze", Results)
    BronzeIOManager().write(bronze, results((2026, 9, "Race", "a", 1, 1)), [2026])
    act_as("collector")
    assert trust.problem() is None
    assert attempts.claim({"raw/x 2026": "a claim"}, *attempts.read())
    with dg.DagsterInstance.ephemeral() as instance:
        assert in_charge.hold(instance).is_of(instance)
    assert RawIOManager().write(raw, "2026-09", points((2026, "a", 25.0)))
    files.put(uri(f"{raw}/_unreported/a run"), b"2026")
    files.remove(uri(f"{raw}/_unreported/a run"))
    assert refused(lambda: files.remove(partition_path(raw, "2026-09")))
    assert refused(lambda: BronzeIOManager().write(bronze, results((2026, 9, "Race", "a", 1, 2)), [2026]))
    assert read(bronze).collect()["position"].to_list() == [1]


def test_the_builder_builds_maintains_and_backs_up(act_as: Callable[[str], None]) -> None:
    raw, bronze, gold = new_table("raw", Points), new_table("bronze", Results), new_table("gold", Points)
    act_as("builder")
    assert trust.problem() is None
    assert RawIOManager().write(raw, "2026-09", points((2026, "a", 25.0)))
    for position in (1, 2):
        BronzeIOManager().write(bronze, results((2026, 9, "Race", "a", 1, position)), [2026])
        DeltaIOManager().write(gold, points((2026, "a", position)), [2026])
    clean_table(bronze)
    clean_table(gold, kept=dt.timedelta(0))
    bucket = settings().lake.removesuffix("/f1")
    assert back_up(f"{bucket}/backups", kept=1).startswith(f"{bucket}/backups/")
    assert refused(lambda: files.put(f"{bucket}/of-others", b""))


@pytest.mark.parametrize("role", ["app", "collector", "builder"])
def test_a_policy_names_buckets_and_actions_one_by_one(role: str) -> None:
    for statement in json.loads((DEPLOY / "policies" / f"{role}.json").read_text())["Statement"]:
        actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        assert not [action for action in actions if "*" in action]
        resources = statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]]
        assert not [resource for resource in resources if not resource.startswith("arn:aws:s3:::my-bucket")]
