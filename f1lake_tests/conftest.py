"""Fixtures of all tests: a fresh lake, a whole one, and an asset called as a function.

What does not belong here: the recorded upstream (`recorded_upstream.py`), frames of one layer (beside its tests), S3
(`storage/s3.py`) and MLflow (`model/mlflow_store.py`).
"""

import fcntl
import gc
import hashlib
import logging
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg
import polars as pl
import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from f1lake.cli.screen import console
from f1lake.invent.recording import invent
from f1lake.storage.schemas import CONTRACTS

if TYPE_CHECKING:
    from f1lake_tests.recorded_upstream import Told  # pytest has to import it itself, to rewrite what it asserts

gc.disable()  # what is imported and collected stays: to look for garbage in it takes half of the time
pytest_plugins = [
    "f1lake_tests.recorded_upstream", "f1lake_tests.storage.s3", "f1lake_tests.silver.history",
    "f1lake_tests.model.mlflow_store",
]
"""Fixtures of several folders: imported by each of them, one of the session is made once for each."""
ROOT = Path(__file__).resolve().parents[1]
RECENT = 2012
"""From here on there are enough seasons for a fit, and few enough for a lake within a minute."""
SHARED = ("ceph", "server_address", "recorded_bronze", "application")
"""Fixtures that take long: the tests that use one of them run in one process, so that it is made once."""
LONGEST_FIRST = (
    "test_daemon", "test_whole_lake", "ceph", "test_lake_from_dump", "test_odd_rows", "test_calendar_changes",
    "test_corrections", "test_late_corrections", "server_address", "recorded_bronze", "test_browser",
    "test_code_server", "test_graphql", "test_notebooks",
)
"""The groups of tests that take a minute or more, marked `long`: what begins late ends late."""
def _read_once(read: Callable[[Config], ScriptDirectory]) -> Callable[[Config], ScriptDirectory]:
    """Migrations of a database, which Dagster reads anew for each file of SQLite."""
    kept: dict[str | None, ScriptDirectory] = {}

    def directory(config: Config) -> ScriptDirectory:
        folder = config.get_main_option("script_location")
        if folder not in kept:
            kept[folder] = read(config)
        return kept[folder]

    return directory


