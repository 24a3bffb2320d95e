"""What the demo shows before its models are tested."""

import datetime as dt
from pathlib import Path

import polars as pl
import pytest
from deltalake import write_deltalake

from f1lake.cli.listings import FirstOdds


def simulated(lake: Path, share: float) -> None:
    """model/simulated_titles with two drivers, one of whom has this share."""
    rows = pl.DataFrame({
        "season": [2026, 2026], "as_of": [dt.date(2026, 7, 5)] * 2, "title": ["driver"] * 2,
        "entrant_id": ["ann", "bea"], "probability": [share, 1 - share], "expected_points": [99.0, 100.0],
    }, schema_overrides={"season": pl.Int32})  # fmt: skip
    write_deltalake(str(lake / "model/simulated_titles"), rows, mode="overwrite")


def test_first_odds_are_printed_once_when_they_are_new(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lake = tmp_path / "lake"
    simulated(lake, 0.9)
    odds = FirstOdds()
    odds.print_once()
    simulated(lake, 0.5)
    odds.print_once()
    assert capsys.readouterr().out == "", "those of an earlier demo are not new, and nobody has a name yet"

    names = pl.DataFrame({
        "season": [2026, 2026], "driver_id": ["ann", "bea"], "given_name": ["Ann", "Bea"], "family_name": ["A", "B"],
    }, schema_overrides={"season": pl.Int32})  # fmt: skip
    write_deltalake(str(lake / "silver/drivers"), names)
    odds.print_once()
    shown = capsys.readouterr().out
    assert "50.0%" in shown
    assert shown.index("Bea B") < shown.index("Ann A"), "equal chances by expected points"
    odds.print_once()
    assert capsys.readouterr().out == ""
