"""`app.py` as a process of its own, as visitors meet it."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LAYERS = ("silver", "gold", "odds", "model")
"""The folders of a lake that the app reads."""


@dataclass(frozen=True)
class App:
    """A running app: where it answers, and its process."""

    address: str
    pid: int

    def get(self, path: str) -> bytes:
        """What it answers to a path."""
        with urllib.request.urlopen(self.address + path, timeout=60) as answer:
            return answer.read()

    def post(self, path: str, body: Any) -> Any:
        """What it answers to JSON, as JSON."""
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(self.address + path, json.dumps(body).encode(), headers)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)


@contextmanager
def serve(lake: str | Path, **settings: str) -> Iterator[App]:
    """The app over a lake on a free port of loopback, with further environment variables."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | {"F1LAKE_LAKE": str(lake), "GRADIO_SERVER_PORT": str(port)} | settings
    process = subprocess.Popen(
        [sys.executable, "app.py"], cwd=Path(__file__).parents[2], env=environment, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True,
    )
    app = App(f"http://127.0.0.1:{port}", process.pid)
    try:
        _wait_until_it_answers(app, process)
        yield app
    finally:
        process.terminate()
        process.communicate(timeout=30)


def _wait_until_it_answers(app: App, process: subprocess.Popen) -> None:
    for _ in range(600):  # five minutes: on a busy machine the imports alone take one
        try:
            app.get("/")
        except OSError:
            assert process.poll() is None, process.communicate()[0]
            time.sleep(0.5)
        else:
            return
    raise AssertionError("the app did not answer")
