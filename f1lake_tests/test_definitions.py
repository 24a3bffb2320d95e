"""The graph as a whole: what is there, complete, and unchanged unless somebody meant it."""

import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest
from syrupy.assertion import SnapshotAssertion

from f1lake.partitions import SEASONS
from f1lake.runs import definitions
from f1lake.storage.schemas import CONTRACTS

ROOT = Path(__file__).resolve().parents[1]
LAYERS = ("raw", "bronze", "silver", "gold", "abt", "model", "odds")


@pytest.fixture(scope="module")
def specs() -> list[dg.AssetSpec]:
    return sorted(definitions().resolve_all_asset_specs(), key=lambda spec: spec.key)


def test_the_graph_is_the_one_we_know(specs: list[dg.AssetSpec], snapshot: SnapshotAssertion) -> None:
    assert {
        spec.key.to_user_string(): {
            "partitions": type(spec.partitions_def).__name__,
            "reads": sorted(dep.asset_key.to_user_string() for dep in spec.deps),
        }
        for spec in specs
    } == snapshot


def test_jobs_sensors_and_schedules_are_the_ones_we_know(snapshot: SnapshotAssertion) -> None:
    defs = definitions()
    repository = defs.get_repository_def()
    assert {
        "jobs": {
            job.name: sorted(key.to_user_string() for key in job.asset_layer.executable_asset_keys)
            for job in repository.get_all_jobs()
            if not job.name.startswith("__")
        },
        "sensors": {s.name: [s.minimum_interval_seconds, s.default_status.value] for s in repository.sensor_defs},
        "schedules": {s.name: [s.cron_schedule, s.default_status.value] for s in repository.schedule_defs},
    } == snapshot


def test_train_is_backtests_of_seasons_and_a_registration_without(specs: list[dg.AssetSpec]) -> None:
    partitions = {spec.key: spec.partitions_def for spec in specs}
    keys = {name: definitions().resolve_job_def(name).asset_layer.executable_asset_keys
            for name in ("train", "backtest", "register")}  # fmt: skip
    assert keys["backtest"] | keys["register"] == keys["train"]
    assert {partitions[key] for key in keys["backtest"]} == {SEASONS}
    assert {partitions[key] for key in keys["register"]} == {None}


def test_every_asset_has_group_kinds_owner_tags_description_and_column_schema(specs: list[dg.AssetSpec]) -> None:
    assert len(specs) >= 14
    for spec in specs:
        name = spec.key.to_user_string()
        assert spec.group_name == spec.key.path[0] in LAYERS, name
        assert spec.kinds, name
        assert spec.owners, name
        assert {"partitioned_by", "kept"} <= set(spec.tags), name
        assert len(spec.description or "") > 20, name
        columns = spec.metadata["dagster/column_schema"].columns
        assert [c.name for c in columns if not c.description] == [], name


def test_every_asset_is_checked_against_its_contract_before_it_is_stored(specs: list[dg.AssetSpec]) -> None:
    checks = definitions().get_repository_def().asset_graph.asset_check_keys
    for spec in specs:
        assert spec.key.to_user_string() in CONTRACTS
        assert dg.AssetCheckKey(spec.key, "contract") in checks


def test_file_table_and_asset_have_one_name(specs: list[dg.AssetSpec]) -> None:
    for spec in specs:
        assert (ROOT / "f1lake" / spec.key.path[0] / f"{spec.key.path[1]}.py").is_file(), spec.key


def test_the_workspace_loads(tmp_path: Path) -> None:
    result = subprocess.run(
        [sys.executable, "-m", "dagster", "definitions", "validate", "-w", "workspace.yaml"],
        cwd=ROOT,
        env={"DAGSTER_HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert result.returncode == 0, result.stderr[-3000:]
