"""The profile of deploy/ by the words of its README: start, use, backup, upgrade, restore elsewhere."""

import ast
import json
import re
import shlex
import socket
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

import boto3
import pytest
from polars.testing import assert_frame_equal

from f1lake.contracts import declared
from f1lake.invent.recording import advance, invent
from f1lake.storage.retention import KEPT_FOREVER
from f1lake_tests.deploy.operating import (
    ANA,
    PASSWORD,
    PATIENCE_S,
    PLANTED,
    SEASONS,
    SITE,
    again,
    bucket,
    elsewhere,
    ended,
    failed_runs,
    filled_in,
    graphql,
    last_odds,
    last_race,
    launched,
    of_profile,
    server,
    settle,
    under_way,
)
from f1lake_tests.deploy.profile import (
    ROOT,
    STOPS_WITHIN_S,
    Profile,
    commands,
    machine,
    status,
    wait_for,
)
from f1lake_tests.storage.ceph import Gateway
from f1lake_tests.whole_lake import contents

__all__ = ["bucket", "elsewhere", "server"]
OF_THE_MACHINE = re.compile(r"apt-get|system|useradd|python3.11 -m venv|/opt/f1lake/bin/pip|su |echo .*hosts")
"""Commands that change a whole machine, or need systemd."""

pytestmark = of_profile


def require_a_password(profile: Profile) -> None:
    """The app is everybody's; the UI and MLflow are Ana's."""
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


def started(profile: Profile, ceph: Gateway, bucket: str, world: Path, name: str) -> str:
    """Do what "With containers" says, to its end; what `doctor` says then."""
    copy, passwords, *rest = commands("With containers")
    for command in (copy, passwords):
        profile.do(command, PASSWORD)
    filled_in(profile, ceph, bucket, world, name)
    return [profile.do(command) for command in rest][-1]


def leaks(profile: Profile, bucket: str, secrets: list[str]) -> list[str]:
    """What the services wrote that holds a secret: logs, homes, the databases and the bucket."""
    files = [path for folder in profile.folders for path in folder.rglob("*") if path.is_file()]
    written = {str(path): path.read_bytes() for path in files if path.name != ".env"}
    client, name = boto3.Session().client("s3"), bucket.removeprefix("s3://")
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=name):
        for one in page["Contents"]:
            written[one["Key"]] = client.get_object(Bucket=name, Key=one["Key"])["Body"].read()
    assert len(written) > 300
    return [name for name, content in written.items() if any(secret.encode() in content for secret in secrets)]


def stopped(profile: Profile, command: str) -> dict[str, float]:
    """The services that took longer than they may to end, while somebody has a page of the app open."""
    with socket.create_connection(("127.0.0.1", profile.ports["app"])) as visitor:
        visitor.sendall(b"GET /gradio_api/heartbeat/x HTTP/1.1\r\nHost: here\r\n\r\n")
        assert b"200 OK" in visitor.recv(1000)
        took = ast.literal_eval(profile.do(command))
    return {name: seconds for name, seconds in took.items() if seconds > STOPS_WITHIN_S}


def test_a_server_serves_its_people_runs_what_they_ask_for_and_ends_in_time(
    server: Profile, ceph: Gateway, bucket: str, tmp_path: Path
) -> None:
    invent(tmp_path / "world", 2, seed=5)
    assert f"{bucket}/first" in started(server, ceph, bucket, tmp_path / "world", "first")
    require_a_password(server)
    assert ended(server, launched(server)) == "SUCCESS"
    wait_for(lambda: bool(under_way(server, "whole_history")), "the daemon's first build", PATIENCE_S)
    [run] = under_way(server, "whole_history")
    assert stopped(server, "docker compose stop") == {}
    server.do("docker compose up -d")
    assert ended(server, run) == "FAILURE"
    wait_for(lambda: bool(again(server, run)), "the daemon to start it again")
    assert leaks(server, bucket, [PLANTED, ceph.secret]) == []


