"""Which version is published, in the embedded store and in a real MLflow server."""

import subprocess
import sys
import time
import urllib.error
import urllib.request

import polars as pl
import pytest

from f1lake.model import promotion, registry
from f1lake.settings import settings

DECISIONS = pl.DataFrame({"season": [2006, 2007], "log_loss": [0.5, 0.7]})


def logged(folder, recipe: str, log_loss: float) -> registry.Fit:
    return registry.Fit(
        folder=folder, loader_module="f1lake.model.learn.title", packages=("numpy",),
        inputs=pl.Schema({"x": pl.Float64}), outputs=pl.Schema({"p": pl.Float64}), params={"a": 1}, metrics={"m": 0.5},
        curves={}, figures={}, tables={promotion.DECISIONS: DECISIONS.with_columns(log_loss=pl.lit(log_loss))},
        tags={"recipe": recipe, "fingerprint": f"{recipe}{log_loss}", "fitted_from": "1950", "fitted_through": "2007"},
    )  # fmt: skip


def enter(recipe: str, log_loss: float) -> promotion.Verdict:
    def save(folder):
        folder.mkdir()
        (folder / "fit.json").write_text("{}")

    return promotion.challenge("title", save, lambda folder: logged(folder, recipe, log_loss))


def play_through() -> None:
    assert enter("old", 0.6).takes_over  # the first one
    worse = enter("worse", 0.9)
    assert not worse.takes_over
    assert worse.figures["decisions"] == 2
    assert registry.champion("title").number == 1
    assert enter("better", 0.3).takes_over
    assert registry.champion("title").number == 3
    said = [version.tags["decision"] for version in registry.versions("title")]
    assert "not champion (decisions 2, log_loss 0.9000, log_loss_of_champion 0.6000)" in said[1]
    assert promotion.rollback("title") == 1
    promotion.promote("title", 2)
    assert registry.champion("title").number == 2
    assert promotion.rollback("title") == 1
    assert registry.fitted_folder(registry.champion("title")).joinpath("fit.json").is_file()


@pytest.mark.usefixtures("empty_store")
def test_a_challenger_is_published_only_if_better_and_one_command_restores():
    play_through()
    with pytest.raises(promotion.NothingToRestoreError):
        promotion.rollback("title")
    with pytest.raises(registry.UnknownVersionError, match="no version 9"):
        promotion.promote("title", 9)


@pytest.fixture
def mlflow_server(tmp_path, store_template, monkeypatch):
    """A real MLflow server on a free port, as people host their own."""
    import shutil
    import socket

    shutil.copy(store_template, tmp_path / "mlflow.db")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1",
        "--backend-store-uri", f"sqlite:///{tmp_path / 'mlflow.db'}",
        "--artifacts-destination", str(tmp_path / "files"),
    ]  # fmt: skip
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        deadline = time.monotonic() + 120
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=2).close()
                break
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                assert server.poll() is None, "the MLflow server ended at once"
                assert time.monotonic() < deadline, "the MLflow server did not answer in two minutes"
                time.sleep(0.3)
        monkeypatch.setenv("F1LAKE_MLFLOW", f"http://127.0.0.1:{port}")
        settings.cache_clear()
        yield
    finally:
        import os
        import signal

        os.killpg(server.pid, signal.SIGTERM)
        server.wait(timeout=30)


def test_the_same_in_a_server_of_ones_own(mlflow_server):
    play_through()
