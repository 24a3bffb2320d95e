"""A Celery worker that is ended gives its run back: another one says that it failed, and it can be started again."""

import logging
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
import pytest
import yaml
from dagster._daemon.monitoring.run_monitoring import monitor_started_run

from f1lake_tests.deploy.profile import DEPLOY, ROOT, STOPS_WITHIN_S, answers, compose, wait_for


@contextmanager
def started(command: list[str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process, which is gone afterwards with all that it started."""
    with log.open("ab") as said:
        process = subprocess.Popen(command, cwd=ROOT, start_new_session=True, stdout=said, stderr=said)
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.mark.skipif(shutil.which("redis-server") is None, reason="no Redis here: `make test` installs Debian's")
def test_what_a_worker_had_under_way_when_it_was_ended_goes_to_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ports = []
    for _ in range(2):
        with socket.create_server(("127.0.0.1", 0)) as held:
            ports.append(held.getsockname()[1])
    broker = f"redis://127.0.0.1:{ports[0]}"
    settings = {
        "DAGSTER_HOME": str(tmp_path), "CELERY_BROKER_URL": f"{broker}/0", "CELERY_RESULT_BACKEND": f"{broker}/1",
        "REMAP_SIGTERM": compose()["services"]["worker"]["environment"]["REMAP_SIGTERM"],
    }  # fmt: skip
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    with_workers = yaml.safe_load((DEPLOY / "dagster-workers.yaml").read_text())
    instance = {name: with_workers[name] for name in ("run_launcher", "run_monitoring", "telemetry")}
    at_once = {"module": "dagster._core.run_coordinator", "class": "DefaultRunCoordinator"}
    (tmp_path / "dagster.yaml").write_text(yaml.safe_dump({**instance, "run_coordinator": at_once}))
    location = {"grpc_server": {"host": "127.0.0.1", "port": ports[1]}}
    (tmp_path / "workspace.yaml").write_text(yaml.safe_dump({"load_from": [location]}))
    programs, log = Path(sys.executable).parent, tmp_path / "log"
    redis = ["redis-server", "--port", str(ports[0]), "--bind", "127.0.0.1", "--dir", str(tmp_path)]
    code = [str(programs / "dagster"), "api", "grpc", "-m", "f1lake_tests.deploy.waiting_code", "-p", str(ports[1])]
    worker = [str(programs / word) if word == "celery" else word for word in compose()["services"]["worker"]["command"]]
    with started(redis, log), started(code, log):
        wait_for(lambda: answers(ports[0]) and answers(ports[1]), "Redis and the code server")
        launch = [str(programs / "dagster"), "job", "launch", "-w", str(tmp_path / "workspace.yaml"), "-j", "waits"]
        with started([*worker, "--hostname", "one@%h"], log) as one, dg.DagsterInstance.get() as dagster:
            launched = subprocess.run(launch, cwd=ROOT, capture_output=True, text=True)
            assert launched.returncode == 0, launched.stderr
            [run] = dagster.get_runs()
            begun = dg.DagsterEventType.STEP_START
            wait_for(lambda: bool(dagster.all_logs(run.run_id, of_type=begun)), "the run to be under way", 90)
            began = time.monotonic()
            one.terminate()
            one.wait(60)
            assert time.monotonic() - began < STOPS_WITHIN_S
            with started([*worker, "--hostname", "other@%h"], log):
                wait_for(lambda: is_failed(dagster, run.run_id), "the other worker to take it", 60)
            assert dagster.get_runs()[0].status == dg.DagsterRunStatus.FAILURE
            assert dagster.get_runs()[0].tags.get("dagster/failure_reason") != "STEP_FAILURE", "that is not tried again"


def is_failed(instance: dg.DagsterInstance, run_id: str) -> bool:
    """Whether Dagster's monitoring, which a daemon does, finds that a run's worker is lost."""
    [record] = instance.get_run_records(dg.RunsFilter(run_ids=[run_id]))
    if not record.dagster_run.is_finished:
        monitor_started_run(instance, None, record, logging.getLogger("monitoring"))  # pyright: ignore[reportArgumentType]
    return record.dagster_run.is_finished
