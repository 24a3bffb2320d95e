import shutil
from pathlib import Path

import pytest

from f1lake.app.live import Live
from f1lake_tests.app.small import odds, store, tables


def test_an_empty_lake_fills_without_a_restart(lake: Path):
    live = Live()
    live.refresh()
    assert (live.snapshot.titles, live.snapshot.problem) == ({}, "no_odds")
    store(lake, tables())
    live.refresh()
    assert set(live.snapshot.titles) == {"drivers", "constructors"}
    assert live.snapshot.problem is None


def test_new_odds_are_a_new_snapshot_and_nothing_new_is_none(lake: Path):
    store(lake, tables())
    live = Live()
    live.refresh()
    before = live.snapshot
    live.refresh()
    assert live.snapshot is before
    store(lake, {"odds/title_odds": odds("2")})
    live.refresh()
    assert live.snapshot.stamp != before.stamp
    assert set(live.snapshot.titles["drivers"]["model_version"]) == {"2"}
    assert live.snapshot.tables["silver/drivers"] is before.tables["silver/drivers"], "only what is new is read"


def test_odds_without_rows_are_no_odds(lake: Path):
    store(lake, tables() | {"odds/title_odds": odds().clear()})
    live = Live()
    live.refresh()
    assert live.snapshot.problem == "no_odds"


def test_a_lake_without_the_welcome_tables_has_its_drivers_title_race(lake: Path):
    needed = {name: frame for name, frame in tables().items() if "silver" in name or name.endswith("driver_standings")}
    store(lake, needed | {"odds/title_odds": odds()})
    live = Live()
    live.refresh()
    assert (live.snapshot.problem, set(live.snapshot.titles)) == (None, {"drivers"})


def test_a_lake_that_cannot_be_read_leaves_what_was_shown(lake: Path, caplog: pytest.LogCaptureFixture):
    store(lake, tables())
    live = Live()
    live.refresh()
    shown = live.snapshot
    for file in (lake / "odds/title_odds/_delta_log").iterdir():
        file.write_text("not a log")
    live.refresh()
    assert live.snapshot is shown
    assert "the lake cannot be read" in caplog.text
    fresh = Live()
    fresh.refresh()
    assert fresh.snapshot.problem == "unreadable"
    shutil.rmtree(lake)
    store(lake, tables())
    fresh.refresh()
    assert fresh.snapshot.problem is None
