"""Ends processes together with their children.

`python -m f1lake.cli.families` is the watcher of the supervisor, which writes it a line `NAME=PID` for each process. It
waits until the supervisor is gone, even if that was killed, and ends the processes that are left. It imports nothing
heavy, because it runs as long as `make up`.
"""

import contextlib
import signal
import sys
from collections.abc import Mapping

import psutil

PATIENCE_S = 15


def end_families(processes: Mapping[str, psutil.Process], patience_s: float = PATIENCE_S) -> None:
    """Interrupt `dagster`, terminate the others, and kill what is left of them after `patience_s` seconds."""
    families = []
    for process in processes.values():
        with contextlib.suppress(psutil.NoSuchProcess):
            families += [process, *process.children(recursive=True)]
    for name, process in processes.items():
        with contextlib.suppress(psutil.NoSuchProcess):
            # `dagster dev` ends its own children on SIGINT only.
            process.send_signal(signal.SIGINT if name == "dagster" else signal.SIGTERM)
    _, alive = psutil.wait_procs(families, timeout=patience_s)
    for process in alive:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()


def _end_when_alone() -> None:
    """Read processes (`name=pid`) until the input ends, then end those that still run."""
    running = {}
    for name, _, pid in (line.partition("=") for line in sys.stdin):
        with contextlib.suppress(psutil.NoSuchProcess):
            running[name] = psutil.Process(int(pid))  # holds the time it began: a later process of this id is another
    end_families(running)


if __name__ == "__main__":
    _end_when_alone()
