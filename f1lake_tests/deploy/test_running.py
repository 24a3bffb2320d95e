"""The profile of deploy/ runs: UI and MLflow behind a password, the app public, runs by the code server, quick ends."""

import base64
import json
import shutil
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from f1lake.invent.recording import invent
from f1lake.storage.raw_io import RawIOManager
from f1lake_tests.deploy.profile import STOPS_WITHIN_S, Profile, postgresql_programs, status, wait_for
from f1lake_tests.storage.ceph import Gateway
from f1lake_tests.storage.conftest import ceph, s3_lake  # noqa: F401  # fixtures

SITE = "f1.example.org"
ANA = {"Authorization": "Basic " + base64.b64encode(b"ana:open sesame").decode(), "Host": SITE}
SERVICES = ("code", "webserver", "daemon", "mlflow", "app", "proxy")

pytestmark = [
    pytest.mark.soak,
    pytest.mark.skipif(shutil.which("nginx") is None, reason="no nginx on this machine: `make test` installs Debian's"),
    pytest.mark.skipif(postgresql_programs() is None, reason="no PostgreSQL here: `make test` installs Debian's"),
]


@pytest.fixture
def profile(s3_lake: str, ceph: Gateway, tmp_path: Path) -> Iterator[Profile]:  # noqa: F811
    """All services on a lake on S3, over an invented world."""
    invent(tmp_path / "world", 2, seed=5)
    profile = Profile(tmp_path, {
        "F1LAKE_LAKE": s3_lake, "MLFLOW_ARTIFACTS": f"{s3_lake}-mlflow", "SITE": SITE, "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": ceph.key, "AWS_SECRET_ACCESS_KEY": ceph.secret, "AWS_ENDPOINT_URL": ceph.address,
        "POSTGRES_PASSWORD": "c0ffee", "F1LAKE_UPSTREAM": str(tmp_path / "world"), "F1LAKE_FROM_SEASON": "2026",
    })  # fmt: skip
    try:
        profile.start_postgresql()
        for name in SERVICES:
            profile.start(name)
        yield profile
    finally:
        profile.kill()


def graphql(profile: Profile, query: str, **variables: Any) -> dict[str, Any]:
    """An answer of the UI's GraphQL, asked as Ana."""
    body = json.dumps({"query": query, "variables": variables}).encode()
    request = urllib.request.Request(
        profile.address("/dagster/graphql"), body, {**ANA, "Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)["data"]
    except urllib.error.HTTPError as error:
        pytest.fail(f"GraphQL answers {error.code}: {error.read().decode()[:2000]}")


def launched(profile: Profile) -> str:
    """The id of a run of the job `collect_calendar`, started as the UI's button does."""
    selector = {"repositoryLocationName": "f1lake", "repositoryName": "__repository__"}
    tags = [{"key": f"dagster/asset_partition_range_{end}", "value": "2026"} for end in ("start", "end")]
    answer = graphql(
        profile,
        """mutation($params: ExecutionParams!) { launchRun(executionParams: $params) {
          __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } } }""",
        params={"selector": {**selector, "jobName": "collect_calendar"}, "executionMetadata": {"tags": tags}},
    )["launchRun"]
    assert answer["__typename"] == "LaunchRunSuccess", answer
    return answer["run"]["runId"]


def ended(profile: Profile, run_id: str) -> str:
    """How a run ended."""
    asked = "query($id: ID!) { runOrError(runId: $id) { ... on Run { status } } }"
    states: list[str] = []

    def is_over() -> bool:
        states.append(graphql(profile, asked, id=run_id)["runOrError"]["status"])
        return states[-1] in ("SUCCESS", "FAILURE", "CANCELED")

    wait_for(is_over, f"the end of run {run_id}, {states[-1:]}")
    return states[-1]


def test_a_server_serves_its_people_runs_what_they_ask_for_and_ends_in_time(profile: Profile) -> None:
    wait_for(lambda: status(profile.address("/odds/")) == 200, "the app")
    wait_for(lambda: status(profile.address("/dagster/server_info"), ANA) == 200, "the Dagster UI")
    wait_for(lambda: status(profile.address("/mlflow/"), ANA) == 200, "MLflow")
    for path in ("/dagster/", "/dagster/graphql", "/mlflow/", "/mlflow/ajax-api/2.0/mlflow/experiments/search"):
        assert status(profile.address(path)) == 401, path
    assert status(profile.address("/")) == 200  # leads to the app
    with urllib.request.urlopen(profile.address("/odds/config")) as page:
        assert json.load(page)["root"].endswith("/odds")
    experiments = profile.address("/mlflow/ajax-api/2.0/mlflow/experiments/search?max_results=1")
    assert status(experiments, ANA) == 200
    assert status(experiments, {**ANA, "Host": "elsewhere.example"}) == 403

    assert ended(profile, launched(profile)) == "SUCCESS"
    calendar = RawIOManager().read("raw/event_schedule").select(pl.len()).collect().item()
    assert calendar > 10

    with socket.create_connection(("127.0.0.1", profile.ports["app"])) as visitor:
        visitor.sendall(b"GET /gradio_api/heartbeat/x HTTP/1.1\r\nHost: here\r\n\r\n")  # an open page keeps this open
        assert b"200 OK" in visitor.recv(1000)
        took = {name: profile.stop(name) for name in reversed(SERVICES)}
    assert {name: seconds for name, seconds in took.items() if seconds > STOPS_WITHIN_S} == {}
