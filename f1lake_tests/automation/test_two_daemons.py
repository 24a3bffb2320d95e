"""Two real daemons on one lake: one works, the other waits, and takes over in the middle of a weekend."""

from collections.abc import Callable, Iterator
from pathlib import Path

import dagster as dg
import pytest

from f1lake import runs
from f1lake.automation import in_charge
from f1lake.settings import settings
from f1lake_tests.automation.test_daemon import last_odds, now, stored, wait_until
from f1lake_tests.conftest import Told
from f1lake_tests.daemon import Daemon

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
            settings.cache_clear()
            runs.dagster_home()
            started.append((Daemon(tmp_path / f"{name}.log"), dg.DagsterInstance.get()))
        yield started
    finally:
        for daemon, instance in started:
            daemon.stop()
            instance.dispose()


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
    assert other[1].get_runs_count() == 0, "it waits"

    now(f"{sprint_day}T19:00:00Z")
    wait_until(lambda: (event, "Sprint") in stored(), other[1], "the sprint in raw")
    leader[0].kill()
    assert last_odds() == races[0]["date"], "killed between raw and odds"
    wait_until(lambda: last_odds() == sprint_day, other[1], "odds after the sprint, made by the other")
    taken = in_charge.read()
    assert taken is not None
    assert (taken.is_of(other[1]), taken.term) == (True, lease.term + 1)
