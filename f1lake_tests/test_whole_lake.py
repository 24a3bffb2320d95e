"""The whole lake from a recording, raw to odds, as `make demo` builds it: the real history, or an invented one."""

import json
import re
import shutil
import urllib.request
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from f1lake.cli.model_card import card
from f1lake.home import dagster_home
from f1lake.model.learn.title import PUBLISHED
from f1lake.partitions import RACE_EVENT
from f1lake.storage.lake import read
from f1lake_tests.recorded_upstream import Told, UpstreamServer
from f1lake_tests.whole_lake import fill, raw_files, versions

LISTS = {"Race": "results", "Sprint": "sprint", "Qualifying": "qualifying"}
"""The sessions, and how the API names their results."""


@pytest.fixture(scope="module")
def built(history: Path, told: Told, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake with everything the recording knows: the history to 2025, then the 2026 season."""
    folder = tmp_path_factory.mktemp("whole")
    shutil.copytree(history.parent, folder, dirs_exist_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("F1LAKE_LAKE", str(folder / history.name))
        patch.setenv("F1LAKE_UPSTREAM", str(told.folder))
        fill(2026, 2026)
    return folder / history.name


@pytest.fixture(autouse=True)
def in_the_whole_lake(built: Path, told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("F1LAKE_LAKE", str(built))
    monkeypatch.setenv("F1LAKE_UPSTREAM", str(told.folder))


def rows_by_session() -> dict[str, int]:
    rows = read("bronze/session_results").group_by(pl.col("session").cast(pl.String)).len().collect()
    return dict(rows.iter_rows())


def test_bronze_holds_what_the_recording_states(told: Told) -> None:
    races = [race for season in told.seasons for race in told.races(season)]
    stated = {session: sum(len(race.get(name, [])) for race in races) for session, name in LISTS.items()}
    assert rows_by_session() == stated
    held = read("bronze/session_results").filter(pl.col("session").cast(pl.String) == "Race")
    with_results = sum("results" in race for race in races)
    assert held.select(pl.struct("season", "round").n_unique()).collect().item() == with_results
    if told.about["source"] == "recorded":
        assert (stated, with_results) == ({"Race": 26_071, "Sprint": 568, "Qualifying": 11_168}, 1_158)


def test_bronze_has_as_many_rows_as_the_service_states(recording: Path, upstream_server: UpstreamServer) -> None:
    def stated(listing: str) -> int:
        with urllib.request.urlopen(f"{upstream_server.address}/ergast/f1/{listing}.json?limit=1") as answer:
            return int(json.load(answer)["MRData"]["total"])

    assert rows_by_session() == {session: stated(listing) for session, listing in LISTS.items()}


def test_every_partition_stands_in_the_dagster_instance(told: Told) -> None:
    dagster_home()
    with dg.DagsterInstance.get() as instance:
        events = set(instance.get_dynamic_partitions(RACE_EVENT))
        assert len(events) == sum("results" in race for season in told.seasons for race in told.races(season))
        assert instance.get_materialized_partitions(dg.AssetKey(["raw", "session_results"])) == events
        seasons = {str(season) for season in told.seasons}
        for key in (
            ["raw", "event_schedule"],
            ["raw", "driver_standings"],
            ["bronze", "session_results"],
            ["silver", "driver_features"],
            ["abt", "title_abt"],
            ["model", "title_model"],
            ["odds", "title_odds"],
        ):
            assert instance.get_materialized_partitions(dg.AssetKey(key)) == seasons, key


def test_title_odds_stand_after_the_last_race_and_sum_to_one(told: Told) -> None:
    odds = read("odds/title_odds", [2026]).collect()
    assert str(odds["as_of"].max()) == told.about["as_of"][:10]
    sums = (
        read("odds/title_odds").group_by("season", "as_of", "model_version").agg(pl.col("probability").sum()).collect()
    )
    assert (sums["probability"] - 1).abs().max() < 1e-9


def test_the_standings_of_the_running_season_are_the_official_ones(told: Told) -> None:
    last = max((race for race in told.races(2026) if "results" in race), key=lambda race: int(race["round"]))
    for whose, id_ in (("driver", "driverId"), ("constructor", "constructorId")):
        counted = read(f"gold/{whose}_standings", [2026]).filter(round=int(last["round"])).collect()
        official = {row[whose.title()][id_]: float(row["points"]) for row in last[f"{whose}Standings"]}
        assert dict(counted.select(f"{whose}_id", "points").iter_rows()) == official


def test_the_model_card_is_rendered_whole(built: Path) -> None:
    docs = Path(__file__).resolve().parents[1] / "docs"
    page = card(docs)
    assert re.findall(r"^## .+", page, re.MULTILINE) == re.findall(
        r"^## .+", (docs / "model-card.md").read_text(), re.MULTILINE
    )
    assert not re.search(r"\bnan\b|\bNone\b|null", page)
    scores = read("model/title_scores").filter(learner=PUBLISHED, part="after_races").collect()
    for value in scores["log_loss"]:
        assert f"**{PUBLISHED}** | {value:.3f}" in page


def test_a_second_time_changes_no_version_and_writes_no_file(built: Path) -> None:
    before, files = versions(), raw_files(built)
    fill(2025, 2026, job="refresh")
    assert versions() == before
    assert raw_files(built) == files


def test_months_after_the_recording_nothing_fails_and_nothing_changes(
    built: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = versions()
    monkeypatch.setenv("F1LAKE_NOW", "2026-11-22T12:00:00Z")
    fill(2026, 2026, job="refresh")
    assert versions() == before
