"""Two real daemons on one lake: one works, the other waits, and takes over in the middle of a race weekend."""

from collections.abc import Callable, Iterator
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from f1lake.automation.sensors import newer_than_odds
from f1lake.automation.upkeep import in_charge
from f1lake.home import dagster_home
from f1lake.settings import settings
from f1lake.storage.lake import read
from f1lake_tests.automation.test_daemon import last_odds, now, stored, wait_until
from f1lake_tests.daemon import Daemon
from f1lake_tests.recorded_upstream import Told

__all__ = ["now"]
Machine = tuple[Daemon, dg.DagsterInstance]


@pytest.fixture
def machines(
    now: Callable[[str], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[list[Machine]]:
    """Two machines, each with a home and a Dagster instance of its own, and one MLflow store."""
    monkeypatch.setenv("F1LAKE_MLFLOW", settings().mlflow_uri)
    started: list[Machine] = []
    try:
        for name in ("one", "other"):
            monkeypatch.setenv("F1LAKE_HOME", str(tmp_path / name))
            dagster_home()
            started.append((Daemon(tmp_path / f"{name}.log"), dg.DagsterInstance.get()))
        yield started
    finally:
        for daemon, instance in started:
            daemon.stop()
            instance.dispose()


def says(instance: dg.DagsterInstance) -> str:
    """Why the sensor that collects did nothing, the last time that it looked."""
    [sensor] = [state for state in instance.all_instigator_state() if state.instigator_name == "race_weekend_sensor"]
    skipped = [tick for tick in instance.get_ticks(sensor.instigator_origin_id, sensor.selector_id, limit=3)
               if tick.is_completed]  # fmt: skip
    return skipped[0].skip_reason or ""


def in_tables() -> set[tuple[str, str]]:
    """The sessions of 2026 in silver, as `stored` has those of raw."""
    rows = read("silver/session_results", [2026]).select("round", pl.col("session").cast(pl.String)).unique().collect()
    return {(f"2026-{round_:02d}", session) for round_, session in rows.iter_rows()}


@pytest.mark.soak
def test_the_other_daemon_waits_and_follows_what_a_killed_one_had_collected(
    now: Callable[[str], None], machines: list[Machine], told: Told
) -> None:
    races = told.races(2026)
    sprint = next(i for i, race in enumerate(races) if i and "Sprint" in race)
    sprint_day, event = races[sprint]["Sprint"]["date"], f"2026-{sprint + 1:02d}"
    now(f"{races[0]['date']}T19:00:00Z")
    wait_until(lambda: last_odds() == races[0]["date"], machines[0][1], "odds after the first race")
    lease = in_charge.read()
    assert lease is not None
    leader, other = sorted(machines, key=lambda machine: not lease.is_of(machine[1]))
    assert [run.job_name for run in other[1].get_runs()] == [], "it waits"
    assert says(other[1]).startswith(f"waiting: {lease.host} is in charge of this lake")

    now(f"{sprint_day}T19:00:00Z")
    wait_until(lambda: (event, "Sprint") in stored(), other[1], "the sprint in raw")
    leader[0].kill()
    assert last_odds() == races[0]["date"], "killed between raw and odds"
    wait_until(lambda: last_odds() == sprint_day, other[1], "odds after the sprint, made by the other")
    taken = in_charge.read()
    assert taken is not None
    assert (taken.is_of(other[1]), taken.term) == (True, lease.term + 1)
    assert in_tables() == stored()
    assert newer_than_odds() == set()
