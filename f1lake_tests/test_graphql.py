"""The GraphQL examples of docs/queries.md against a running webserver."""

import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from f1lake.home import dagster_home

ROOT = Path(__file__).resolve().parents[1]
PATIENCE_S = 120
ODDS = [{"as_of": "2026-07-05", "driver_id": "antonelli", "probability": 0.7}]
Ask = Callable[[str], Any]


def examples(page: str) -> list[str]:
    return re.findall(r"```graphql\n(.*?)```", (ROOT / "docs" / page).read_text(), flags=re.DOTALL)


@pytest.fixture
def instance(lake: Path) -> Iterator[dg.DagsterInstance]:
    """The lake's Dagster instance, in which the odds have been checked once."""
    dagster_home()
    with dg.DagsterInstance.get() as instance:
        newest = dg.MetadataValue.table([dg.TableRecord(row) for row in ODDS])
        instance.report_runless_asset_event(
            dg.AssetCheckEvaluation(
                dg.AssetKey(["odds", "title_odds"]), "are_sane", passed=True, metadata={"newest odds": newest}
            )
        )
        yield instance


@pytest.fixture
def ask(instance: dg.DagsterInstance, tmp_path: Path) -> Iterator[Ask]:
    """Ask a webserver of this instance, started for the test, in GraphQL."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = (tmp_path / "webserver.log").open("w")
    command = [sys.executable, "-m", "dagster_webserver", "-w", "workspace.yaml", "-h", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen(command, cwd=ROOT, env=os.environ, stdout=log, stderr=subprocess.STDOUT)

    def ask(query: str) -> Any:
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}/graphql",
            json.dumps({"query": query}).encode(),
            {"Content-Type": "application/json"},
        )
        answer = json.load(urllib.request.urlopen(request, timeout=60))
        assert "errors" not in answer, answer
        return answer["data"]

    try:
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline and process.poll() is None:
            try:
                ask("{ version }")
                break
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.5)
        yield ask
    finally:
        process.terminate()
        process.wait(timeout=60)
        log.close()


def test_the_examples_launch_a_season_and_read_the_newest_odds(ask: Ask, instance: dg.DagsterInstance) -> None:
    launch, read = examples("queries.md")
    (execution,) = ask(read)["assetCheckExecutions"]
    (entry,) = execution["evaluation"]["metadataEntries"]
    assert entry["label"] == "newest odds"
    assert [json.loads(record) for record in entry["table"]["records"]] == ODDS
    launched = ask(launch)["launchRun"]
    assert launched["__typename"] == "LaunchRunSuccess", launched
    run = instance.get_run_by_id(launched["run"]["runId"])
    assert run is not None
    assert run.job_name == "refresh"
    assert run.tags.items() >= {"dagster/asset_partition_range_start": "2026", "f1lake/season": "2026"}.items()


def test_both_languages_have_the_same_examples() -> None:
    assert examples("queries.md") == examples("pt/queries.md")
    assert len(examples("queries.md")) == 2
