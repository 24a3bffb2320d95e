"""The I/O managers of bronze and everything after it: Delta tables, one partition per season.

Own code because the stock ones lose data (docs/decisions/0001-own-delta-io-manager.md).
"""

import functools
import random
import time
from collections.abc import Callable, Mapping
from typing import ClassVar, TypeVar

import dagster as dg
import polars as pl
from deltalake import (
    ColumnProperties,
    CommitProperties,
    DeltaTable,
    Schema,
    WriterProperties,
    write_deltalake,
)
from deltalake.exceptions import CommitFailedError, DeltaError

from f1lake.partitions import seasons_of
from f1lake.storage import looks, release, working_copy
from f1lake.storage.lake import RUN_BEGAN, delta_table, read, rows, table_at, version
from f1lake.storage.place import on_s3, uri
from f1lake.storage.schemas import CONTRACTS, key_columns, marked, volatile_columns
from f1lake.storage.stored_types import as_declared, empty_frame, same_rows, storable

ATTEMPTS = 12
WRITER = WriterProperties(compression="SNAPPY", default_column_properties=ColumnProperties(dictionary_enabled=False))
"""delta-rs holds a writer for each column of each season until all rows are in. So a feature table of 77 seasons takes
0.26 GB; with ZSTD 0.52 GB and twice the CPU, for files a sixth to a third smaller; with dictionaries 1.5 GB."""
T = TypeVar("T")


class ColumnLostError(ValueError):
    """A frame lacks a column that its table has; columns are only ever added."""


