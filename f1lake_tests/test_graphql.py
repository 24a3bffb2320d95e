"""The GraphQL examples of docs/queries.md against a running webserver."""

import datetime as dt
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

from f1lake.automation.checks.odds import probabilities_are_valid
from f1lake.home import dagster_home
from f1lake.odds.title_odds import TitleOdds
from f1lake.runs import definitions
from f1lake.silver.season_state import SeasonState
from f1lake.silver.session_results import SessionResults
from f1lake.storage.delta_io import DeltaIOManager
from f1lake_tests.silver.small import frame

ROOT = Path(__file__).resolve().parents[1]
PATIENCE_S = 120
DAY = dt.date(2026, 7, 5)
CHANCES = {"antonelli": 0.7, "russell": 0.3, "norris": 0.0}
Ask = Callable[[str], Any]


def examples(page: str) -> list[str]:
    return re.findall(r"```graphql\n(.*?)```", (ROOT / "docs" / page).read_text(), flags=re.DOTALL)


@pytest.fixture
def instance(lake: Path) -> Iterator[dg.DagsterInstance]:
    """The lake's Dagster instance, after the product's own check of the odds has run."""
    definitions()  # every table's contract
    write = DeltaIOManager().write
    write("odds/title_odds", frame(TitleOdds, [
        {"season": 2026, "as_of": DAY, "driver_id": driver, "model_version": "1", "probability": chance,
         "made_at": dt.datetime(2026, 7, 6, tzinfo=dt.UTC)} for driver, chance in CHANCES.items()
    ]), [2026])  # fmt: skip
    write("silver/season_state", frame(SeasonState, [
        {"season": 2026, "as_of": DAY, "driver_id": driver, "can_win_title": chance > 0}
        for driver, chance in CHANCES.items()
    ]), [2026])  # fmt: skip
    race = {"season": 2026, "round": 9, "session": "Race", "session_date": DAY}
    write("silver/session_results", frame(SessionResults, [race | {"driver_id": "antonelli"}]), [2026])
    job = dg.define_asset_job("check", dg.AssetSelection.checks(probabilities_are_valid))
    defs = dg.Definitions(
        assets=[dg.AssetSpec(["odds", "title_odds"])], asset_checks=[probabilities_are_valid], jobs=[job]
    )
    dagster_home()
    with dg.DagsterInstance.get() as instance:
        assert defs.resolve_job_def("check").execute_in_process(instance=instance).success
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
    entry = {entry["label"]: entry for entry in execution["evaluation"]["metadataEntries"]}["newest odds"]
    assert [json.loads(record) for record in entry["table"]["records"]] == [
        {"as_of": str(DAY), "driver_id": driver, "probability": chance} for driver, chance in CHANCES.items() if chance
    ]
    launched = ask(launch)["launchRun"]
    assert launched["__typename"] == "LaunchRunSuccess", launched
    run = instance.get_run_by_id(launched["run"]["runId"])
    assert run is not None
    assert run.job_name == "refresh"
    assert run.tags.items() >= {"dagster/asset_partition_range_start": "2026", "f1lake/season": "2026"}.items()


def test_both_languages_have_the_same_examples() -> None:
    assert examples("queries.md") == examples("pt/queries.md")
    assert len(examples("queries.md")) == 2
