"""The whole lake from the recording: 77 seasons, raw to odds, as `make demo` builds it."""

import shutil
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from f1lake import runs
from f1lake.partitions import RACE_EVENT
from f1lake.settings import settings
from f1lake.storage.lake import read
from f1lake_tests.whole_lake import contents, fill, raw_files, versions

pytestmark = pytest.mark.xdist_group("history")


@pytest.fixture(scope="module")
def built(history: Path, recording: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake with everything the recording knows: the history to 2025, then the 2026 season."""
    folder = tmp_path_factory.mktemp("whole")
    shutil.copytree(history.parent, folder, dirs_exist_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("F1LAKE_LAKE", str(folder / history.name))
        patch.setenv("F1LAKE_UPSTREAM", str(recording))
        settings.cache_clear()
        fill(2026, 2026)
    settings.cache_clear()
    return folder / history.name


@pytest.fixture(autouse=True)
def in_the_whole_lake(built: Path, recording: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("F1LAKE_LAKE", str(built))
    monkeypatch.setenv("F1LAKE_UPSTREAM", str(recording))
    settings.cache_clear()


def test_bronze_holds_what_the_upstream_states() -> None:
    rows = read("bronze/session_results").group_by(pl.col("session").cast(pl.String)).len().collect()
    assert dict(rows.iter_rows()) == {"Race": 26_071, "Sprint": 568, "Qualifying": 11_168}
    races = read("bronze/session_results").filter(pl.col("session").cast(pl.String) == "Race")
    assert races.select(pl.struct("season", "round").n_unique()).collect().item() == 1_158


def test_every_partition_stands_in_the_dagster_instance() -> None:
    runs.dagster_home()
    with dg.DagsterInstance.get() as instance:
        events = set(instance.get_dynamic_partitions(RACE_EVENT))
        assert len(events) == 1_158
        assert instance.get_materialized_partitions(dg.AssetKey(["raw", "session_results"])) == events
        seasons = {str(season) for season in range(1950, 2027)}
        for key in (
            ["raw", "event_schedule"],
            ["raw", "driver_standings"],
            ["bronze", "session_results"],
            ["silver", "driver_features"],
            ["abt", "title_abt"],
            ["model", "title_model"],
            ["odds", "title_odds"],
        ):
            assert instance.get_materialized_partitions(dg.AssetKey(key)) == seasons, key


def test_title_odds_stand_after_round_9_of_2026_and_sum_to_one() -> None:
    odds = read("odds/title_odds", [2026]).collect()
    assert str(odds["as_of"].max()) == "2026-07-05"
    sums = (
        read("odds/title_odds").group_by("season", "as_of", "model_version").agg(pl.col("probability").sum()).collect()
    )
    assert (sums["probability"] - 1).abs().max() < 1e-9


def test_a_second_time_changes_no_version_and_writes_no_file(built: Path) -> None:
    before, files = versions(), raw_files(built)
    fill(1950, 2026, job="refresh")
    assert versions() == before
    assert raw_files(built) == files


def test_months_after_the_recording_nothing_fails_and_nothing_changes(
    built: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = contents()
    monkeypatch.setenv("F1LAKE_NOW", "2026-11-22T12:00:00Z")
    settings.cache_clear()
    fill(2026, 2026, job="refresh")
    after = contents()
    assert {name for name in before if not before[name].equals(after[name])} == set()
