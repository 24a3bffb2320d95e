"""The command line: what it says when something is asked that cannot be."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from f1lake.cli import app
from f1lake.demo import Source, remember_source, remembered_upstream
from f1lake.settings import settings


def said(*arguments: str) -> str:
    """What the command prints as it ends with an error, on one line."""
    result = CliRunner().invoke(app, arguments, env={"COLUMNS": "200"})
    assert result.exit_code != 0
    assert not isinstance(result.exception, Exception) or isinstance(result.exception, SystemExit)
    return " ".join(result.output.split())


def test_a_span_of_seasons_that_is_none_is_refused(lake: Path) -> None:
    assert "--from 2026 --to 2020" in said("build", "--from", "2026", "--to", "2020")
    assert "1950" in said("build", "--from", "1900")


def test_building_before_collecting_says_to_collect(lake: Path) -> None:
    assert "f1lake collect" in said("build", "--from", "2026")


def test_collecting_again_what_was_never_collected_is_refused(lake: Path) -> None:
    assert "no race event of 2024-2025 is in the lake" in said("collect", "--again", "--from", "2024", "--to", "2025")


def test_an_unknown_table_is_named(lake: Path) -> None:
    assert "silver/nothing" in said("tables", "silver/nothing")


@pytest.mark.parametrize(
    ("name", "value"), [("F1LAKE_LAKE", "ftp://x"), ("F1LAKE_NOW", "nonsense"), ("F1LAKE_UPSTREAM", "nowhere")]
)
def test_doctor_explains_a_wrong_setting(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    settings.cache_clear()
    assert f"{name}='{value}'" in said("doctor")


def test_up_without_a_lake_says_how_to_make_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("F1LAKE_LAKE")
    monkeypatch.chdir(tmp_path)
    assert "make demo" in said("up")


def test_up_goes_on_with_the_source_of_the_demo(lake: Path) -> None:
    assert remembered_upstream() == ""
    remember_source(Source("a recording", "/somewhere/recordings"))
    assert remembered_upstream() == "/somewhere/recordings"
