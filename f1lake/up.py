"""A small supervisor: Dagster, MLflow and the app for one lake; one Ctrl-C ends them all.

Own code because each simpler way leaves something running: processes that a shell starts in
the background inherit an ignored SIGINT, and `dagster dev` ends its own children only on SIGINT
(docs/decisions/0006-own-supervisor.md).
"""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from f1lake.demo import remembered_upstream
from f1lake.runs import dagster_home
from f1lake.settings import settings

PATIENCE_S = 15
PROBE_S = 0.2
PORTS = {"dagster": 3000, "mlflow": 5000, "app": 7860}


def choose_lake() -> str:
    """`F1LAKE_LAKE`, else ./lake, ./lake-demo or ./lake-invented, said by the caller.

    Raises `ValueError` if none exists.
    """
    if lake := os.environ.get("F1LAKE_LAKE"):
        return lake
    for folder in ("lake", "lake-demo", "lake-invented"):
        if Path(folder).is_dir():
            return folder
    raise ValueError("there is no lake yet: run `make demo` first, or set F1LAKE_LAKE to where one is or shall be")


def commands(home: Path) -> dict[str, list[str]]:
    """What is started, by name: the UI with its daemon, the MLflow UI unless a server is configured, the app."""
    python = sys.executable
    started = {
        "dagster": [python, "-m", "dagster", "dev", "-w", "workspace.yaml", "-p", str(PORTS["dagster"])],
        "app": [python, "app.py"],
    }
    if not settings().mlflow_uri.startswith("http"):
        started["mlflow"] = [
            python,
            "-m",
            "mlflow",
            "server",
            "--backend-store-uri",
            settings().mlflow_uri,
            "--workers",
            "1",
            "--host",
            "127.0.0.1",
            "--port",
            str(PORTS["mlflow"]),
        ]
    return started


def supervise(say: Callable[[str], None]) -> int:
    """Start everything, wait for Ctrl-C or for one of them to end, then end all; the exit code."""
    os.environ["F1LAKE_LAKE"] = choose_lake()
    settings.cache_clear()
    if settings().upstream is None:
        os.environ["F1LAKE_UPSTREAM"] = remembered_upstream()
        settings.cache_clear()
    _require_free_ports()
    home = dagster_home()
    logs = settings().home / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    (settings().home / "mlflow").mkdir(parents=True, exist_ok=True)
    environment = os.environ | {
        "GRADIO_SERVER_PORT": str(PORTS["app"]),
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }
    processes = {name: _start(command, environment, logs / f"{name}.log") for name, command in commands(home).items()}
    say(f"lake: {settings().lake}   upstream: {settings().upstream or 'the live services'}   logs: {logs}")
    say("starting; Ctrl-C ends all of them")
    waiting = set(processes)
    # A shell that starts this in the background leaves SIGINT ignored: take both signals back.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    code = 0
    try:
        while all(process.poll() is None for process in processes.values()):
            for name in sorted(filter(_answers, waiting)):
                waiting.discard(name)
                say(f"  {name:8} http://127.0.0.1:{PORTS[name]}")
            time.sleep(0.5)
        ended = next(name for name, process in processes.items() if process.poll() is not None)
        say(f"{ended} ended by itself; its last lines are in {logs / f'{ended}.log'}")
        code = 1
    except KeyboardInterrupt:
        say("ending …")
    finally:
        _end(processes)
    return code


def _answers(name: str) -> bool:
    with socket.socket() as probe:
        probe.settimeout(PROBE_S)
        return probe.connect_ex(("127.0.0.1", PORTS[name])) == 0


def _require_free_ports() -> None:
    """Raises `ValueError` naming a port that something else answers on: its pages would be taken for ours."""
    for name in filter(_answers, PORTS):
        raise ValueError(f"port {PORTS[name]}, for {name}, is taken: is another `make up` running?")


def _start(command: list[str], environment: dict[str, str], log: Path) -> subprocess.Popen[bytes]:
    """Start a command in a process group of its own, with SIGINT and SIGTERM as they are by default."""

    def reset_signals() -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)

    with log.open("ab") as output:
        return subprocess.Popen(
            command,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=reset_signals,
        )


def _end(processes: dict[str, subprocess.Popen[bytes]]) -> None:
    """Interrupt Dagster, terminate the rest, and after a while kill what is left of their families."""
    families = []
    for process in processes.values():
        if process.poll() is None:
            family = psutil.Process(process.pid)
            families += [family, *family.children(recursive=True)]
    for name, process in processes.items():
        if process.poll() is None:
            process.send_signal(signal.SIGINT if name == "dagster" else signal.SIGTERM)
    _, alive = psutil.wait_procs(families, timeout=PATIENCE_S)
    for process in alive:
        process.kill()
