"""What grows how fast: layers with the seasons, a Delta table with its refreshes, Dagster's event log with the years.

    python -m benchmarks.growth

Needs the lake of `make demo` (or that at `F1LAKE_LAKE`) with its Dagster instance, which are read only: whatever is
written goes to a temporary folder. Seconds are of CPU.
"""

import datetime as dt
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import dagster as dg
import polars as pl

from benchmarks.silver_and_gold import SEASONS
from f1lake import clock
from f1lake.automation.upkeep.maintenance import clean_table, prune_runs
from f1lake.gold import driver_standings  # noqa: F401 - declares the table's contract
from f1lake.home import dagster_home
from f1lake.storage.delta_io import DeltaIOManager
from f1lake.storage.event_log import EventLog
from f1lake.storage.lake import delta_table, read

REPEATED = (1, 2, 13)
"""How often the 77 seasons of the history are repeated: up to 1,001 seasons."""
REFRESHES, BETWEEN_MAINTENANCE = 1_000, 10
TABLE = "gold/driver_standings"
YEARS, WEEKENDS = 10, 24


def main() -> None:
    """Print the three tables."""
    os.environ.setdefault("F1LAKE_LAKE", str(Path("lake-demo").resolve()))
    layers()
    with tempfile.TemporaryDirectory() as folder:
        event_log(Path(folder) / "years")
        delta(Path(folder) / "lake")


def layers() -> None:
    """Silver and gold of 77, 154 and 1,001 seasons, each in a process of its own."""
    print("seasons   CPU s   peak GB   CPU ms a season")
    for times in REPEATED:
        command = [sys.executable, "-m", "benchmarks.silver_and_gold", str(times)]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[-1]
        cpu_s, peak_gb = (float(value) for value in re.findall(r"\(([\d.]+) CPU\), peak ([\d.]+) GB", said)[0])
        seasons = SEASONS * times
        print(f"{seasons:7,} {cpu_s:7.1f} {peak_gb:9.2f} {1000 * cpu_s / seasons:17.1f}", flush=True)


def delta(lake: Path) -> None:
    """One season of a table changed a thousand times, with the maintenance of a week after every ten changes."""
    frame = read(TABLE).collect()
    season = int(frame["season"].max())  # type: ignore[arg-type]
    newest = frame.filter(season=season)
    os.environ["F1LAKE_LAKE"] = str(lake)
    manager = DeltaIOManager()
    manager.write(TABLE, frame, sorted(frame["season"].unique()))
    print(f"\n{TABLE}, season {season} refreshed\nrefreshes   versions   files   KB on disk   CPU ms to open and read")
    for refresh in range(REFRESHES + 1):
        if refresh:
            manager.write(TABLE, newest.with_columns(points=pl.col("points") + refresh), [season])
            if refresh % BETWEEN_MAINTENANCE == 0:
                clean_table(TABLE, dt.timedelta(0))
        if refresh in (0, 10, 100, REFRESHES):
            found = delta_table(TABLE)
            assert found is not None
            stored = [file.stat().st_size for file in lake.rglob("*") if file.is_file()]
            ms = 1000 * _cpu_s(lambda: read(TABLE).collect())
            size_kb = sum(stored) / 1024
            print(f"{refresh:9,} {found.version() + 1:10,} {len(stored):7,} {size_kb:12,.0f} {ms:9.1f}", flush=True)


def event_log(home: Path) -> None:
    """The newest refresh of the demo's instance, again for every weekend of ten years; then pruned."""
    dagster_home()
    with dg.DagsterInstance.get() as demo:
        run, entries = _a_refresh(demo)
    home.mkdir()
    (home / "dagster.yaml").touch()
    ours = {"module": EventLog.__module__, "class": EventLog.__name__, "config": {"home": str(home)}}
    print(f"\na run of {run.job_name} with {len(entries)} events, on {WEEKENDS} weekends a year")
    print("years   runs   MB on disk   CPU ms: 25 newest runs   newest of all assets   partitions of one")
    with dg.DagsterInstance.local_temp(str(home), overrides={"event_log_storage": ours}) as instance:
        for year in range(YEARS + 1):
            for weekend in range(WEEKENDS if year else 0):
                _store_again(instance, run, entries, (year - YEARS) * 365 + 15 * weekend)
            if year in (1, YEARS):
                _print_instance(instance, f"{year:5}", home)
        prune_runs(instance, dt.datetime.fromtimestamp(clock.real_time(), dt.UTC) + dt.timedelta(days=1))
        _print_instance(instance, "after", home)


def _a_refresh(instance: dg.DagsterInstance) -> tuple[dg.DagsterRun, Sequence[dg.EventLogEntry]]:
    """The newest finished refresh, else the newest run of all tables, with its events."""
    for job in ("refresh", "whole_history"):
        runs = instance.get_runs(dg.RunsFilter(job_name=job, statuses=[dg.DagsterRunStatus.SUCCESS]), limit=1)
        if runs:
            return runs[0], instance.all_logs(runs[0].run_id)
    raise SystemExit("no finished run of refresh in this instance: run `make demo`, then `f1lake refresh`")


def _store_again(
    instance: dg.DagsterInstance, run: dg.DagsterRun, entries: Sequence[dg.EventLogEntry], days: int
) -> None:
    """Once more, some days later (a negative number: earlier)."""
    again = dg.DagsterRun(job_name=run.job_name, status=run.status, tags=run.tags)
    instance.add_run(again)
    shift_s = days * 86_400
    instance.event_log_storage.store_event_batch([
        entry._replace(run_id=again.run_id, timestamp=entry.timestamp + shift_s) for entry in entries
    ])


def _print_instance(instance: dg.DagsterInstance, label: str, home: Path) -> None:
    keys = list(instance.all_asset_keys())
    spent_s = [
        _cpu_s(lambda: instance.get_run_records(limit=25)),
        _cpu_s(lambda: instance.get_latest_materialization_events(keys)),
        _cpu_s(lambda: instance.get_materialized_partitions(keys[0])),
    ]
    size = sum(file.stat().st_size for file in home.rglob("*") if file.is_file()) / 1024**2
    ms = "".join(f"{1000 * value:22.1f}" for value in spent_s)
    print(f"{label} {instance.get_runs_count():6,} {size:12.0f} {ms}", flush=True)


def _cpu_s(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


if __name__ == "__main__":
    main()
