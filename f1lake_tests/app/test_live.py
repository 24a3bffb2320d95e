import shutil
from pathlib import Path

import polars as pl
import pytest

from f1lake.app.live import LiveTitleRace
from f1lake_tests.app.small import odds, store, tables


def test_an_empty_lake_fills_without_a_restart(lake: Path):
    live = LiveTitleRace()
    live.refresh()
    assert (live.snapshot.race, live.snapshot.problem) == (None, "no_odds")
    store(lake, tables())
    live.refresh()
    assert live.snapshot.race is not None


def test_new_odds_are_a_new_snapshot_and_nothing_new_is_none(lake: Path):
    store(lake, tables())
    live = LiveTitleRace()
    live.refresh()
    before = live.snapshot
    live.refresh()
    assert live.snapshot is before
    store(lake, {"odds/title_odds": odds("2")})
    live.refresh()
    assert live.snapshot.stamp != before.stamp
    assert live.snapshot.race is not None
    assert set(live.snapshot.race["model_version"]) == {"2"}


def test_odds_without_rows_are_no_odds(lake: Path):
    store(lake, tables() | {"odds/title_odds": odds().clear()})
    live = LiveTitleRace()
    live.refresh()
    assert live.snapshot.problem == "no_odds"


def test_a_lake_that_cannot_be_read_leaves_what_was_shown(lake: Path, monkeypatch: pytest.MonkeyPatch):
    store(lake, tables())
    live = LiveTitleRace()
    live.refresh()
    shown = live.snapshot
    for file in (lake / "odds/title_odds/_delta_log").iterdir():
        file.write_text("not a log")
    live.refresh()
    assert live.snapshot is shown
    fresh = LiveTitleRace()
    fresh.refresh()
    assert fresh.snapshot.problem == "unreadable"
    shutil.rmtree(lake)
    store(lake, tables())
    fresh.refresh()
    assert isinstance(fresh.snapshot.race, pl.DataFrame)
