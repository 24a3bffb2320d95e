"""A small supervisor: Dagster, MLflow and the app for one lake; one Ctrl-C ends them all.

Own code because each simpler way leaves something running: processes that a shell starts in
the background inherit an ignored SIGINT, and `dagster dev` ends its own children only on SIGINT
(docs/decisions/0004-own-supervisor.md).
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from f1lake.demo import choose_source
from f1lake.runs import dagster_home
from f1lake.settings import settings

PATIENCE_S = 15
PORTS = {"dagster": 3000, "mlflow": 5000, "app": 7860}


def choose_lake() -> str:
    """`F1LAKE_LAKE`, else ./lake, else ./lake-demo, said by the caller. Raises `ValueError` if none exists."""
    if "F1LAKE_LAKE" in os.environ:
        return os.environ["F1LAKE_LAKE"]
    for folder in ("lake", "lake-demo"):
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
    if settings().upstream is None and Path(settings().lake).name == "lake-demo":
        os.environ["F1LAKE_UPSTREAM"] = choose_source().upstream or ""
        settings.cache_clear()
    home = dagster_home()
    logs = settings().home / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    (settings().home / "mlflow").mkdir(parents=True, exist_ok=True)
    environment = os.environ | {"GRADIO_SERVER_PORT": str(PORTS["app"])}
    processes = {name: _start(command, environment, logs / f"{name}.log") for name, command in commands(home).items()}
    say(f"lake: {settings().lake}   logs: {logs}")
    for name in processes:
        say(f"  {name:8} http://127.0.0.1:{PORTS[name]}")
    say("Ctrl-C ends all of them.")
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    code = 0
    try:
        while all(process.poll() is None for process in processes.values()):
            time.sleep(0.5)
        ended = next(name for name, process in processes.items() if process.poll() is not None)
        say(f"{ended} ended by itself; its last lines are in {logs / f'{ended}.log'}")
        code = 1
    except KeyboardInterrupt:
        say("ending …")
    finally:
        _end(processes)
    return code


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
