"""Ends processes with their children.

As a program, `python -m f1lake.cli.families NAME=PID …`, it is the supervisor's watcher: it waits until the supervisor
is gone, even if that was killed, and ends what is left. It imports nothing heavy, for it runs as long as `make up`.
"""

import contextlib
import signal
import sys
from collections.abc import Mapping

import psutil

PATIENCE_S = 15


def end_families(processes: Mapping[str, psutil.Process], patience_s: float = PATIENCE_S) -> None:
    """Interrupt `dagster`, terminate the others, and kill what is left of their families after `patience_s`."""
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
        process.kill()


def _end_when_alone(named: list[str]) -> None:
    """Wait for the end of the input, then end these processes (`name=pid`) if they are still there."""
    found = {}
    for name, _, pid in (entry.partition("=") for entry in named):
        with contextlib.suppress(psutil.NoSuchProcess):
            found[name] = psutil.Process(int(pid))  # holds the time it began: a later process of this id is another
    sys.stdin.buffer.read()
    end_families(found)


if __name__ == "__main__":
    _end_when_alone(sys.argv[1:])
