"""A code location with one job, which waits."""

import time

import dagster as dg


@dg.op
def wait() -> None:
    time.sleep(600)


@dg.job(executor_def=dg.in_process_executor)  # as f1lake's
def waits() -> None:
    wait()


defs = dg.Definitions(jobs=[waits])