class DeltaIOManager(dg.IOManager):
    """Replaces exactly the seasons of the run, or the whole table if it is not partitioned.

    If the rows equal the stored ones except for volatile columns, there is no new version.
    """

    configuration: ClassVar[dict[str, str | None]] = {}
    """The Delta properties with which a table is created."""

    def handle_output(self, context: dg.OutputContext, obj: pl.DataFrame | pl.LazyFrame) -> None:
        """Write the frame of a run, and add path and table version to the materialization."""
        name = "/".join(context.asset_key.path)
        seasons = seasons_of(context.asset_partition_keys) if context.has_asset_partitions else None
        changed = self.write(name, obj, seasons, _noted(context))
        context.add_output_metadata({
            "path": dg.MetadataValue.path(uri(name)), "table_version": version(name), "changed": changed
        })

    def load_input(self, context: dg.InputContext) -> pl.LazyFrame:
        """The partitions of the input that the mapping names, lazily, in the types of its contract.

        Without partitions it is an empty frame, and the table is not opened. Raises `TableMissingError` if the table
        was never materialized, unless the input is marked `OPTIONAL`; then it is empty too.
        """
        name = "/".join(context.asset_key.path)
        if (context.definition_metadata or {}).get("optional") and version(name) is None:
            context.log.warning(f"{name} was never materialized, and is taken as empty")
            return empty_frame(name)
        if not context.has_asset_partitions:
            return as_declared(name, read(name))
        seasons = seasons_of(context.asset_partition_keys)
        return as_declared(name, read(name, seasons)) if seasons else empty_frame(name)

    def write(
        self, name: str, frame: pl.DataFrame | pl.LazyFrame, seasons: list[int] | None,
        noted: Mapping[str, str] | None = None,
    ) -> bool:
        """Write some seasons of a table (`seasons=None`: all of it). Returns whether that changed it.

        `noted` is metadata of the commit. Raises `ValueError` if the frame has rows outside those seasons, and
        `ColumnLostError` if it lacks a column of the table; the table is then unchanged.
        """
        new = frame.lazy().collect()
        if seasons is not None:
            strangers = set(new["season"].unique()) - set(seasons)
            if strangers:
                raise ValueError(
                    f"{name}: rows of seasons {sorted(strangers)} in a run of {seasons}; nothing was written"
                )
        commit = CommitProperties(custom_metadata=dict(noted or {}))
        return _retried(name, lambda: self._write_once(name, new, seasons, commit))

    def _write_once(
        self, name: str, frame: pl.DataFrame, seasons: list[int] | None, commit: CommitProperties
    ) -> bool:
        if not on_s3():
            return self._write_at(uri(name), name, frame, seasons, commit)
        if (delta := delta_table(name)) is not None:
            working_copy.bring(name, delta, seasons)
        with working_copy.clone(name, delta) as draft:
            changed = self._write_at(str(draft.folder), name, frame, seasons, commit)
            if changed:
                working_copy.publish(draft)
        return changed

    def _write_at(
        self, folder: str, name: str, frame: pl.DataFrame, seasons: list[int] | None, commit: CommitProperties
    ) -> bool:
        table = table_at(folder)
        if table is None:
            self._create(folder, name, frame, seasons, commit)
            return True
        stored = _as_far_as_declared(name, rows(table, seasons))
        lost = [column for column in stored.columns if column not in frame.columns]
        if lost:
            raise ColumnLostError(
                f"{name}: the stored table has {lost}, the new rows have not; nothing was written. Columns are "
                f"only ever added: keep them, or delete the table at {uri(name)} and materialize all of it again"
            )
        return self._apply(name, table, stored, frame, seasons, commit)

    def _create(
        self, folder: str, name: str, frame: pl.DataFrame, seasons: list[int] | None, commit: CommitProperties
    ) -> None:
        # Without retries of its own: delta-rs would append to what another writer created meanwhile.
        once = CommitProperties(custom_metadata=commit.custom_metadata, max_commit_retries=0)
        try:
            write_deltalake(
                folder, _stored_form(frame), mode="error", partition_by=None if seasons is None else ["season"],
                configuration=self.configuration, commit_properties=once, writer_properties=WRITER,
            )
        except DeltaError as error:
            if table_at(folder) is None:
                raise
            raise CommitFailedError(f"{name} was created by another writer at the same time") from error
        release.note(name)

    def _apply(
        self, name: str, delta: DeltaTable, stored: pl.DataFrame, frame: pl.DataFrame,
        seasons: list[int] | None, commit: CommitProperties,
    ) -> bool:
        if same_rows(name, stored, frame):
            return False
        predicate = None if seasons is None else f"season IN ({', '.join(map(str, seasons))})"
        write_deltalake(
            delta, _stored_form(frame), mode="overwrite", predicate=predicate, schema_mode="merge",
            commit_properties=commit, writer_properties=WRITER,
        )
        return True


class BronzeIOManager(DeltaIOManager):
    """Merges on the contract's key, so that the table keeps the history of every change.

    Rows with other values (except volatile columns) are updated, new rows inserted, and rows that disappeared from the
    source deleted, within the parts that were collected (`schemas.py`). Without changes there is no new version. The
    change data feed is on from the first version, and no version is ever cleaned up.
    """

    configuration: ClassVar[dict[str, str | None]] = {
        "delta.enableChangeDataFeed": "true", "delta.enableExpiredLogCleanup": "false"
    }

    def _apply(
        self, name: str, delta: DeltaTable, stored: pl.DataFrame, frame: pl.DataFrame,
        seasons: list[int] | None, commit: CommitProperties,
    ) -> bool:
        added = [column for column in frame.columns if column not in stored.columns]
        if added:
            fields = Schema.from_arrow(_stored_form(frame.head(0).select(added)).to_arrow().schema).fields
            delta.alter.add_columns(fields)
            stored = stored.with_columns(pl.lit(None, frame.schema[column]).alias(column) for column in added)
        changes = _changes(name, frame, stored)
        if changes.is_empty():
            return bool(added)
        columns = {column: f"s.{column}" for column in frame.columns}
        same_key = [f"(t.{key} IS NOT DISTINCT FROM s.{key})" for key in key_columns(CONTRACTS[name])]
        written = ", ".join(map(str, changes["season"].unique().sort()))
        (
            delta.merge(
                _stored_form(changes), source_alias="s", target_alias="t", commit_properties=commit,
                writer_properties=WRITER, predicate=" AND ".join([*same_key, f"(t.season IN ({written}))"]),
            )
            .when_matched_delete(predicate="s._gone")
            .when_matched_update(columns)
            .when_not_matched_insert(columns)
            .execute()
        )
        return True


