"""A run whose process was killed is noticed, and does not hold up the others."""

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.events import EngineEventData

from f1lake.automation.upkeep.lost_runs import HOST_TAG, LOST, end_lost_runs
from f1lake.home import dagster_home

A_LONG_RUN = """
import dagster as dg, socket, time
@dg.op
def wait(): time.sleep(600)
@dg.job
def long(): wait()
with dg.DagsterInstance.get() as instance:
    long.execute_in_process(instance=instance, tags={"f1lake/host": socket.gethostname()})
"""


def test_a_killed_run_is_failed_as_lost_and_one_that_lives_is_left_alone(lake: Path) -> None:
    dagster_home()
    with dg.DagsterInstance.get() as instance:
        process = subprocess.Popen([sys.executable, "-c", A_LONG_RUN], env=os.environ, stderr=subprocess.DEVNULL)
        started = dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED])
        deadline = time.monotonic() + 120
        while not instance.get_runs(started) and time.monotonic() < deadline:
            time.sleep(0.5)
        assert end_lost_runs(instance) == []
        process.kill()
        process.wait()
        [run] = instance.get_runs(started)
        assert end_lost_runs(instance) == [run.run_id]
        [failed] = instance.get_runs(dg.RunsFilter(statuses=[dg.DagsterRunStatus.FAILURE]))
        assert failed.run_id == run.run_id
        [event] = instance.all_logs(run.run_id, of_type=dg.DagsterEventType.RUN_FAILURE)
        assert event.dagster_event.message == LOST
        assert end_lost_runs(instance) == []


def by_code_server(host: str) -> dict[str, str]:
    """What Dagster's default launcher notes of a run."""
    return {".dagster/grpc_info": json.dumps({"host": host, "port": 4000})}


@pytest.mark.parametrize(
    ("tags", "is_ended"),
    [
        (by_code_server("localhost"), True),
        (by_code_server(socket.gethostname()), True),
        (by_code_server("code.elsewhere.invalid"), False),
        ({HOST_TAG: socket.gethostname()}, True),
        ({HOST_TAG: "another"}, False),
        ({}, False),
    ],
    ids=["own code server", "own host", "another host", "own command", "a command elsewhere", "another launcher"],
)
def test_only_runs_of_this_machine_are_judged(tags: dict[str, str], is_ended: bool) -> None:
    @dg.job
    def gone() -> None: ...

    ended = subprocess.Popen(["true"])
    ended.wait()
    with dg.DagsterInstance.ephemeral() as instance:
        run = instance.create_run_for_job(gone, tags=tags)
        instance.report_engine_event("", run, EngineEventData(metadata={"pid": dg.MetadataValue.text(str(ended.pid))}))
        instance.handle_new_event(_started(run))
        assert end_lost_runs(instance) == [run.run_id] * is_ended


def _started(run: dg.DagsterRun) -> dg.EventLogEntry:
    event = dg.DagsterEvent(dg.DagsterEventType.RUN_START.value, run.job_name)
    return dg.EventLogEntry(None, 10, "", run.run_id, time.time(), job_name=run.job_name, dagster_event=event)
