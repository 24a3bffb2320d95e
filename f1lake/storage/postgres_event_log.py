"""Dagster's event log in PostgreSQL, which stores the events of a run's partitions together: for servers.

Of a batch Dagster's own PostgreSQL storage keeps the materializations together, and takes the planned ones, as many,
apart: four statements each, and each is a commit. The tables are Dagster's own: either storage reads the other's.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Self

from dagster._core.events.log import EventLogEntry
from dagster._serdes import ConfigurableClassData
from dagster_postgres.event_log import PostgresEventLogStorage
from dagster_postgres.utils import pg_url_from_config

from f1lake.storage.event_log import number_and_index, of_assets_and_others


class PostgresEventLog(PostgresEventLogStorage):
    """The event log of the database that is its configuration's `postgres_url`."""

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]) -> Self:
        """The log that `dagster.yaml` means."""
        return cls(pg_url_from_config(config_value), inst_data=inst_data)

    def store_event_batch(self, events: Sequence[EventLogEntry]) -> None:
        """Store events of one run: those of assets together, the others one by one."""
        of_assets, others = of_assets_and_others(events)
        if of_assets:
            with self.index_transaction() as connection:
                number_and_index(self, connection, of_assets)
        for event in others:
            self.store_event(event)
