"""The real Dagster daemon on the settings' lake, as `make up` runs it: `dagster dev`, a code server beside it."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SETTLED_AFTER_S = 5
"""How long its sensor waits after the last collection."""


class Daemon:
    """A running `dagster dev`, its runs in its own process group: killed as a whole, as by a machine that stops."""

    def __init__(self, log: Path) -> None:
        self._log = log.open("a")
        self.start()

    def start(self) -> None:
        """Start it on a free port, with the environment as it is now."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        command = ["dagster", "dev", "-m", "f1lake_tests.rough_definitions", "-p", str(port)]
        self._process = subprocess.Popen(
            [sys.executable, "-m", *command], cwd=ROOT, env=os.environ, stdout=self._log, stderr=self._log,
            start_new_session=True,
        )  # fmt: skip

    def kill(self) -> None:
        """End it at once, whatever runs; it may have been killed before."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def stop(self) -> None:
        """End it for good."""
        self.kill()
        self._log.close()
