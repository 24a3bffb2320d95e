"""A lake on an invented world follows it as it moves on, counts points as its officials do, and stays apart."""

import shutil
from pathlib import Path

import dagster as dg
import polars as pl
import pytest
from typer.testing import CliRunner

from f1lake.cli.main import app
from f1lake.home import dagster_home
from f1lake.invent.recording import advance, invent
from f1lake.raw import pit_stops, session_results
from f1lake.runs import RunFailedError, collect_again
from f1lake.storage.lake import read
from f1lake.storage.raw_io import partition_path
from f1lake.storage.world import is_invented
from f1lake.upstream import recording
from f1lake_tests.recorded_upstream import Told
from f1lake_tests.whole_lake import fill, versions

SEASONS = (2026, 2026)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a world and the lake built of its running season, bronze to abt."""
    folder = tmp_path_factory.mktemp("invented_lake")
    invent(folder / "world", 2, seed=5)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("F1LAKE_LAKE", str(folder / "lake"))
        patch.setenv("F1LAKE_UPSTREAM", str(folder / "world"))
        patch.setenv("F1LAKE_FROM_SEASON", "2026")
        fill(*SEASONS, job="build")
    return folder


@pytest.fixture
def world(built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """That world, and a lake of the test's own that stands where it does."""
    shutil.copytree(built, tmp_path, dirs_exist_ok=True)
    monkeypatch.setenv("F1LAKE_LAKE", str(tmp_path / "lake"))
    monkeypatch.setenv("F1LAKE_UPSTREAM", str(tmp_path / "world"))
    monkeypatch.setenv("F1LAKE_FROM_SEASON", "2026")
    return tmp_path / "world"


@pytest.mark.parametrize(("whose", "id_"), [("driver", "driverId"), ("constructor", "constructorId")])
def test_the_lake_counts_points_as_the_invented_officials_do(world: Path, whose: str, id_: str) -> None:
    told = Told(world)
    official = {
        (season, int(race["round"]), row[whose.title()][id_]): (float(row["points"]), int(row["wins"]))
        for season in SEASONS for race in told.races(season) for row in race.get(f"{whose}Standings", [])
    }  # fmt: skip
    rows = read(f"gold/{whose}_standings").select("season", "round", f"{whose}_id", "points", "wins").collect()
    assert {row[:3]: row[3:] for row in rows.iter_rows()} == official


def test_the_next_weekend_comes_in_as_one_more_event(world: Path) -> None:
    assert is_invented()
    before, held = versions(), read("bronze/session_results", [2026]).select(pl.col("round").max()).collect().item()
    as_of = advance(world)
    fill(2026, 2026, job="build")
    state = read("silver/season_state", [2026]).select(pl.col("round").max(), pl.col("as_of").max()).collect()
    assert state.rows() == [(held + 1, pl.Series([as_of[:10]]).str.to_date()[0])]
    assert versions()["silver/season_state"] == before["silver/season_state"] + 1
    assert recording._races.cache_info().currsize == 0, "what was decoded to collect it is let go"


def test_raw_files_that_were_deleted_come_back_with_their_event(world: Path) -> None:
    files = [partition_path(table, "2026-02") for table in (session_results.TABLE, pit_stops.TABLE)]
    before = [pl.read_parquet(file).drop("collected_at") for file in files]
    for file in files:
        Path(file).unlink()
    assert CliRunner().invoke(app, ["collect", "--event", "2026-02"]).exit_code == 0
    for file, rows in zip(files, before, strict=True):
        assert pl.read_parquet(file).drop("collected_at").equals(rows)


def test_another_world_is_refused_and_nothing_is_written(
    world: Path, invented: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = versions()
    monkeypatch.setenv("F1LAKE_UPSTREAM", str(invented))
    dagster_home()
    with (
        dg.DagsterInstance.get() as instance,
        pytest.raises(RunFailedError, match=r"invented \(seed 7\).*invented \(seed 5\).*never mixed"),
    ):
        collect_again(instance, ["2026-01"])
    assert versions() == before


def test_every_table_on_the_command_line_says_so(world: Path) -> None:
    for command in (["tables"], ["tables", "silver/events"], ["doctor"]):
        result = CliRunner().invoke(app, command, env={"COLUMNS": "160"})
        assert "INVENTED: no such driver, team or race has ever been" in result.output, command


def test_the_command_invents_and_moves_on(tmp_path: Path) -> None:
    to = ["--to", str(tmp_path / "world")]
    first = CliRunner().invoke(app, ["invent", "--seasons", "2", "--seed", "3", *to])
    assert first.exit_code == 0, first.output
    as_of = Told(tmp_path / "world").about["as_of"]
    assert as_of in first.output
    assert CliRunner().invoke(app, ["invent", "--advance", *to]).exit_code == 0
    assert Told(tmp_path / "world").about["as_of"] > as_of
