"""What Dagster's events cost in PostgreSQL that syncs to its disk, as on a server: three assets of 77 seasons a run.

    python -m benchmarks.postgres_events

Commits are counted by PostgreSQL itself, so that they say the same on a busy machine. As Dagster does without a word,
an event at a time; with `DAGSTER_EVENT_BATCH_SIZE`; and with the event log of deploy/ (`f1lake/storage`) too.
"""

import contextlib
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import dagster as dg
import psycopg2
import yaml

from f1lake.home import EVENTS_AT_ONCE
from f1lake.partitions import SEASONS
from f1lake_tests.deploy.profile import DEPLOY, postgresql

ASSETS, FIRST, LAST = 3, "1950", "2026"
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


class Nowhere(dg.IOManager):
    """Stores nothing: what is left is Dagster."""

    def handle_output(self, context: dg.OutputContext, obj: Any) -> None:
        """Nothing."""

    def load_input(self, context: dg.InputContext) -> None:
        """Nothing."""


def asset(number: int) -> dg.AssetsDefinition:
    """An asset as f1lake's are: a season a partition, a range a run, one check."""

    @dg.asset(
        name=f"asset_{number}", partitions_def=SEASONS, backfill_policy=dg.BackfillPolicy.single_run(),
        check_specs=[dg.AssetCheckSpec("contract", asset=f"asset_{number}")],
    )
    def made():
        yield dg.AssetCheckResult(check_name="contract", passed=True)
        yield dg.Output(None, metadata={"rows": 3})

    return made


def commits(address: str) -> int:
    """How many transactions PostgreSQL has committed; it tells with a second's delay."""
    time.sleep(1.5)
    with contextlib.closing(psycopg2.connect(address.replace("+psycopg2", ""))) as connection:
        cursor = connection.cursor()
        cursor.execute("SELECT xact_commit FROM pg_stat_database WHERE datname = 'postgres'")
        [(count,)] = cursor.fetchall()
        return count


def once(address: str) -> None:
    """A run over all seasons, and what it took."""
    defs = dg.Definitions(
        [asset(number) for number in range(ASSETS)], jobs=[dg.define_asset_job("all")],
        resources={"io_manager": Nowhere()}, executor=dg.in_process_executor,
    )  # fmt: skip
    tags = {"dagster/asset_partition_range_start": FIRST, "dagster/asset_partition_range_end": LAST}
    with dg.DagsterInstance.get() as instance:
        job = defs.resolve_job_def("all")
        assert job.execute_in_process(instance=instance, tags=tags, run_config=QUIET).success  # makes the tables
        before, began, cpu = commits(address), time.monotonic(), time.process_time()
        result = job.execute_in_process(instance=instance, tags=tags, run_config=QUIET)
        took, used = time.monotonic() - began, time.process_time() - cpu
        events = len(instance.all_logs(result.run_id))
        print(f"{os.environ.get('DAGSTER_EVENT_BATCH_SIZE', '1')} at once: {events} events, "
              f"{commits(address) - before} commits, {took:.1f} s, {used:.1f} CPU s", flush=True)  # fmt: skip


def main() -> None:
    """Each way in a process of its own."""
    of_deploy = yaml.safe_load((DEPLOY / "dagster.yaml").read_text())
    ours = {name: of_deploy[name] for name in ("run_storage", "schedule_storage", "event_log_storage", "telemetry")}
    dagsters = {"storage": {"postgres": of_deploy["run_storage"]["config"]}, "telemetry": of_deploy["telemetry"]}
    with postgresql() as address, tempfile.TemporaryDirectory(prefix="f1lake-") as home:
        for instance, batch in ((dagsters, None), (dagsters, EVENTS_AT_ONCE), (ours, EVENTS_AT_ONCE)):
            (Path(home) / "dagster.yaml").write_text(yaml.safe_dump(instance))
            print("with f1lake's event log" if instance is ours else "with Dagster's event log", end=": ", flush=True)
            places = {"DAGSTER_HOME": home, "DAGSTER_POSTGRES_URL": address}
            environment = os.environ | places | ({"DAGSTER_EVENT_BATCH_SIZE": batch} if batch else {})
            command = [sys.executable, "-m", "benchmarks.postgres_events", address]
            subprocess.run(command, env=environment, check=True)


if __name__ == "__main__":
    once(sys.argv[1]) if len(sys.argv) > 1 else main()