class LedgerIOManager(DeltaIOManager):
    """Appends rows and never changes or removes one; Delta itself refuses writers that would.

    Rows that share the key except for its last column are written once, together. If such rows exist already, none is
    added, whatever the new ones contain.
    """

    configuration: ClassVar[dict[str, str | None]] = {
        "delta.appendOnly": "true", "delta.enableExpiredLogCleanup": "false"
    }

    def _apply(
        self, name: str, delta: DeltaTable, stored: pl.DataFrame, frame: pl.DataFrame,
        seasons: list[int] | None, commit: CommitProperties,
    ) -> bool:
        new = frame.join(stored, on=key_columns(CONTRACTS[name])[:-1], how="anti", nulls_equal=True)
        if new.is_empty():
            return False
        # Without retries of its own: delta-rs would append what another writer has added meanwhile a second time.
        once = CommitProperties(custom_metadata=commit.custom_metadata, max_commit_retries=0)
        write_deltalake(
            delta, _stored_form(new), mode="append", schema_mode="merge", commit_properties=once,
            writer_properties=WRITER,
        )
        return True


def _noted(context: dg.OutputContext) -> dict[str, str]:
    """Metadata of a commit about its run."""
    return {"dagster_run_id": context.run_id, RUN_BEGAN: _began(context.step_context.instance, context.run_id)}


@functools.lru_cache(maxsize=1)
def _began(instance: dg.DagsterInstance, run_id: str) -> str:
    """When a run was requested, which each of its tables notes."""
    record = instance.get_run_record_by_id(run_id)
    assert record is not None, "a run that writes is recorded"
    return record.create_timestamp.isoformat()


def _changes(name: str, frame: pl.DataFrame, stored: pl.DataFrame) -> pl.DataFrame:
    """The rows to write: new or different ones, and with `_gone` those to delete.

    They are determined with polars instead of merge conditions. The source of the merge is then only what changes, and
    a merge without changes is never started.
    """
    contract = CONTRACTS[name]
    keys = key_columns(contract)
    compared = [column for column in frame.columns if column not in volatile_columns(contract)]
    different = frame.join(stored, on=compared, how="anti", nulls_equal=True)
    replaced = [stored.join(frame, on=["season", *marked(contract, "part")], how="semi")]
    for pair in marked(contract, "alias").items():
        others = stored.join(frame, on=["season", *pair], how="anti")
        replaced += [others.join(frame, on=["season", column], how="semi") for column in pair]
    gone = pl.concat(replaced).unique(keys).join(frame, on=keys, how="anti", nulls_equal=True)
    return pl.concat([different.with_columns(_gone=False), gone.with_columns(_gone=True)], how="diagonal")


def _as_far_as_declared(name: str, stored: pl.LazyFrame) -> pl.DataFrame:
    """Stored rows in the types of their contract; rows of an older contract unchanged, if they may be replaced."""
    try:
        return as_declared(name, stored).collect()
    except pl.exceptions.InvalidOperationError:
        if name.startswith("bronze/"):
            raise
        return stored.collect()


def _stored_form(frame: pl.DataFrame) -> pl.DataFrame:
    return storable(frame.lazy()).collect()


def _retried(name: str, write: Callable[[], T]) -> T:
    """Repeat a write that lost the race for the next version, after reading the table again."""
    for attempt in range(ATTEMPTS):
        try:
            return write()
        except CommitFailedError:
            looks.forget("table", name)
            if attempt == ATTEMPTS - 1:
                raise
            time.sleep(random.uniform(0, 0.05 * 2 ** min(attempt, 5)))
    raise AssertionError("unreachable")
