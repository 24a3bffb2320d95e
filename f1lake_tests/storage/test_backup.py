"""Backups: what cannot be made again is in them, with its history, and comes back."""

import contextlib
import sqlite3
import tarfile
from pathlib import Path

import polars as pl
import pytest
from deltalake import DeltaTable

from f1lake.settings import settings
from f1lake.storage.backup import back_up
from f1lake.storage.delta_io import BronzeIOManager
from f1lake.storage.raw_io import RawIOManager
from f1lake_tests.storage.tables import Points, Results, new_table, points, results

BEFORE, AFTER = results((2026, 9, "Race", "a", 1, 1)), results((2026, 9, "Race", "a", 1, 2))


def test_what_was_backed_up_comes_back_with_its_history(
    lake: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw, bronze = new_table("raw", Points), new_table("bronze", Results)
    RawIOManager().write(raw, "2026-09", points((2026, "a", 25.0)))
    for frame in (BEFORE, AFTER):
        BronzeIOManager().write(bronze, frame, [2026])
    (settings().home / "mlflow" / "artifacts").mkdir(parents=True, exist_ok=True)
    (settings().home / "mlflow" / "artifacts" / "model").write_text("fitted")
    with contextlib.closing(sqlite3.connect(settings().home / "mlflow" / "mlflow.db")) as store:
        store.execute("CREATE TABLE IF NOT EXISTS runs (id)")
    archive = back_up(tmp_path / "backups")
    with tarfile.open(archive) as tar:
        tar.extractall(tmp_path / "unpacked", filter="data")
    unpacked = tmp_path / "unpacked"
    monkeypatch.setenv("F1LAKE_LAKE", str(unpacked / "lake"))
    settings.cache_clear()
    assert RawIOManager().read(raw, [2026]).collect()["points"].to_list() == [25.0]
    for version, position in [(0, 1), (1, 2)]:
        table = pl.read_delta(str(unpacked / "lake" / bronze), version=version)
        assert table["position"].to_list() == [position]
    assert DeltaTable(str(unpacked / "lake" / bronze)).load_cdf(starting_version=1).read_all().num_rows == 2
    assert (unpacked / "home" / "mlflow" / "artifacts" / "model").read_text() == "fitted"
    with contextlib.closing(sqlite3.connect(unpacked / "home" / "mlflow" / "mlflow.db")) as store:
        assert store.execute("SELECT count(*) FROM runs").fetchone() == (0,)


def test_only_the_newest_stay_and_an_empty_lake_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ValueError, match="f1lake collect"):
        back_up(tmp_path / "backups")
    RawIOManager().write(new_table("raw", Points), "2026-09", points((2026, "a", 25.0)))
    for day in range(1, 6):
        monkeypatch.setenv("F1LAKE_NOW", f"2026-07-0{day}T12:00:00Z")
        settings.cache_clear()
        back_up(tmp_path / "backups", kept=2)
    names = sorted(path.name for path in (tmp_path / "backups").iterdir())
    assert names == ["f1lake-2026-07-04T120000.tar", "f1lake-2026-07-05T120000.tar"]
