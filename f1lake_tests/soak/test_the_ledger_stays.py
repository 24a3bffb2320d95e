"""What was published stays, to the last digit, whatever happens to the lake behind it: with real models and jobs.

The same on small frames, within seconds, is in `odds/test_published.py`.
"""

import shutil
from pathlib import Path

import dagster as dg
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from f1lake import runs
from f1lake.home import dagster_home
from f1lake.model.registry import promotion, store
from f1lake.storage.backup import back_up, restore
from f1lake.storage.lake import read
from f1lake_tests.conftest import RECENT
from f1lake_tests.recorded_upstream import UpstreamServer
from f1lake_tests.whole_lake import roughly

KEY = ["kind", "as_of", "event_name", "stage", "entrant_id"]
TAKEN_FROM_THE_CHAMPION = {"season": 2025, "round": 24, "session": "results", "driverId": "norris", "disqualify": True}


def ledger() -> pl.DataFrame:
    return read("odds/published").sort(KEY).collect()


def title_odds() -> pl.DataFrame:
    """Today's odds after the first race."""
    rows = read("odds/title_odds", [2026]).select("as_of", "driver_id", "probability").sort("as_of", "driver_id")
    return rows.collect()


def publish(instance: dg.DagsterInstance, job: str = "odds", first: str = "2026") -> None:
    with roughly():
        runs.run(job, instance, (first, "2026"))
    runs.publish(instance)


@pytest.mark.soak
def test_a_refit_a_correction_a_promotion_a_rollback_and_a_rebuilt_lake_change_no_row(
    recording: Path, recent_history: Path, tmp_path: Path, upstream_server: UpstreamServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shutil.copytree(recent_history.parent, tmp_path, dirs_exist_ok=True)
    upstream_server.clock("2026-03-08")
    for name, value in {
        "LAKE": tmp_path / recent_history.name, "FROM_SEASON": RECENT, "UPSTREAM": upstream_server.address,
        "NOW": "2026-03-08T12:00:00Z", "REQUESTS_PER_HOUR": 100000,
    }.items():
        monkeypatch.setenv(f"F1LAKE_{name}", str(value))
    dagster_home()
    with dg.DagsterInstance.get() as instance:
        runs.collect_due(instance)
        publish(instance, "refresh")
        stood, before, champion = ledger(), title_odds(), store.champion("title")
        assert set(stood["kind"]) == {"driver_title", "constructor_title", "race_win", "race_podium", "race_points"}

        upstream_server.amend(TAKEN_FROM_THE_CHAMPION)  # corrected, which is another history to fit on
        assert runs.collect_again(instance, ["2025-24"]) == {2025}
        runs.run("build", instance, ("2025", "2026"))
        publish(instance, "odds", "2025")
        assert not title_odds().equals(before), "today's odds follow the correction"
        assert_frame_equal(ledger(), stood)
        publish(instance, "train", str(RECENT))
        refitted = store.champion("title")
        assert refitted.number > champion.number
        publish(instance)
        assert_frame_equal(ledger(), stood)

        other = next(v.number for v in store.versions("title") if v.tags["learner"] != refitted.tags["learner"])
        promotion.promote("title", other)
        publish(instance)
        promoted = title_odds()
        assert_frame_equal(ledger(), stood)
        assert promotion.rollback("title") == refitted.number
        publish(instance)
        assert not title_odds().equals(promoted)
        assert_frame_equal(ledger(), stood)
    archive = back_up(tmp_path / "backups")
    monkeypatch.setenv("F1LAKE_LAKE", str(tmp_path / "elsewhere" / "lake"))
    restore(archive)
    assert_frame_equal(ledger(), stood)
    dagster_home()
    with dg.DagsterInstance.get() as instance:
        publish(instance, "whole_history", str(RECENT))
    assert title_odds().height == before.height
    assert_frame_equal(ledger(), stood)
