"""Maintenance: what is removed is what nothing needs, and bronze keeps every version."""

import datetime as dt
from pathlib import Path

import dagster as dg
import polars as pl
import pytest
from deltalake import DeltaTable
from typer.testing import CliRunner

from f1lake.automation.upkeep.maintenance import clean_table, prune_runs
from f1lake.cli.main import app
from f1lake.storage.delta_io import BronzeIOManager, DeltaIOManager
from f1lake.storage.place import uri
from f1lake_tests.storage.tables import QUIET, Points, Results, new_table, points, results

TOMORROW = dt.datetime.now(dt.UTC) + dt.timedelta(days=1)
broken = {"podiums": False}


@dg.asset(partitions_def=dg.StaticPartitionsDefinition(["2025", "2026"]))
def podiums() -> None:
    if broken["podiums"]:
        raise dg.Failure("broken")


@dg.asset_check(asset=podiums)
def three_a_race() -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=True)


def test_versions_above_bronze_stay_for_their_time_only(lake: Path) -> None:
    name = new_table("gold", Points)
    for value in (1.0, 2.0):
        DeltaIOManager().write(name, points((2025, "a", value), (2026, "a", value)), [2025, 2026])
    clean_table(name)
    assert pl.read_delta(uri(name), version=0)["points"].to_list() == [1.0, 1.0]
    assert list((lake / name / "_delta_log").glob("*.checkpoint.parquet"))
    files = set((lake / name).rglob("season=*/*.parquet"))
    clean_table(name, kept=dt.timedelta(0))
    left = set((lake / name).rglob("season=*/*.parquet"))
    assert len(left) == 2 < len(files)
    assert pl.read_delta(uri(name))["points"].to_list() == [2.0, 2.0]


def test_every_version_of_bronze_stays(lake: Path) -> None:
    name = new_table("bronze", Results)
    for position in (1, 2, 3):
        BronzeIOManager().write(name, results((2026, 9, "Race", "a", 1, position)), [2026])
    clean_table(name, kept=dt.timedelta(0))
    for version, position in enumerate((1, 2, 3)):
        assert pl.read_delta(uri(name), version=version)["position"].to_list() == [position]
    assert DeltaTable(uri(name)).load_cdf(starting_version=1).read_all().num_rows == 4


def test_a_table_that_is_not_there_needs_nothing(lake: Path) -> None:
    assert clean_table(new_table("gold", Points)) == (0, 0)


def test_runs_that_hold_the_newest_state_stay() -> None:
    defs = dg.Definitions(assets=[podiums], asset_checks=[three_a_race], executor=dg.in_process_executor)
    job = defs.resolve_implicit_global_asset_job_def()

    with dg.DagsterInstance.local_temp() as instance:

        def run(season: str) -> str:
            result = job.execute_in_process(
                instance=instance, partition_key=season, raise_on_error=False, run_config=QUIET
            )
            return result.run_id

        first, second, other = run("2026"), run("2026"), run("2025")
        broken["podiums"] = True
        failed = run("2026")
        broken["podiums"] = False
        checks = [dg.AssetCheckKey(podiums.key, "three_a_race")]
        assert prune_runs(instance, dt.datetime(2020, 1, 1, tzinfo=dt.UTC)) == 0
        assert prune_runs(instance, TOMORROW) == 1
        assert {run.run_id for run in instance.get_runs()} == {second, other, failed}  # the last word on the check
        assert not instance.all_logs(first)
        assert instance.get_materialized_partitions(podiums.key) == {"2025", "2026"}
        assert instance.event_log_storage.get_latest_asset_check_execution_by_key(checks)


def test_the_command_does_it_all_and_says_what(lake: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("F1LAKE_BACKUPS", str(tmp_path / "backups"))
    DeltaIOManager().write(new_table("silver", Points), points((2025, "a", 1.0), (2026, "a", 2.0)), [2025, 2026])
    (lake / "raw").mkdir()
    (lake / "raw" / "file").write_text("kept")
    result = CliRunner().invoke(app, ["maintain"], env={"COLUMNS": "1000"})
    assert result.exit_code == 0, result.output
    said = result.output
    assert "tables: 2 files, now 2" in said
    assert "Dagster: 0 runs deleted" in said
    assert "MLflow: 0 runs removed" in said
    assert "export: no table of gold or odds is in the lake" in said
    assert len(list((tmp_path / "backups").glob("f1lake-*.tar"))) == 1
