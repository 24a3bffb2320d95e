"""Runs of jobs in this process: what the lake's Dagster instance says of them afterwards."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from f1lake import runs
from f1lake.home import dagster_home


@dg.asset
def interrupted() -> None:
    """Somebody presses Ctrl-C while this is materialized."""
    os.kill(os.getpid(), signal.SIGINT)


@dg.asset
def failing() -> None:
    raise dg.Failure("the source is empty")


@pytest.fixture
def instance(lake: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dg.DagsterInstance]:
    jobs = [dg.define_asset_job(asset.key.to_user_string(), [asset]) for asset in (interrupted, failing)]
    definitions = dg.Definitions(assets=[interrupted, failing], jobs=jobs, executor=dg.in_process_executor)
    monkeypatch.setattr(runs, "definitions", lambda: definitions)
    dagster_home()
    with dg.DagsterInstance.get() as instance:
        yield instance


def test_a_run_that_ctrl_c_interrupts_is_canceled_and_one_that_fails_has_failed(instance: dg.DagsterInstance) -> None:
    with pytest.raises(KeyboardInterrupt):
        runs.run("interrupted", instance)
    with pytest.raises(runs.RunFailedError, match="the source is empty"):
        runs.run("failing", instance)
    ended = {run.job_name: run.status for run in instance.get_runs()}
    assert ended == {"interrupted": dg.DagsterRunStatus.CANCELED, "failing": dg.DagsterRunStatus.FAILURE}
