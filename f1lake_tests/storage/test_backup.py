"""Backups: what cannot be made again is in them, with its history, and comes back."""

import contextlib
import sqlite3
import tarfile
from pathlib import Path
from urllib.parse import unquote, urlsplit

import polars as pl
import pytest
from deltalake import DeltaTable
from polars.testing import assert_frame_equal

from f1lake.settings import settings
from f1lake.storage.backup import ADDRESSES, back_up, restore
from f1lake.storage.delta_io import BronzeIOManager
from f1lake.storage.lake import changes_since, read
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
        back_up(tmp_path / "backups", kept=2)
    names = sorted(path.name for path in (tmp_path / "backups").iterdir())
    assert names == [f"f1lake-lake-2026-07-0{day}T120000.tar" for day in (4, 5)]


def test_lakes_that_share_a_folder_do_not_prune_each_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for day, lake in enumerate(["one", "two", "one-2", "one"], 1):
        monkeypatch.setenv("F1LAKE_LAKE", str(tmp_path / lake))
        monkeypatch.setenv("F1LAKE_NOW", f"2026-07-0{day}T12:00:00Z")
        RawIOManager().write(new_table("raw", Points), "2026-09", points((2026, "a", 25.0)))
        back_up(tmp_path / "backups", kept=1)
    names = sorted(path.name for path in (tmp_path / "backups").iterdir())
    assert names == [f"f1lake-{lake}T120000.tar" for lake in ("one-2-2026-07-03", "one-2026-07-04", "two-2026-07-02")]


def test_a_backup_on_s3_comes_back_to_a_lake_elsewhere_row_by_row(
    s3_lake: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw, bronze = new_table("raw", Points), new_table("bronze", Results)
    RawIOManager().write(raw, "2026", points((2026, "a", 25.0)))
    for frame in (BEFORE, AFTER):
        BronzeIOManager().write(bronze, frame, [2026])
    tables = RawIOManager().read(raw).collect(), read(bronze).collect(), changes_since(bronze, 0, [2026])
    artifacts = settings().home / "mlflow" / "artifacts"
    (artifacts / "1").mkdir(parents=True)
    (artifacts / "1" / "model").write_text("fitted")
    with contextlib.closing(sqlite3.connect(settings().home / "mlflow" / "mlflow.db")) as store, store:
        for table, columns in ADDRESSES.items():
            store.execute(f"CREATE TABLE {table} ({', '.join(columns)})")
            store.execute(
                f"INSERT INTO {table} VALUES ({', '.join('?' * len(columns))})",
                [(artifacts / "1").as_uri()] * len(columns),
            )
    archive = back_up(s3_lake.rpartition("/")[0] + "/backups")
    for lake in (str(tmp_path / "elsewhere"), f"{s3_lake}-2"):
        monkeypatch.setenv("F1LAKE_LAKE", lake)
        restore(archive)
        found = RawIOManager().read(raw).collect(), read(bronze).collect(), changes_since(bronze, 0, [2026])
        for one, other in zip(tables, found, strict=True):
            assert_frame_equal(one, other, check_row_order=False)
        with contextlib.closing(sqlite3.connect(settings().home / "mlflow" / "mlflow.db")) as store:
            for table, columns in ADDRESSES.items():
                for address in store.execute(f"SELECT {', '.join(columns)} FROM {table}").fetchone():
                    folder = Path(unquote(urlsplit(address).path))
                    assert (folder / "model").read_text() == "fitted"
                    assert folder.is_relative_to(settings().home)
        with pytest.raises(ValueError, match="is not empty"):
            restore(archive)
