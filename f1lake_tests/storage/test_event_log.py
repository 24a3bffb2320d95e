"""Dagster's events as our storage keeps them: the same as Dagster's own does, in a few transactions."""

import os
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from f1lake.home import dagster_home, shipped
from f1lake.partitions import SEASONS
from f1lake.storage.event_log import EventLog

KEY = dg.AssetKey("counted")
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@dg.asset(
    key=KEY, partitions_def=SEASONS, backfill_policy=dg.BackfillPolicy.single_run(),
    check_specs=[dg.AssetCheckSpec("contract", asset=KEY)],
)
def counted():
    yield dg.AssetCheckResult(check_name="contract", passed=True)
    yield dg.Output(None, metadata={"rows": 3}, tags={"kind": "test"})


class Nowhere(dg.IOManager):
    def handle_output(self, context: dg.OutputContext, obj: Any) -> None:
        context.add_output_metadata({"version": 7})

    def load_input(self, context: dg.InputContext) -> None: ...


def run(instance: dg.DagsterInstance, first: str, last: str) -> str:
    """The id of a run over some seasons."""
    defs = dg.Definitions(
        [counted], jobs=[dg.define_asset_job("count")], resources={"io_manager": Nowhere()},
        executor=dg.in_process_executor,
    )
    tags = {"dagster/asset_partition_range_start": first, "dagster/asset_partition_range_end": last}
    result = defs.resolve_job_def("count").execute_in_process(instance=instance, tags=tags, run_config=QUIET)
    assert result.success
    return result.run_id


def told(instance: dg.DagsterInstance, run_id: str) -> dict[str, Any]:
    """What the instance says of a run and its asset, ids and times apart."""
    newest = instance.get_latest_materialization_event(KEY)
    assert newest is not None
    assert newest.asset_materialization is not None
    (record,) = instance.get_asset_records([KEY])
    checks = instance.event_log_storage.get_asset_check_execution_history(dg.AssetCheckKey(KEY, "contract"), limit=9)
    return {
        "of the run": sorted(
            (str(event.dagster_event_type), event.get_dagster_event().partition or "")
            for event in instance.all_logs(run_id) if event.is_dagster_event
        ),
        "in order": [
            (found.partition_key, dict(found.asset_materialization.metadata), found.asset_materialization.tags["kind"])
            for found in instance.fetch_materializations(KEY, limit=500, ascending=True).records
            if found.asset_materialization
        ],
        "partitions": sorted(instance.get_materialized_partitions(KEY)),
        "newest": newest.asset_materialization.partition,
        "last run": record.asset_entry.last_run_id == run_id,
        "checks": [check.status for check in checks],
    }


@pytest.fixture
def home() -> Path:
    """The Dagster home of the test's lake."""
    return dagster_home()


def use_dagsters_own(home: Path) -> None:
    (home / "dagster.yaml").write_text("telemetry:\n  enabled: false\n")


def test_it_says_of_a_run_what_dagsters_own_storage_says(home: Path) -> None:
    with dg.DagsterInstance.get() as ours:
        of_ours = told(ours, run(ours, "1950", "2026"))
    assert len(of_ours["partitions"]) == 77
    for file in sorted(home.rglob("*.db*")):
        file.unlink()
    use_dagsters_own(home)
    with dg.DagsterInstance.get() as theirs:
        assert told(theirs, run(theirs, "1950", "2026")) == of_ours


def test_a_home_of_dagsters_own_storage_goes_on_and_back(home: Path) -> None:
    use_dagsters_own(home)
    with dg.DagsterInstance.get() as theirs:
        run(theirs, "1950", "1999")
    (home / "dagster.yaml").write_text(shipped("dagster.yaml").read_text())
    with dg.DagsterInstance.get() as ours:
        of_ours = told(ours, run(ours, "1990", "2026"))
    assert (len(of_ours["partitions"]), len(of_ours["in order"])) == (77, 50 + 37)
    use_dagsters_own(home)
    with dg.DagsterInstance.get() as theirs:
        assert theirs.get_materialized_partitions(KEY) == set(of_ours["partitions"])


def test_all_seasons_take_as_many_transactions_as_one(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    connect, taken = EventLog._connect, []

    def counting(self: EventLog, shard: str) -> Any:
        taken.append(shard)
        return connect(self, shard)

    monkeypatch.setattr(EventLog, "_connect", counting)
    with dg.DagsterInstance.get() as instance:
        run(instance, "2026", "2026")
        of_one, taken[:] = len(taken), []
        run(instance, "1950", "2026")
    assert len(taken) <= of_one + 1


def test_a_log_that_is_wiped_goes_on_and_one_that_is_left_has_no_open_file(home: Path) -> None:
    with dg.DagsterInstance.get() as instance:
        run_id = run(instance, "2025", "2025")
        instance.event_log_storage.wipe()
        assert instance.get_materialized_partitions(KEY) == set()
        ended = instance.get_run_by_id(run_id)
        assert ended is not None
        instance.report_engine_event("said after it was wiped", ended)
    assert not [file.name for file in (home / "history" / "runs").iterdir() if file.name.endswith("-wal")]
    with dg.DagsterInstance.get() as instance:
        assert [event.get_dagster_event().message for event in instance.all_logs(run_id)] == ["said after it was wiped"]


def test_whoever_sets_the_size_of_a_batch_keeps_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAGSTER_EVENT_BATCH_SIZE", "5")
    dagster_home()
    assert os.environ["DAGSTER_EVENT_BATCH_SIZE"] == "5"
