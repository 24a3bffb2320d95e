"""Celery's app for workers that do the runs of a server: `celery --app f1lake.workers worker`.

Dagster's own app, with what f1lake needs beside the addresses (`CELERY_BROKER_URL`, `CELERY_RESULT_BACKEND`). A task
is acknowledged when its run is over: what a worker had under way when it ended goes to another one, which fails it, so
that Dagster's monitoring ends the run and the daemon starts it again. The process that forks must not know polars,
whose threads no fork has.
"""

import os
import resource
import signal
from typing import Any

from celery import Task
from celery.signals import task_prerun
from dagster_celery.app import app

LONGEST_RUN_S = 6 * 3600
"""After so long a task of a worker that was killed goes to another; dagster-workers.yaml says the same."""

app.conf.update(
    broker_transport_options={"visibility_timeout": LONGEST_RUN_S},
    broker_connection_retry_on_startup=True,
    task_acks_late=True,
    worker_max_tasks_per_child=1,  # memory goes back after each run
    worker_prefetch_multiplier=1,
    worker_soft_shutdown_timeout=1,
)


@task_prerun.connect
def prepare(task: Task, **_: Any) -> None:
    """Let a run's process end where it stands, without a core: an exception would be a failure of the step.

    A run that another worker began is not begun again here.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for number in (signal.SIGTERM, signal.SIGQUIT):
        signal.signal(number, signal.SIG_DFL)
    if task.request.delivery_info["redelivered"]:
        os._exit(1)  # Celery notes the task as failed


__all__ = ["app"]