def test_the_units_of_systemd_serve_by_the_same_words(
    server: Profile, ceph: Gateway, bucket: str, tmp_path: Path
) -> None:
    root = tmp_path / "machine"
    for command in commands("With systemd"):
        if OF_THE_MACHINE.match(command) is None:
            here = re.sub(r"(?<=[ '#])/(?=etc/|var/)", f"{root}/", command).replace("-g f1lake", "")
            made = here.replace("-o f1lake", "").replace("install -m", "install -D -m")
            for folder in ("etc/systemd/system", "etc/f1lake"):
                (root / folder).mkdir(parents=True, exist_ok=True)
            typed = {"input": PASSWORD, "text": True, "start_new_session": True}
            subprocess.run(["bash", "-ec", made], cwd=ROOT, check=True, **typed)
    environment = root / "etc/f1lake/environment"
    server.fill_in(
        environment, DAGSTER_POSTGRES_URL=f"postgresql+psycopg2://f1lake:{PLANTED}@postgres:5432/dagster",
        MLFLOW_BACKEND_STORE_URI=f"postgresql+psycopg2://f1lake:{PLANTED}@postgres:5432/mlflow",
        F1LAKE_LAKE=f"{bucket}/f1", MLFLOW_ARTIFACTS_DESTINATION=f"{bucket}/mlflow",
        AWS_REGION="us-east-1", AWS_ACCESS_KEY_ID=ceph.key, AWS_SECRET_ACCESS_KEY=ceph.secret,
        AWS_ENDPOINT_URL=ceph.address, SITE=SITE, F1LAKE_BACKUPS="",
        F1LAKE_HOME=f"{root}/var/lib/f1lake", DAGSTER_HOME=f"{root}/var/lib/f1lake/dagster",
    )  # fmt: skip
    server.start_postgresql(PLANTED)
    known = server.settings(environment)
    workspace = root / "etc/f1lake/workspace.yaml"
    workspace.write_text(server.here(workspace.read_text()))
    for name in ("mlflow", "code", "webserver", "daemon", "app"):
        unit = (root / f"etc/systemd/system/f1lake-{name}.service").read_text()
        own = dict(pair.split("=") for pair in " ".join(re.findall(r"^Environment=(.*)$", unit, re.M)).split())
        line = re.findall(r"^ExecStart=(.*)$", unit, re.M)[0].replace("${SITE}", SITE)
        words = [server.here(word) for word in shlex.split(line)]
        words = [re.sub(r"^/etc", f"{root}/etc", word) for word in words]
        words[0] = words[0].replace("/opt/f1lake/bin", str(ROOT / ".venv/bin"))
        server.spawn(name, words, machine() | known | {key: server.here(value) for key, value in own.items()})
    server.start_proxy(root / "etc/f1lake/nginx.conf", root / "etc/f1lake/passwords")
    require_a_password(server)
    wait_for(lambda: bool(graphql(server, "{ version }")), "GraphQL")


def test_a_newcomer_serves_a_lake_loses_the_machine_and_goes_on_elsewhere(
    server: Profile, elsewhere: Profile, ceph: Gateway, bucket: str, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    world = tmp_path / "world"
    invent(world, SEASONS, seed=5)
    started(server, ceph, bucket, world, "first")
    monkeypatch.setenv("F1LAKE_LAKE", f"{bucket}/first")

    wait_for(lambda: last_odds() == last_race(world), "the history, collected by the daemon", PATIENCE_S)
    advance(world)
    wait_for(lambda: last_odds() == last_race(world), "the next race weekend", PATIENCE_S)
    assert ended(server, launched(server)) == "SUCCESS"
    settle(server)
    assert failed_runs(server) == []

    backup, = commands("Backup")
    archive = server.do(backup.replace("s3://my-bucket", bucket)).strip()
    build, stop, *migrate, up = commands("Upgrade")
    declared()
    before = contents()
    for command in (build, stop, *migrate, up):
        server.do(command)
    require_a_password(server)
    assert ended(server, launched(server)) == "SUCCESS"
    server.kill()

    for command in commands("With containers")[:2]:
        elsewhere.do(command, PASSWORD)
    filled_in(elsewhere, ceph, bucket, world, "second")
    for command in commands("Restore elsewhere"):
        elsewhere.do(re.sub(r"s3://my-bucket/backups/\S+", archive, command))
    require_a_password(elsewhere)
    monkeypatch.setenv("F1LAKE_LAKE", f"{bucket}/second")
    settle(elsewhere)
    after = contents()
    assert after.keys() == before.keys()
    for name in before:
        if not name.startswith(("model/", "odds/")) or name in KEPT_FOREVER:  # the others are simulated anew
            assert_frame_equal(after[name], before[name], check_row_order=False)
    assert last_odds() == last_race(world)
    assert ended(elsewhere, launched(elsewhere)) == "SUCCESS"
