"""The I/O managers of bronze and everything after it: Delta tables, one partition a season.

Own code because the stock ones lose data: dagster-deltalake-polars overwrites the whole table
for an integer partition column and loads only the first of a range of windows; dagster-polars
does not read with polars 2 (docs/decisions/0002-own-delta-io-manager.md).
"""

import random
import time
from collections.abc import Callable
from typing import TypeVar

import dagster as dg
import polars as pl
from deltalake import CommitProperties, Schema, write_deltalake
from deltalake.exceptions import CommitFailedError

from f1lake.storage.contract import CONTRACTS, key_columns, volatile_columns
from f1lake.storage.lake import delta_table, read, storage_options, uri

ATTEMPTS = 12
T = TypeVar("T")


class DeltaIOManager(dg.IOManager):
    """Replaces exactly the seasons of the run (the whole table, where it has no partitions).

    Rows equal to the stored ones, apart from volatile columns, make no new version.
    """

    def handle_output(self, context: dg.OutputContext, obj: pl.DataFrame) -> None:
        """Write a run's frame, and attach rows, path and table version to the materialization."""
        name = "/".join(context.asset_key.path)
        seasons = _partition_seasons(context)
        changed = self.write(name, obj, seasons, context.run_id)
        stored = delta_table(name)
        assert stored is not None
        context.add_output_metadata({
            "path": dg.MetadataValue.path(uri(name)),
            "table_version": stored.version(),
            "changed": changed,
        })

    def load_input(self, context: dg.InputContext) -> pl.LazyFrame:
        """The upstream's partitions that the mapping names, lazily.

        No partitions: an empty frame, without touching the table. Raises `TableMissingError`
        if the table was never materialized.
        """
        name = "/".join(context.asset_key.path)
        if not context.has_asset_partitions:
            return read(name)
        return read(name, [int(key[:4]) for key in context.asset_partition_keys])

    def write(self, name: str, frame: pl.DataFrame, seasons: list[int] | None, run_id: str = "") -> bool:
        """Replace some seasons of a table (all of it: `seasons=None`); True if that changed it.

        Raises `ValueError` if the frame has rows outside those seasons.
        """
        _only_own_seasons(name, frame, seasons)
        return _retried(lambda: self._write_once(name, frame, seasons, run_id))

    def _write_once(self, name: str, frame: pl.DataFrame, seasons: list[int] | None, run_id: str) -> bool:
        stored = delta_table(name)
        if stored is not None and _same_rows(name, frame, seasons):
            return False
        predicate = None if seasons is None or stored is None else f"season IN ({', '.join(map(str, seasons))})"
        write_deltalake(
            stored or uri(name), frame, mode="overwrite", predicate=predicate, schema_mode="merge",
            partition_by=["season"] if seasons is not None else None,
            storage_options=storage_options(), commit_properties=_commit(run_id),
        )
        return True


class BronzeIOManager(DeltaIOManager):
    """Merges on the contract's key, so that the table keeps the history of every change.

    Rows whose values differ (volatile columns apart) are updated, new ones inserted, and those
    gone from the source deleted, within the scopes written: a season, round and session of the
    frame. Nothing to change: no new version. Change data feed is on from the first version.
    """

    def _write_once(self, name: str, frame: pl.DataFrame, seasons: list[int] | None, run_id: str) -> bool:
        stored = delta_table(name)
        if stored is None:
            write_deltalake(
                uri(name), frame, partition_by=["season"], storage_options=storage_options(),
                configuration={"delta.enableChangeDataFeed": "true"}, commit_properties=_commit(run_id),
            )
            return True
        added = [c for c in frame.columns if c not in stored.schema().to_arrow().names]
        if added:
            new_fields = Schema.from_arrow(frame.head(0).select(added).to_arrow().schema).fields
            stored.alter.add_columns(new_fields)
        changes = _changes(name, frame, read(name, seasons or frame["season"].unique().to_list()).collect())
        if changes.is_empty():
            return bool(added)
        keys = key_columns(CONTRACTS[name])
        written = changes["season"].unique().sort().to_list()
        columns = {c: f"s.{c}" for c in frame.columns}
        (
            stored.merge(
                changes, source_alias="s", target_alias="t", commit_properties=_commit(run_id),
                predicate=" AND ".join(f"(t.{k} IS NOT DISTINCT FROM s.{k})" for k in keys)
                + f" AND (t.season IN ({', '.join(map(str, written))}))",
            )
            .when_matched_delete(predicate="s._gone")
            .when_matched_update(columns)
            .when_not_matched_insert(columns)
            .execute()
        )
        return True


def _changes(name: str, frame: pl.DataFrame, stored: pl.DataFrame) -> pl.DataFrame:
    """The rows to write: new or different ones, and with `_gone` those to delete.

    Found with polars rather than by the merge's own conditions: the source of a merge is then
    only what changes, and a merge without changes is never started.
    """
    contract = CONTRACTS[name]
    keys = key_columns(contract)
    compared = [c for c in frame.columns if c not in volatile_columns(contract)]
    scope = [c for c in ("season", "round", "session") if c in keys]
    different = frame.join(stored, on=compared, how="anti", nulls_equal=True)
    gone = (
        stored.join(frame.select(scope).unique(), on=scope, how="semi")
        .join(frame, on=keys, how="anti", nulls_equal=True)
    )
    return pl.concat(
        [different.with_columns(_gone=pl.lit(False)), gone.with_columns(_gone=pl.lit(True))], how="diagonal"
    )


def _partition_seasons(context: dg.OutputContext) -> list[int] | None:
    if not context.has_asset_partitions:
        return None
    return sorted({int(key[:4]) for key in context.asset_partition_keys})


def _only_own_seasons(name: str, frame: pl.DataFrame, seasons: list[int] | None) -> None:
    if seasons is None:
        return
    strangers = set(frame["season"].unique().to_list()) - set(seasons)
    if strangers:
        raise ValueError(f"{name}: rows of seasons {sorted(strangers)} in a run of {seasons}; nothing was written")


def _same_rows(name: str, frame: pl.DataFrame, seasons: list[int] | None) -> bool:
    stored = read(name, seasons).collect()
    if set(stored.columns) - set(frame.columns) or set(frame.columns) - set(stored.columns):
        return False
    contract = CONTRACTS[name]
    columns = [c for c in frame.columns if c not in volatile_columns(contract)]
    keys = key_columns(contract)
    return stored.select(columns).sort(keys).equals(frame.select(columns).sort(keys))


def _commit(run_id: str) -> CommitProperties:
    return CommitProperties(custom_metadata={"dagster_run_id": run_id})


def _retried(write: Callable[[], T]) -> T:
    """Repeat a write that lost the race for the next version, from a fresh reading of the table."""
    for attempt in range(ATTEMPTS):
        try:
            return write()
        except CommitFailedError:
            if attempt == ATTEMPTS - 1:
                raise
            time.sleep(random.uniform(0, 0.05 * 2 ** min(attempt, 5)))
    raise AssertionError("unreachable")
