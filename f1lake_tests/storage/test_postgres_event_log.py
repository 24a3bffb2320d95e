"""Dagster's events as a server's storage keeps them in PostgreSQL: the same as Dagster's own does."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import dagster as dg
import pytest
import yaml

from f1lake.automation.due.planner import range_tags
from f1lake.storage.postgres_event_log import PostgresEventLog
from f1lake_tests.deploy.profile import DEPLOY, postgresql, postgresql_programs
from f1lake_tests.storage.test_event_log import run, told

SERVERS = yaml.safe_load((DEPLOY / "dagster.yaml").read_text())
OURS = {name: SERVERS[name] for name in ("run_storage", "schedule_storage", "event_log_storage", "telemetry")}
DAGSTERS = {"storage": {"postgres": SERVERS["run_storage"]["config"]}, "telemetry": SERVERS["telemetry"]}


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    """The address of an empty database."""
    if postgresql_programs() is None:
        pytest.skip("no PostgreSQL on this machine: `make test` installs Debian's")
    with postgresql() as address:
        yield address


def test_it_says_of_a_run_what_dagsters_own_storage_says(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    monkeypatch.setenv("DAGSTER_POSTGRES_URL", database)
    monkeypatch.setenv("DAGSTER_EVENT_BATCH_SIZE", "2000")
    said: list[dict[str, Any]] = []
    one_by_one: list[list[str]] = []
    for configured in (OURS, DAGSTERS):
        (tmp_path / "dagster.yaml").write_text(yaml.safe_dump(configured))
        with dg.DagsterInstance.get() as instance:
            instance.event_log_storage.wipe()
            kind = type(instance.event_log_storage)
            assert (kind is PostgresEventLog) == (configured is OURS)
            with patch.object(kind, "store_event", autospec=True, side_effect=kind.store_event) as stored:
                said.append(told(instance, run(instance, "2001", "2020")))
            one_by_one.append([call.args[1].dagster_event_type.value for call in stored.call_args_list])
    assert said[0] == said[1]
    assert "ASSET_MATERIALIZATION_PLANNED" not in one_by_one[0]
    assert one_by_one[1].count("ASSET_MATERIALIZATION_PLANNED") == 20, "Dagster keeps them together now: so can we"


def test_a_run_over_a_range_is_stored_with_its_tags(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    monkeypatch.setenv("DAGSTER_POSTGRES_URL", database)
    (tmp_path / "dagster.yaml").write_text(yaml.safe_dump(OURS))
    tags = range_tags("2025-01", "2026-11")
    with dg.DagsterInstance.get() as instance:
        stored = instance.create_run_for_job(dg.GraphDefinition("empty").to_job(), tags=tags)
        record = instance.get_run_by_id(stored.run_id)
    assert record is not None
    assert tags.items() <= record.tags.items(), "a database in ASCII refuses the tags that show a range"
