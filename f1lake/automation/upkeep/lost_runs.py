"""Runs whose process is gone: a killed daemon or a restarted machine leaves them 'started' permanently.

Dagster's default launcher does not watch the processes it starts, and with one run at a time (`dagster.yaml`) a single
lost run would block all others. This module reports them as failed; Dagster's own run retries (`dagster.yaml`) start
them again.
"""

import json
import socket

import dagster as dg
import psutil
from dagster._core.events import JobFailureData, RunFailureReason
from dagster._core.storage.tags import GRPC_INFO_TAG

LOST = "The run's process is gone: the daemon was killed or the machine restarted. It is started again."
HOST_TAG = "f1lake/host"
"""The machine of a run without a launcher, which the command starts."""


def end_lost_runs(instance: dg.DagsterInstance) -> list[str]:
    """Fail the started runs of this machine whose process is gone. Returns their ids.

    Runs of other machines and of other launchers are left alone.
    """
    started = instance.get_run_records(
        dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING])
    )
    lost = [record for record in started if _is_here(record.dagster_run) and _is_lost(instance, record)]
    for record in lost:
        reason = JobFailureData(error=None, failure_reason=RunFailureReason.UNEXPECTED_TERMINATION)
        instance.report_run_failed(record.dagster_run, LOST, reason)
    return [record.dagster_run.run_id for record in lost]


def _is_here(run: dg.DagsterRun) -> bool:
    """Whether a run's process is, or was, on this machine; the default launcher records the host of the code server."""
    noted = run.tags.get(GRPC_INFO_TAG)
    host = json.loads(noted)["host"] if noted else run.tags.get(HOST_TAG)
    if host in (None, socket.gethostname()):
        return host is not None
    try:
        return socket.gethostbyname(host).startswith("127.")
    except socket.gaierror:
        return False


def _is_lost(instance: dg.DagsterInstance, record: dg.RunRecord) -> bool:
    """Whether the process id recorded by the run belongs to no process from that time."""
    entries = instance.all_logs(record.dagster_run.run_id, of_type=dg.DagsterEventType.ENGINE_EVENT)
    events = [entry.dagster_event.engine_event_data for entry in entries if entry.dagster_event]
    noted = [event.metadata["pid"].value for event in events if "pid" in event.metadata]
    if not noted:
        return False
    try:
        process = psutil.Process(int(str(noted[-1])))
        return process.status() == psutil.STATUS_ZOMBIE or process.create_time() > (record.start_time or 0)
    except psutil.NoSuchProcess:
        return True
