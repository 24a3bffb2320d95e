"""raw/f1db_*: what is taken of a release, what is refused by name, and practices before a release has them."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl
import pytest

from f1lake.partitions import RACE_EVENT
from f1lake.raw import f1db, f1db_drivers, f1db_race_data, f1db_races
from f1lake.raw.event_schedule import EventSchedule
from f1lake.raw.f1db_session_files import TABLE as SESSION_FILES
from f1lake.raw.f1db_session_files import f1db_session_files
from f1lake.storage.raw_io import RawIOManager
from f1lake_tests.f1db import Releases, archive, row
from f1lake_tests.silver.small import frame
from f1lake_tests.upstream.small import answering

DRIVER = {"id": "max-verstappen", "name": "Max Verstappen", "firstName": "Max", "lastName": "Verstappen"}
FILES = {
    "races-race-results": [row(2026, 9, 1, "max-verstappen", laps=52, points="25", polePosition="true")],
    "races-free-practice-1-results": [row(2026, 9, 1, "max-verstappen", time='"1:29.260"', timeMillis=89260)],
    "races": [{"year": 2026, "round": 9, "date": "2026-07-05", "grandPrixId": "great-britain", "circuitId": "a"}],
    "seasons-entrants-drivers": [{"year": 2026, "driverId": "max-verstappen"}],
    "drivers": [DRIVER],
}
PRACTICE = "2026/races/09-great-britain/free-practice-{}-results.yml"
ONE = """- position: 1
  driverNumber: 1
  driverId: max-verstappen
  constructorId: red-bull
  engineManufacturerId: red-bull-ford
  tyreManufacturerId: pirelli
  time: "1:29.260"
  gap:
  laps: 32
"""


@pytest.fixture
def releases(monkeypatch: pytest.MonkeyPatch) -> Iterator[Releases]:
    """F1DB, served where the settings ask."""
    there = Releases(archive(FILES))
    with answering(there.answer) as address:
        monkeypatch.setenv("F1LAKE_UPSTREAM", address)
        f1db._of_run.cache_clear()
        yield there
        f1db._of_run.cache_clear()


def collected(asset: Any, *inputs: Any, key: str = "2026") -> tuple[dg.AssetCheckResult, dict[str, pl.DataFrame]]:
    """What an asset makes of one partition: the check, and the frames to store; they are stored."""
    f1db._of_run.cache_clear()
    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_dynamic_partitions(RACE_EVENT, ["2026-09"])
        check, *outputs = asset(dg.build_asset_context(partition_key=key, instance=instance), *inputs)
    frames = outputs[0].value if outputs else {}
    for name, rows in frames.items():
        RawIOManager().write(asset.key.to_user_string(), name, rows)
    return check, frames


def test_a_release_is_stored_by_season_and_only_where_it_says_something_new(lake: Path, releases: Releases) -> None:
    _, frames = collected(f1db_race_data.f1db_race_data)
    rows = frames["2026"].select("type", "driverId", "timeMillis", "points", "polePosition").sort("type").rows()
    assert rows == [
        ("free-practice-1-results", "max-verstappen", 89260, None, None),
        ("race-results", "max-verstappen", None, 25.0, True),
    ]
    assert frames["2026"]["source"].unique().to_list() == ["F1DB v2026.9.1"]
    releases.tag = "v2026.9.2"
    assert collected(f1db_race_data.f1db_race_data)[1] == {}
    assert set(collected(f1db_races.f1db_races)[1]) == {"2026"}
    assert set(collected(f1db_drivers.f1db_drivers)[1]) == {"2026"}


def test_a_release_with_a_renamed_column_is_refused_by_name_and_the_lake_keeps_what_it_has(
    lake: Path, releases: Releases
) -> None:
    collected(f1db_race_data.f1db_race_data)
    releases.content, releases.tag = archive(FILES, {"reasonRetired": "reason"}), "v2026.9.2"
    check, frames = collected(f1db_race_data.f1db_race_data)
    assert (check.passed, frames) == (False, {})
    assert "no column reasonRetired" in str(check.description)
    stored = RawIOManager().read_one("raw/f1db_race_data", "2026")
    assert stored is not None
    assert stored.height == 2


def test_one_odd_row_is_left_out_by_name(lake: Path, releases: Releases) -> None:
    odd = row(2026, 9, 2, "lando-norris", points="many")
    releases.content = archive(FILES | {"races-race-results": [*FILES["races-race-results"], odd]})
    check, frames = collected(f1db_race_data.f1db_race_data)
    assert frames["2026"].filter(type="race-results")["driverId"].to_list() == ["max-verstappen"]
    assert "lando-norris 2: its points is `many`" in str(check.description)


def test_without_f1db_nothing_is_stored_and_nothing_fails(lake: Path, releases: Releases) -> None:
    releases.is_there = False
    check, frames = collected(f1db_race_data.f1db_race_data)
    assert (check.passed, frames) == (True, {})


def schedule() -> pl.LazyFrame:
    at = dt.datetime(2026, 7, 3, 11, 30, tzinfo=dt.UTC)
    event = {
        "season": 2026, "round": 9, "raceName": "British Grand Prix", "circuitId": "silverstone", "circuitName": "S",
        "raceDate": dt.date(2026, 7, 5), "fp1Time": at, "fp2Time": at + dt.timedelta(hours=3.5),
        "fp3Time": at + dt.timedelta(days=1),
    }  # fmt: skip
    return frame(EventSchedule, [event]).lazy()


def test_the_practices_of_a_day_are_taken_together_once_all_are_there(
    lake: Path, releases: Releases, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Odds after practice are published once: not on half of what Friday showed."""
    monkeypatch.setenv("F1LAKE_NOW", "2026-07-03T20:00:00Z")
    collected(f1db_races.f1db_races)
    releases.session_files[PRACTICE.format(1)] = ONE
    assert collected(f1db_session_files, schedule(), key="2026-09")[1] == {}
    releases.session_files[PRACTICE.format(2)] = ONE
    rows = collected(f1db_session_files, schedule(), key="2026-09")[1]["2026-09"]
    assert rows.select("type", "driverId", "laps", "circuitId").rows() == [
        ("free-practice-1-results", "max-verstappen", 32, "silverstone"),
        ("free-practice-2-results", "max-verstappen", 32, "silverstone"),
    ]
    assert collected(f1db_session_files, schedule(), key="2026-09")[1] == {}
    monkeypatch.setenv("F1LAKE_NOW", "2026-07-04T20:00:00Z")
    releases.session_files[PRACTICE.format(3)] = ONE.replace("laps:", "rounds:")
    check, frames = collected(f1db_session_files, schedule(), key="2026-09")
    assert frames == {}
    assert "no row has laps" in str(check.description)
    stored = RawIOManager().read_one(SESSION_FILES, "2026-09")
    assert stored is not None
    assert stored.height == 2
