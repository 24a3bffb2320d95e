"""What an operator does on a running profile: writes settings, starts runs in the UI as Ana, waits for their end."""

import base64
import json
import shutil
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from f1lake.storage.lake import read, version
from f1lake_tests.deploy.profile import Profile, postgresql_programs, wait_for
from f1lake_tests.recorded_upstream import Told
from f1lake_tests.storage.ceph import Gateway

SITE = "f1.example.org"
ANA = {"Authorization": "Basic " + base64.b64encode(b"ana:open sesame").decode(), "Host": SITE}
PASSWORD = "open sesame\nopen sesame\n"
PLANTED = "planted-c0ffee"
"""The databases' password."""
SEASONS = 13
"""Enough for the models, and few enough for minutes."""
PATIENCE_S, SETTLED_S = 900, 25

of_profile = [
    pytest.mark.soak,
    pytest.mark.skipif(shutil.which("nginx") is None, reason="no nginx on this machine: `make test` installs Debian's"),
    pytest.mark.skipif(postgresql_programs() is None, reason="no PostgreSQL here: `make test` installs Debian's"),
]


@pytest.fixture
def bucket(s3_lake: str) -> str:
    """A bucket of Ceph's, `s3://name`."""
    return s3_lake[: s3_lake.index("/", len("s3://"))]


@pytest.fixture
def server(bucket: str, tmp_path: Path) -> Iterator[Profile]:
    """The first server of a newcomer."""
    machine = Profile(tmp_path / "first")
    yield machine
    machine.kill()


@pytest.fixture
def elsewhere(bucket: str, tmp_path: Path) -> Iterator[Profile]:
    """Another server."""
    machine = Profile(tmp_path / "elsewhere")
    yield machine
    machine.kill()


def filled_in(profile: Profile, ceph: Gateway, bucket: str, world: Path, name: str) -> None:
    """`.env` as an operator fills it in, for the lake of this name, over an invented world."""
    profile.fill_in(
        profile.folder / ".env", POSTGRES_PASSWORD=PLANTED, F1LAKE_LAKE=f"{bucket}/{name}",
        MLFLOW_ARTIFACTS=f"{bucket}/{name}-mlflow", AWS_REGION="us-east-1", AWS_ACCESS_KEY_ID=ceph.key,
        AWS_SECRET_ACCESS_KEY=ceph.secret, AWS_ENDPOINT_URL=ceph.address, SITE=SITE,
        F1LAKE_BACKUPS=f"{bucket}/backups", F1LAKE_UPSTREAM=str(world),
    )  # fmt: skip


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


def launched(
    profile: Profile, job: str = "collect_calendar", partitions: tuple[str, str] | None = ("2026", "2026")
) -> str:
    """The id of a run of a job over a range of partitions, started as the UI's button does."""
    selector = {"repositoryLocationName": "f1lake", "repositoryName": "__repository__"}
    edges = zip(("start", "end"), partitions or (), strict=False)
    tags = [{"key": f"dagster/asset_partition_range_{edge}", "value": value} for edge, value in edges]
    answer = graphql(
        profile,
        """mutation($params: ExecutionParams!) { launchRun(executionParams: $params) {
          __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } } }""",
        params={"selector": {**selector, "jobName": job}, "executionMetadata": {"tags": tags}},
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

    wait_for(is_over, f"the end of run {run_id}, {states[-1:]}", PATIENCE_S)
    return states[-1]


def under_way(profile: Profile, job: str) -> list[str]:
    """The ids of the runs of a job whose processes are at work."""
    filters = "{statuses: [STARTED], pipelineName: $job}"
    asked = f"query($job: String!) {{ runsOrError(filter: {filters}) {{ ... on Runs {{ results {{ id }} }} }} }}"
    return [run["id"] for run in graphql(profile, asked, job=job)["runsOrError"]["results"]]


def again(profile: Profile, run_id: str) -> list[str]:
    """The runs that are another attempt at one that failed."""
    asked = "query($tags: [ExecutionTag!]) { runsOrError(filter: {tags: $tags}) { ... on Runs { results { id } } } }"
    found = graphql(profile, asked, tags=[{"key": "dagster/parent_run_id", "value": run_id}])
    return [run["id"] for run in found["runsOrError"]["results"]]


def failed_runs(profile: Profile) -> list[str]:
    """The jobs of the runs that failed."""
    found = graphql(profile, "{ runsOrError(filter: {statuses: [FAILURE]}) { ... on Runs { results { jobName } } } }")
    return [run["jobName"] for run in found["runsOrError"]["results"]]


def settle(profile: Profile) -> None:
    """Wait until no run is under way, and none has been for longer than all sensors take to ask for one."""
    unfinished = "[QUEUED, NOT_STARTED, STARTING, STARTED]"
    under_way = f"{{ runsOrError(filter: {{statuses: {unfinished}}}) {{ ... on Runs {{ results {{ id }} }} }} }}"
    last = [time.monotonic()]

    def is_over() -> bool:
        if graphql(profile, under_way)["runsOrError"]["results"]:
            last[0] = time.monotonic()
        return time.monotonic() - last[0] > SETTLED_S

    wait_for(is_over, "the end of all runs", PATIENCE_S)


def last_odds() -> str:
    """The day of the newest odds of the lake."""
    if version("odds/title_odds") is None:
        return ""
    return str(read("odds/title_odds").select(pl.col("as_of").max()).collect().item())


def last_race(world: Path) -> str:
    """The day of the last race or sprint that a world tells of."""
    of_season = Told(world).races(Told(world).seasons[-1])
    held = [race["date"] for race in of_season if race.get("results")]
    return max(held + [race["Sprint"]["date"] for race in of_season if race.get("sprint")])
