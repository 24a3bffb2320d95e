"""The command line: what it says when something is asked that cannot be."""

import datetime as dt
import os
import subprocess
import sys
from pathlib import Path

import dagster as dg
import polars as pl
import pytest
from typer.testing import CliRunner

from f1lake import clock, runs
from f1lake.cli import doctor
from f1lake.cli.demo import Source, remember_source
from f1lake.cli.lakes import choose_lake
from f1lake.cli.main import app
from f1lake.failures import UsageError
from f1lake.settings import settings, source_note
from f1lake.upstream import live_timing
from f1lake.upstream.failures import RefusedHereError
from f1lake.upstream.kept_pages import KeptPages


def said(*arguments: str) -> str:
    """What the command prints as it ends with an error, on one line."""
    result = CliRunner().invoke(app, arguments, env={"COLUMNS": "200"})
    assert result.exit_code != 0
    assert not isinstance(result.exception, Exception) or isinstance(result.exception, SystemExit)
    return " ".join(result.output.split())


def test_a_span_of_seasons_that_is_none_is_refused(lake: Path) -> None:
    assert "--from 2026 --to 2020" in said("build", "--from", "2026", "--to", "2020")
    assert "1950" in said("build", "--from", "1900")


def test_an_error_of_another_origin_shows_its_trace_and_debug_shows_ours(
    lake: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    explained = CliRunner().invoke(app, ["--debug", "build", "--from", "1900"])
    assert isinstance(explained.exception, UsageError)

    def fail(*_: object) -> None:
        raise OSError("the disk is gone")

    monkeypatch.setattr(runs, "collect_due", fail)
    assert isinstance(CliRunner().invoke(app, ["collect"]).exception, OSError)


def test_building_before_collecting_says_to_collect(lake: Path) -> None:
    assert "f1lake collect" in said("build", "--from", "2026")


def test_collecting_again_what_was_never_collected_is_refused(lake: Path) -> None:
    assert "no race event of 2024-2025 is in the lake" in said("collect", "--again", "--from", "2024", "--to", "2025")


def test_an_event_that_is_none_and_an_archive_that_is_not_there_are_refused(lake: Path, invented: Path) -> None:
    assert "monaco: no race event that has begun" in said("collect", "--event", "monaco")
    assert f"there is no archive {lake}.tar" in said("restore", f"{lake}.tar")


def test_an_unknown_table_is_named(lake: Path) -> None:
    assert "silver/nothing" in said("tables", "silver/nothing")


@pytest.mark.parametrize(
    ("name", "value"), [("F1LAKE_LAKE", "ftp://x"), ("F1LAKE_NOW", "nonsense"), ("F1LAKE_UPSTREAM", "nowhere")]
)
def test_doctor_explains_a_wrong_setting(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    assert f"{name}='{value}'" in said("doctor")


def test_up_without_a_lake_says_how_to_make_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("F1LAKE_LAKE")
    monkeypatch.chdir(tmp_path)
    assert "make demo" in said("up")


@pytest.fixture
def demo_lake(lake: Path, invented: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A lake that a demo has begun from an invented world, in a time of its own."""
    monkeypatch.setenv("F1LAKE_NOW", "2025-07-01T12:00:00+00:00")
    remember_source(Source("a world", str(invented), is_invented=True))
    monkeypatch.delenv("F1LAKE_NOW")
    return lake


def test_every_command_goes_on_with_the_source_and_the_clock_of_the_demo(
    demo_lake: Path, invented: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert settings().recording == invented
    assert clock.now() == dt.datetime(2025, 7, 1, 12, tzinfo=dt.UTC)
    told = CliRunner().invoke(app, ["doctor"], env={"COLUMNS": "300"}).output
    assert f"recording {invented}" in told
    assert "2025-07-01 12:00 UTC" in told
    monkeypatch.setenv("F1LAKE_NOW", "2025-08-01")
    assert (settings().recording, clock.today()) == (invented, dt.date(2025, 8, 1))
    monkeypatch.setenv("F1LAKE_UPSTREAM", "http://mirror.example")
    assert settings().upstream == "http://mirror.example", "what is set comes first"
    monkeypatch.delenv("F1LAKE_UPSTREAM")
    monkeypatch.delenv("F1LAKE_NOW")
    remember_source(Source("the live services", None))
    assert (settings().upstream, settings().now) == (None, None)
    monkeypatch.setenv("F1LAKE_LAKE", str(demo_lake.parent / "another"))
    assert settings().upstream is None, "another lake has another source"


def test_a_note_of_before_holds_the_upstream_alone(lake: Path, invented: Path) -> None:
    source_note().parent.mkdir(parents=True)
    source_note().write_text(str(invented))
    assert (settings().recording, settings().now) == (invented, None)


def test_a_source_that_is_gone_is_told_with_what_to_do(lake: Path, tmp_path: Path) -> None:
    remember_source(Source("a recording", str(tmp_path / "gone")))
    told = said("doctor")
    assert "gone has no recording.json" in told
    assert str(source_note()) in told


def test_doctor_tells_that_lake_and_upstream_are_of_different_worlds(
    lake: Path, invented: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (lake / "raw" / "event_schedule").mkdir(parents=True)
    real = pl.DataFrame({"season": [2026], "source": ["jolpica"]})
    real.write_parquet(lake / "raw" / "event_schedule" / "season=2026.parquet")
    monkeypatch.setenv("F1LAKE_UPSTREAM", str(invented))
    (found,) = doctor._worlds()
    assert not found.fine
    assert "never mixed" in found.state


def test_doctor_says_what_is_wrong_with_live_timing_and_what_works(lake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert doctor._live_timing().fine
    for name in live_timing.CREDENTIALS:
        monkeypatch.setenv(name, "somebody")

    def refuse() -> None:
        raise RefusedHereError("live timing", "F1 refuses this machine (status 403)")

    monkeypatch.setattr(live_timing, "try_sign_in", refuse)
    found = doctor._live_timing()
    assert found.state == "live timing: F1 refuses this machine (status 403)."
    assert "home connection into a lake on S3 works" in found.advice


@pytest.mark.parametrize("command", [["tables"], ["odds"], ["export"], ["backup", "--to", "."], ["build"]])
def test_a_lake_that_does_not_exist_is_said_and_the_filled_ones_are_named(
    command: list[str], lake: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lake-demo").mkdir()
    told = said(*command)
    assert f"there is no lake at {lake}" in told
    assert "F1LAKE_LAKE=" not in told, "an empty folder is no lake"
    (tmp_path / "lake-demo" / "rows.parquet").touch()
    assert "F1LAKE_LAKE=lake-demo is one that is filled" in said(*command)
    assert not lake.exists()


def test_an_empty_folder_never_wins_over_a_filled_lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("F1LAKE_LAKE")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lake").mkdir()
    assert choose_lake() == "lake"
    (tmp_path / "lake-demo" / "raw").mkdir(parents=True)
    (tmp_path / "lake-demo" / "raw" / "rows.parquet").touch()
    assert choose_lake() == "lake-demo"
    (tmp_path / "lake" / "rows.parquet").touch()
    assert choose_lake() == "lake"


@pytest.mark.parametrize(("command", "is_read"), [(["--event", "2026-03"], False), ([], True)])
def test_what_is_collected_again_on_purpose_reads_no_kept_page(
    command: list[str], is_read: bool, lake: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages, offered = KeptPages(settings().home / "pages"), []
    pages.keep("http://mirror.example", b"{}")

    def collect(*_: object) -> set[int]:
        offered.append(pages.offer("http://mirror.example"))
        return set()

    monkeypatch.setattr(runs, "collect_again", collect)
    monkeypatch.setattr(runs, "collect_due", collect)
    assert CliRunner().invoke(app, ["collect", *command]).exit_code == 0
    assert offered == [b"{}" if is_read else None]


def test_of_what_is_collected_again_one_that_fails_keeps_no_other_out(
    lake: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[tuple[str, str]] = []

    def run(job: str, _: object, span: tuple[str, str]) -> None:
        begun.append((job, span[0]))
        raise runs.RunFailedError(f"{job} failed")

    monkeypatch.setattr(runs, "run", run)
    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_dynamic_partitions("race_event", ["2025-01", "2026-01", "2026-02", "2026-03"])
        with pytest.raises(runs.RunFailedError, match="collect_results failed\ncollect_results failed\ncollect_stand"):
            runs.collect_again(instance, ["2026-01", "2026-03"])
    assert begun == [("collect_results", "2026-01"), ("collect_results", "2026-03"), ("collect_standings", "2026")]


HEAVY = {"dagster", "dataframely", "deltalake", "fastf1", "gradio", "matplotlib", "mlflow", "numpy", "pandas", "polars",
         "requests", "scipy", "sklearn", "xgboost"}  # fmt: skip
"""Each takes a tenth of a second to four seconds to import."""
IMPORTED_BY = """
import sys
from typer.testing import CliRunner
from f1lake.cli.main import app
from f1lake.failures import UsageError
CliRunner().invoke(app, sys.argv[1:])
print(" ".join({name.partition(".")[0] for name in sys.modules}))
"""


@pytest.mark.parametrize(
    ("command", "needs"),
    [
        (["--help"], set()),
        (["what-if", "--help"], set()),
        (["build", "--no-such-option"], set()),
        (["model", "promote", "no-such-model", "1"], set()),
        (["tables"], {"dagster", "dataframely", "deltalake", "numpy", "polars"}),
        (["doctor"], {"dagster", "dataframely", "deltalake", "numpy", "polars", "requests"}),
    ],
)
def test_a_command_imports_what_it_needs_only(command: list[str], needs: set[str], lake: Path, invented: Path) -> None:
    (lake / "raw").mkdir(parents=True)
    (lake / "raw" / "rows.parquet").touch()
    asked = [sys.executable, "-c", IMPORTED_BY, *command]
    environment = os.environ | {"F1LAKE_UPSTREAM": str(invented)}
    found = subprocess.run(asked, env=environment, capture_output=True, text=True, timeout=120, check=True).stdout
    assert "f1lake" in found.split()
    assert HEAVY & set(found.split()) <= needs


def test_who_only_counts_requests_needs_neither_fastf1_nor_pandas() -> None:
    counted = (
        "import sys, f1lake.runs, f1lake.cli.running; from f1lake.upstream.progress import requests_sent; "
        "print(requests_sent(), {'fastf1', 'pandas'} & set(sys.modules))"
    )
    found = subprocess.run([sys.executable, "-c", counted], capture_output=True, text=True, timeout=120, check=True)
    assert found.stdout.split() == ["0", "set()"]
