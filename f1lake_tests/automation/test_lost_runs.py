"""A run whose process was killed is noticed, and does not hold up the others."""

import os
import subprocess
import sys
import time
from pathlib import Path

import dagster as dg

from f1lake.automation.lost_runs import LOST, end_lost_runs
from f1lake.home import dagster_home

A_LONG_RUN = """
import dagster as dg, time
@dg.op
def wait(): time.sleep(600)
@dg.job
def long(): wait()
with dg.DagsterInstance.get() as instance:
    long.execute_in_process(instance=instance)
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
