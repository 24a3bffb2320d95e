"""The code server ends within seconds, whatever runs, and nobody takes its runs for alive."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import dagster as dg
import pytest

from f1lake_tests.deploy.profile import ROOT, STOPS_WITHIN_S, answers, wait_for


def test_a_run_under_way_ends_with_the_code_server_as_one_that_is_started_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    coordinator = "{module: dagster._core.run_coordinator, class: DefaultRunCoordinator}"
    (tmp_path / "dagster.yaml").write_text(f"run_coordinator: {coordinator}\ntelemetry: {{enabled: false}}\n")
    (tmp_path / "workspace.yaml").write_text(f"load_from: [grpc_server: {{host: 127.0.0.1, port: {port}}}]")
    serve = ["f1lake.code_server", "-m", "f1lake_tests.deploy.waiting_code", "-h", "127.0.0.1", "-p", str(port)]
    server = subprocess.Popen([sys.executable, "-m", *serve], cwd=ROOT, start_new_session=True)
    try:
        wait_for(lambda: answers(port), "the code server")
        launch = ["dagster", "job", "launch", "-w", str(tmp_path / "workspace.yaml"), "-j", "waits"]
        subprocess.run([sys.executable, "-m", *launch], cwd=ROOT, check=True, capture_output=True)
        with dg.DagsterInstance.get() as instance:
            [run] = instance.get_runs()
            steps = dg.DagsterEventType.STEP_START
            wait_for(lambda: bool(instance.all_logs(run.run_id, of_type=steps)), "the run to be under way")
            began = time.monotonic()
            server.terminate()
            assert server.wait(60) == 0
            assert time.monotonic() - began < STOPS_WITHIN_S
            [run] = instance.get_runs()
            assert run.status == dg.DagsterRunStatus.FAILURE
            assert run.tags.get("dagster/failure_reason") != "STEP_FAILURE", "that would not be started again"
    finally:
        if server.poll() is None:
            os.killpg(server.pid, signal.SIGKILL)
