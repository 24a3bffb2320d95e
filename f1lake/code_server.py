"""The code server of a server: Dagster's own, which on SIGTERM ends within seconds, whatever runs (deploy/).

Alone, `dagster code-server start` waits until its runs have ended, which may take minutes, and engines kill after ten
seconds: then nobody has said that the runs are over. Here they are ended first. Dagster's server notes each as failed
by a signal, and the daemon starts it again (`run_retries` of dagster.yaml).

As a program, `python -m f1lake.code_server …`, it takes what `dagster code-server start` takes. It imports little, for
it lives as long as the server.
"""

import contextlib
import os
import signal
import sys
import threading

import psutil

from f1lake.cli.families import end_families

LOOK_EVERY_S = 0.5
ANSWERS_WITHIN_S = 3
"""How long the server goes on with what it was asked, an evaluation of a sensor for one."""
ENDS_WITHIN_S = 8
"""What is left of it then is killed; engines do so after ten seconds."""


def main(arguments: list[str]) -> int:
    """Serve until a signal comes; the exit code."""
    ending = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ending.set())
    environment = {"DAGSTER_GRPC_SHUTDOWN_GRACE_PERIOD": str(ANSWERS_WITHIN_S)} | os.environ
    command = [sys.executable, "-m", "dagster", "code-server", "start", *arguments]
    server = psutil.Popen(command, env=environment)
    while server.poll() is None:
        if ending.wait(LOOK_EVERY_S):
            for run in _runs_of(server):
                with contextlib.suppress(psutil.NoSuchProcess):
                    run.kill()
            end_families({"code": server}, ENDS_WITHIN_S)
            return 0
    return server.returncode


def _runs_of(server: psutil.Process) -> list[psutil.Process]:
    """The processes of runs: Dagster's default launcher has its server start them by multiprocessing."""
    runs = []
    for process in server.children(recursive=True):
        try:
            if "multiprocessing.spawn" in " ".join(process.cmdline()):
                runs.append(process)
        except psutil.Error:
            continue  # it has just ended
    return runs


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
