"""Race weekends of 2026 under the real Dagster daemon, the clock turned by hand."""

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from f1lake.automation.sensors import UNFINISHED
from f1lake.home import dagster_home
from f1lake.partitions import RACE_EVENT
from f1lake.storage.lake import read, version
from f1lake.storage.raw_io import RawIOManager
from f1lake_tests.daemon import Daemon
from f1lake_tests.recorded_upstream import HAS_UPSTREAM, Told, UpstreamServer

PATIENCE_S = 600


@pytest.fixture
def now(
    request: pytest.FixtureRequest, history: Path, tmp_path: Path, told: Told, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], None]:
    """A lake that ends with 2025, an upstream to match, and a clock for both: `now("2026-03-08T12:00:00Z")`.

    The upstream is a server where there is a recorded one; an invented recording follows the clock by itself.
    """
    server: UpstreamServer | None = request.getfixturevalue("upstream_server") if HAS_UPSTREAM else None
    shutil.copytree(history.parent, tmp_path, dirs_exist_ok=True)
    clock_file = tmp_path / "now"
    monkeypatch.setenv("F1LAKE_LAKE", str(tmp_path / history.name))
    monkeypatch.setenv("F1LAKE_UPSTREAM", server.address if server else str(told.folder))
    monkeypatch.setenv("F1LAKE_NOW", str(clock_file))

    def turn(instant: str) -> None:
        if server:
            server.clock(instant[:10])
        (tmp_path / "now.new").write_text(instant)
        (tmp_path / "now.new").replace(clock_file)

    turn("2026-03-01T12:00:00Z")
    return turn


@pytest.fixture
def instance(now: Callable[[str], None], tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    """The instance that a running daemon on that lake shares with this test."""
    dagster_home()
    daemon = Daemon(tmp_path / "daemon.log")
    try:
        with dg.DagsterInstance.get() as shared:
            yield shared
    finally:
        daemon.stop()


def stored() -> set[tuple[str, str]]:
    """The sessions of 2026 in raw: {("2026-01", "Race")}."""
    rows = (
        RawIOManager()
        .read("raw/session_results", [2026])
        .select("round", pl.col("session").cast(pl.String))
        .unique()
        .collect()
    )
    return {(f"2026-{round_:02d}", session) for round_, session in rows.iter_rows()}


def last_odds() -> str:
    return str(read("odds/title_odds", [2026]).select(pl.col("as_of").max()).collect().item())


def published_days() -> set[str]:
    """The days whose title odds stand in the ledger."""
    if version("odds/published") is None:
        return set()
    return set(read("odds/published", [2026]).collect()["as_of"].drop_nulls().cast(pl.String))


def wait_until(condition: Callable[[], bool], instance: dg.DagsterInstance, what: str) -> None:
    """Wait until it is so and nothing is running, failing at once where a run failed."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        failed = instance.get_runs(dg.RunsFilter(statuses=[dg.DagsterRunStatus.FAILURE]))
        assert not failed, [run.job_name for run in failed]
        if not instance.get_runs_count(dg.RunsFilter(statuses=UNFINISHED)) and condition():
            return
        time.sleep(1)
    pytest.fail(f"waited {PATIENCE_S} s for {what}")


def test_a_race_and_a_sprint_are_collected_and_the_odds_move(
    now: Callable[[str], None], instance: dg.DagsterInstance, told: Told
) -> None:
    races = told.races(2026)
    first_sprint = next(i for i, race in enumerate(races) if i and "Sprint" in race)
    sprint_day = races[first_sprint]["Sprint"]["date"]
    event = f"2026-{first_sprint + 1:02d}"
    runs_before = instance.get_runs_count()
    now(f"{sprint_day}T19:00:00Z")
    wait_until(lambda: last_odds() == sprint_day, instance, "odds after the first race and the first sprint")
    assert stored() >= {("2026-01", "Race"), ("2026-01", "Qualifying"), (event, "Sprint"), (event, "Qualifying")}
    assert (event, "Race") not in stored()
    assert set(instance.get_dynamic_partitions(RACE_EVENT)[-2:]) == {f"2026-{first_sprint:02d}", event}

    odds = read("odds/title_odds", [2026]).filter(pl.col("as_of").cast(pl.String) == sprint_day).collect()
    assert odds["probability"].sum() == pytest.approx(1)
    next_race = read("odds/race_odds", [2026]).filter(round=first_sprint + 1).collect()
    assert set(next_race["stage"]) == {"before_qualifying", "qualifying"}, "the grid comes with the race"
    jobs = [run.job_name for run in instance.get_runs()][: instance.get_runs_count() - runs_before]
    assert jobs.count("refresh") >= 1, jobs
    assert "train" not in jobs
    assert "whole_history" not in jobs
    assert version("model/title_model") is not None
    wait_until(lambda: sprint_day in published_days(), instance, "the ledger after the first sprint")
    assert published_days() == {sprint_day}, "while it was open, and no day that had closed before"
