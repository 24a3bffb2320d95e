"""Dagster's event log in SQLite, storing the events of a batch in one transaction.

Dagster passes the events of a run's partitions as a batch (`DAGSTER_EVENT_BATCH_SIZE`). Its own SQLite storage splits
the batch again, with new connections and newly compiled statements for each event. The files are the same as those of
Dagster's storage, in the same place, and each storage reads what the other wrote.
"""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from dagster import StringSource
from dagster._core.events import ASSET_EVENTS
from dagster._core.events.log import EventLogEntry
from dagster._core.storage.event_log import SqlEventLogStorage, SqliteEventLogStorage
from dagster._core.storage.event_log.schema import SqlEventLogStorageTable
from dagster._core.storage.sql import create_engine
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from dagster._serdes import ConfigurableClassData
from sqlalchemy.engine import Connection, Engine

ENGINES = 8
"""How many files are written or read at about the same time: the index, and those of the current runs."""


def number_and_index(log: SqlEventLogStorage, connection: Connection, events: Sequence[EventLogEntry]) -> None:
    """Store events of assets in the table of all events, and update what Dagster finds them by."""
    events_table, rows = SqlEventLogStorageTable, [log._event_to_row(event) for event in events]
    numbered = events_table.insert().returning(events_table.c.id, sort_by_parameter_order=True)
    ids = [row.id for row in connection.execute(numbered, rows)]
    log._store_asset_event_tags(connection, events, ids)
    last = {row["asset_key"]: (event, id_) for row, event, id_ in zip(rows, events, ids, strict=True)}
    for event, id_ in last.values():  # Dagster keeps the last event of each asset
        log._store_asset_event(connection, event, id_)


def of_assets_and_others(events: Sequence[EventLogEntry]) -> tuple[list[EventLogEntry], list[EventLogEntry]]:
    """The events of a batch that belong to assets, which are stored together, and the others, stored one by one."""
    of_assets = [event for event in events if event.dagster_event_type in ASSET_EVENTS]
    return of_assets, [event for event in events if event.dagster_event_type not in ASSET_EVENTS]


class EventLog(SqliteEventLogStorage):
    """The event log of the Dagster home in the configuration's `home`."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._engines: dict[str, Engine] = {}
        self._tables: set[str] = set()
        super().__init__(base_dir, inst_data)

    @classmethod
    def config_type(cls) -> dict[str, Any]:
        """The configuration in `dagster.yaml`."""
        return {"home": StringSource}

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]) -> Self:  # pyright: ignore[reportIncompatibleMethodOverride]: has other keys
        """The log that `dagster.yaml` configures."""
        return cls(str(Path(config_value["home"], "history", "runs")), inst_data)

    def store_event_batch(self, events: Sequence[EventLogEntry]) -> None:
        """Store events of one run: those of assets in one transaction, the others one by one."""
        of_assets, others = of_assets_and_others(events)
        if of_assets:
            with self.run_connection(of_assets[0].run_id) as run:
                run.execute(SqlEventLogStorageTable.insert(), [self._event_to_row(event) for event in of_assets])
            with self.index_transaction() as index:
                number_and_index(self, index, of_assets)
        for event in others:
            self.store_event(event)

    @contextlib.contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        """A transaction in a file, like Dagster's own, but an engine per file keeps connection and statements."""
        with self._db_lock:
            engine = self._engine(shard)
            if shard not in self._initialized_dbs:
                self._initdb(engine)
                self._initialized_dbs.add(shard)
            with engine.connect() as connection, connection.begin():
                yield connection

    def has_table(self, table_name: str) -> bool:
        """Whether the index has a table, which Dagster asks at each event of a check; none is ever dropped."""
        if table_name not in self._tables and super().has_table(table_name):
            self._tables.add(table_name)
        return table_name in self._tables

    def _engine(self, shard: str) -> Engine:
        """The engine of a file; that of the file that was used longest ago is closed when there are too many."""
        engine = self._engines.pop(shard, None) or create_engine(
            self.conn_string_for_shard(shard), connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS}
        )
        self._engines[shard] = engine
        if len(self._engines) > ENGINES:
            self._engines.pop(next(iter(self._engines))).dispose()
        return engine

    def wipe(self) -> None:
        """Delete every event; connections to files that are gone would still take some."""
        self._close()
        super().wipe()

    def dispose(self) -> None:
        """Close the connections, after which the files can be copied."""
        super().dispose()
        self._close()

    def _close(self) -> None:
        with self._db_lock:
            for engine in self._engines.values():
                engine.dispose()
            self._engines.clear()
