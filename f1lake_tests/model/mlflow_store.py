"""An MLflow store in a file of the test's own, and an MLflow server."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from f1lake.model.registry import store
from f1lake.settings import settings


@pytest.fixture(scope="session")
def store_template(tmp_path_factory) -> Path:
    """An MLflow store with nothing in it: making its tables takes seconds, copying the file does not."""
    folder = tmp_path_factory.mktemp("mlflow")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("F1LAKE_LAKE", str(folder / "lake"))
        store.versions("title")
        template = settings().home / "mlflow" / "mlflow.db"
    return template


@pytest.fixture
def empty_store(store_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty MLflow store at the home of the test's lake.

    Where no store was before: MLflow keeps connections by path, and pytest gives the folder of a test that passed to
    the next of the same name.
    """
    monkeypatch.setenv("F1LAKE_LAKE", str(tmp_path / uuid.uuid4().hex / "lake"))
    (settings().home / "mlflow").mkdir(parents=True)
    shutil.copy(store_template, settings().home / "mlflow")


@pytest.fixture(scope="session")
def server_address(store_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real MLflow server on a free port of loopback, as people host their own."""
    folder = tmp_path_factory.mktemp("server")
    shutil.copy(store_template, folder / "mlflow.db")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1",
        "--backend-store-uri", f"sqlite:///{folder / 'mlflow.db'}", "--artifacts-destination", str(folder / "files"),
    ]  # fmt: skip
    quietly = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "start_new_session": True}
    server = subprocess.Popen(command, env=os.environ | {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}, **quietly)
    try:
        deadline = time.monotonic() + 300
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=2).close()
                break
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                assert server.poll() is None, "the MLflow server ended at once"
                assert time.monotonic() < deadline, "the MLflow server did not answer in five minutes"
                time.sleep(0.3)
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(server.pid, signal.SIGKILL)  # asked to end, it takes its time
        server.wait()


@pytest.fixture
def mlflow_server(server_address: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """That server as the setting; each test's lake has models of its own there."""
    monkeypatch.setenv("F1LAKE_MLFLOW", server_address)
    return server_address