def pytest_configure() -> None:
    """Keep Dagster and MLflow quiet, and let neither send anything anywhere."""
    ScriptDirectory.from_config = _read_once(ScriptDirectory.from_config)
    os.environ["DAGSTER_DISABLE_TELEMETRY"] = "yes"
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    for name in ("dagster", "mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.ERROR)


def pytest_collection_finish() -> None:
    """From now on garbage is looked for, but not in what was imported and collected."""
    gc.freeze()
    gc.enable()


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep together what shares something that takes long, else each file; begin with what takes longest."""
    groups = {item: _group(item) for item in items}
    for item, group in groups.items():
        item.add_marker(pytest.mark.xdist_group(group))
        if group in LONGEST_FIRST:
            item.add_marker(pytest.mark.long)
    items.sort(key=lambda item: [*LONGEST_FIRST, groups[item]].index(groups[item]))


def _group(item: Any) -> str:
    is_on_s3 = hasattr(item, "callspec") and item.callspec.params.get("lake") == "s3"
    used = [*item.fixturenames, *["ceph"] * is_on_s3]
    return next((name for name in SHARED if name in used), item.path.stem)


@pytest.fixture(autouse=True)
def nothing_of_the_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees the user's settings, language, lake, Dagster home or spent requests."""
    for name in [name for name in os.environ if name.startswith("F1LAKE_")]:
        monkeypatch.delenv(name)
    for name in ("DAGSTER_HOME", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("F1LAKE_LAKE", str(tmp_path / "lake"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("COLUMNS", "400")  # what commands print is not cut, however long a test's folder is
    monkeypatch.setattr(console, "width", 400)  # it may have been made before


@pytest.fixture
def set_to(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Sets `F1LAKE_` variables, by their names without it."""
    def change(**variables: str) -> None:
        for name, value in variables.items():
            monkeypatch.setenv(f"F1LAKE_{name}", value)

    return change


@pytest.fixture(autouse=True)
def contracts_of_the_test() -> Iterator[None]:
    """What a test declares is gone after it; tables of the project that it was the first to import stay."""
    before = dict(CONTRACTS)
    yield
    for name, contract in list(CONTRACTS.items()):
        if contract.__module__.startswith("f1lake_tests") and contract is not before.get(name):
            del CONTRACTS[name]
    CONTRACTS.update(before)


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    """The path of a fresh, empty lake that the settings point to (nothing is there yet)."""
    return tmp_path / "lake"


@pytest.fixture(scope="session")
def invented(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an invented world: 22 seasons, the last one half run. Tests that move it on copy it."""
    folder = tmp_path_factory.mktemp("invented")
    invent(folder, 22, seed=7)
    return folder


@pytest.fixture(scope="session")
def made() -> Callable[..., pl.DataFrame]:
    """An asset called as the function it is: `made(asset, *frames)` gives the frame that would be stored.

    Fails, naming the broken rules, if the frame breaks the contract.
    """

    def call(asset: Any, *frames: Any) -> pl.DataFrame:
        inputs = [f.lazy() if isinstance(f, pl.DataFrame) else f for f in frames]
        has_context = any(isinstance(f, dg.AssetExecutionContext) for f in inputs)
        # Dagster sets up an instance for each call of an asset
        results = (asset if has_context else asset.op.compute_fn.decorated_fn)(*inputs)
        check = next(results)
        assert check.passed, check.metadata
        return next(results).value

    return call


@pytest.fixture(scope="session")
def history(told: "Told", pytestconfig: pytest.Config) -> Path:
    """A whole lake, raw to odds, as it was on 1 March 2026. Tests copy its folder: Dagster and MLflow lie beside it."""
    return _filled(told, told.seasons[0], pytestconfig)


@pytest.fixture(scope="session")
def recent_history(told: "Told", pytestconfig: pytest.Config) -> Path:
    """The same from `RECENT` on, enough for the models: for tests that run a daemon on a copy of it."""
    return _filled(told, RECENT, pytestconfig)


def _filled(told: "Told", from_season: int, config: pytest.Config) -> Path:
    """A lake from a season on, kept in pytest's cache for as long as what it is made by and of stays the same."""
    kept = config.cache.mkdir(f"lake-from-{from_season}")
    with (kept / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        folder, made_of = kept / _fingerprint(told.folder), kept / "made_of"
        if not made_of.is_file() or made_of.read_text() != folder.name:
            made_of.unlink(missing_ok=True)
            for old in filter(Path.is_dir, kept.iterdir()):
                shutil.rmtree(old)
            _fill(told, from_season, folder)
            made_of.write_text(folder.name)
    return folder / "lake"


def _fingerprint(recording: Path) -> str:
    """Of the code that fills a lake, its libraries, and the recording."""
    code = [*(ROOT / "f1lake").rglob("*.py"), ROOT / "f1lake_tests" / "whole_lake.py", ROOT / "requirements-dev.lock"]
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sorted(code)))
    for path in sorted(recording.iterdir()):
        digest.update(f"{path.name} {path.stat().st_size} {path.stat().st_mtime_ns}".encode())
    return digest.hexdigest()[:16]


def _fill(told: "Told", from_season: int, folder: Path) -> None:
    from f1lake_tests.whole_lake import fill  # assembles every definition: only for the tests that need it

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda _: None)  # whoever cuts the power makes it again
        patch.setenv("F1LAKE_LAKE", str(folder / "lake"))
        patch.setenv("F1LAKE_UPSTREAM", str(told.folder))
        patch.setenv("F1LAKE_NOW", "2026-03-01T12:00:00Z")
        patch.setenv("F1LAKE_FROM_SEASON", str(from_season))
        fill(from_season, 2026)
