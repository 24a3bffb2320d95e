"""Maintenance of a lake, weekly and on demand: compact tables, clean up old versions, prune runs, export, back up.

Raw, bronze and the published odds are kept permanently (bronze is never vacuumed, because its history is the record of
corrections). Removed are files that no version of the last 30 days of another table needs, finished runs older than 30
days that no current state depends on, and MLflow runs of that age without a registered version.
"""

import datetime as dt
from collections.abc import Iterable

import dagster as dg

from f1lake import clock
from f1lake.automation.upkeep import in_charge
from f1lake.export import export
from f1lake.model.registry.prune import prune
from f1lake.settings import settings
from f1lake.storage import leftovers
from f1lake.storage.backup import back_up
from f1lake.storage.delta_io import WRITER
from f1lake.storage.lake import TableMissingError, stored_table
from f1lake.storage.retention import is_kept_forever
from f1lake.storage.schemas import CONTRACTS

KEPT = dt.timedelta(days=30)
BACKUPS_KEPT = 4
FINISHED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
PAGE = 500


def clean_table(name: str, kept: dt.timedelta = KEPT) -> tuple[int, int]:
    """Compact a Delta table, write its checkpoint, and remove files of old versions. Returns the number of files before
    and after.

    Tables that are kept permanently only get a checkpoint; every version stays.
    """
    delta = stored_table(name)
    if delta is None:
        return 0, 0
    before = len(delta.file_uris())
    if not is_kept_forever(name):
        delta.optimize.compact(writer_properties=WRITER)
        hours = int(kept / dt.timedelta(hours=1))
        delta.vacuum(retention_hours=hours, dry_run=False, enforce_retention_duration=False)
    delta.create_checkpoint()
    return before, len(delta.file_uris())


def prune_runs(instance: dg.DagsterInstance, before: dt.datetime) -> int:
    """Delete runs that ended before an instant, with their logs. Returns how many.

    Dagster knows the state of the lake from the events of runs. Therefore runs with the newest materialization of a
    partition or the newest evaluation of a check stay.
    """
    old = instance.get_run_records(dg.RunsFilter(statuses=FINISHED, updated_before=before))
    deletable = {record.dagster_run.run_id for record in old}
    unneeded = deletable - _newest_materializations(instance) - _newest_evaluations(instance, deletable)
    for run_id in unneeded:
        instance.compute_log_manager.delete_logs(prefix=[run_id])
        instance.delete_run(run_id)
    return len(unneeded)


def _newest_materializations(instance: dg.DagsterInstance) -> set[str]:
    """The runs with the newest materializations of all partitions of all assets."""
    storage, needed = instance.event_log_storage, set[str]()
    for key in instance.all_asset_keys():
        by_partition = storage.get_latest_storage_id_by_partition(key, dg.DagsterEventType.ASSET_MATERIALIZATION)
        newest = instance.get_latest_materialization_event(key)
        needed |= {newest.run_id} if newest else set()
        ids = list(by_partition.values())
        for start in range(0, len(ids), PAGE):
            wanted = dg.AssetRecordsFilter(asset_key=key, storage_ids=ids[start : start + PAGE])
            needed |= {record.run_id for record in instance.fetch_materializations(wanted, limit=PAGE).records}
    return needed


def _newest_evaluations(instance: dg.DagsterInstance, run_ids: Iterable[str]) -> set[str]:
    """Those of these runs with the newest evaluation of a check."""
    evaluated = {
        entry.dagster_event.asset_check_evaluation_data.asset_check_key
        for run_id in run_ids
        for entry in instance.all_logs(run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION)
        if entry.dagster_event
    }
    latest = instance.event_log_storage.get_latest_asset_check_execution_by_key([*evaluated])
    return {record.run_id for record in latest.values()}


@dg.op(description="Compacts the tables above bronze, removes what no version of the last 30 days needs, checkpoints.")
def clean_tables(context: dg.OpExecutionContext) -> str:
    """Every Delta table of the lake, one after the other."""
    files = [clean_table(name) for name in CONTRACTS if not name.startswith("raw/")]
    return _done(context, f"tables: {sum(before for before, _ in files)} files, now {sum(after for _, after in files)}")


@dg.op(description="Removes what killed writes have left behind, once it is an hour old.")
def remove_leftovers(context: dg.OpExecutionContext) -> str:
    """Remove half-written files, and data files of bronze and the ledger that belong to no version."""
    return _done(context, f"leftovers of killed writes: {len(leftovers.remove())} removed")


@dg.op(description="Deletes runs older than 30 days whose state nothing shows any more.")
def prune_dagster(context: dg.OpExecutionContext) -> str:
    """By the machine's clock, like the times of runs."""
    before = dt.datetime.fromtimestamp(clock.real_time(), dt.UTC) - KEPT
    return _done(context, f"Dagster: {prune_runs(context.instance, before)} runs deleted")


@dg.op(description="Removes this lake's MLflow runs older than 30 days from which no version was registered.")
def prune_mlflow(context: dg.OpExecutionContext) -> str:
    """Registered versions stay, whichever is champion."""
    before = dt.datetime.fromtimestamp(clock.real_time(), dt.UTC) - KEPT
    return _done(context, f"MLflow: {prune(before)} runs removed")


@dg.op(description="Writes gold and odds as one DuckDB file and as parquet, as `f1lake export` does.")
def write_export(context: dg.OpExecutionContext) -> str:
    """Export to `export` in the lake's home."""
    try:
        exported, _ = export(settings().home / "export")
    except TableMissingError as missing:
        return _done(context, f"export: {missing}")
    return _done(context, f"export: {len(exported)} tables in {settings().home / 'export'}")


@dg.op(
    description="Packs what cannot be made again (raw, bronze, published odds, MLflow's store), if F1LAKE_BACKUPS says "
    "where to."
)
def write_backup(context: dg.OpExecutionContext) -> str:
    """The newest four archives stay."""
    if (folder := settings().backups) is None:
        return _done(context, "backup: none, for F1LAKE_BACKUPS is not set")
    return _done(context, f"backup: {back_up(folder, kept=BACKUPS_KEPT)}")


@dg.job(description="Compacts, cleans up, prunes, exports and backs up: weekly, and with `f1lake maintain`.")
def maintenance() -> None:
    """The steps depend on nothing but the lake."""
    clean_tables()
    remove_leftovers()
    prune_dagster()
    prune_mlflow()
    write_export()
    write_backup()


@dg.schedule(
    job=maintenance,
    cron_schedule="30 3 * * 3",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Every Wednesday night, between the weekends.",
)
def weekly_maintenance(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """Request the maintenance if this instance is in charge of the lake."""
    lease = in_charge.hold(context.instance)
    return dg.RunRequest() if lease.is_of(context.instance) else dg.SkipReason(f"waiting: {lease}")


def _done(context: dg.OpExecutionContext, text: str) -> str:
    context.log.info(text)
    return text
