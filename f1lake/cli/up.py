"""A small supervisor for Dagster, MLflow and the app of one lake; one Ctrl-C stops them all.

It is own code because simpler ways leave processes running: processes that a shell starts in the background inherit an
ignored SIGINT, and `dagster dev` ends its children only on SIGINT (docs/decisions/0006-own-supervisor.md).
"""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil

from f1lake.cli.families import end_families
from f1lake.cli.lakes import choose_lake
from f1lake.cli.portuguese import said
from f1lake.cli.screen import say
from f1lake.failures import UsageError
from f1lake.home import dagster_home, shipped
from f1lake.settings import settings, settings_of

PROBE_S = 0.2
APP_FIRST_S = 10
"""Dagster starts once the app answers, after so many seconds at the latest: all at once they answer late on two cores.
"""
ENDING_SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


def ports() -> dict[str, int]:
    """The port of each page, by name."""
    return {"dagster": settings().dagster_port, "mlflow": settings().mlflow_port, "app": settings().app_port}


def commands() -> dict[str, list[str]]:
    """The commands to start, by name: the UI with its daemon, MLflow's UI unless a server is configured, and the app.
    """
    python = sys.executable
    workspace = shipped("workspace.yaml")
    started = {
        "dagster": [python, "-m", "dagster", "dev", "-w", str(workspace), "-p", str(ports()["dagster"])],
        "app": [python, "-m", "f1lake.app.server"],
    }
    if not settings().mlflow_uri.startswith("http"):
        started["mlflow"] = [
            python, "-m", "mlflow", "server", "--backend-store-uri", settings().mlflow_uri, "--workers", "1",
            "--host", "127.0.0.1", "--port", str(ports()["mlflow"]),
        ]  # fmt: skip
    return started


def supervise() -> int:
    """Start everything, Dagster last, wait for Ctrl-C or for a process to end, then end all. Returns the exit code."""
    os.environ["F1LAKE_LAKE"] = choose_lake()
    settings_of.cache_clear()
    _require_free_ports()
    dagster_home()
    logs = settings().home / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    (settings().home / "mlflow").mkdir(parents=True, exist_ok=True)
    environment = os.environ | {
        "GRADIO_SERVER_PORT": str(ports()["app"]),
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }
    processes: dict[str, subprocess.Popen[bytes]] = {}
    to_start = commands()
    watcher = _watch()
    upstream = settings().upstream or said("the live services")
    say("lake: {lake}   upstream: {upstream}   logs: {logs}", lake=settings().lake, upstream=upstream, logs=logs)
    say("starting; Ctrl-C ends all of them")
    waiting = set(to_start)

    def start(name: str) -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, ENDING_SIGNALS)  # a Ctrl-C now would leave it running, known to nobody
        processes[name] = _start(to_start.pop(name), environment, logs / f"{name}.log")
        _tell(watcher, name, processes[name].pid)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING_SIGNALS)

    for number in ENDING_SIGNALS:  # a shell that starts this in the background leaves SIGINT ignored
        signal.signal(number, signal.default_int_handler)
    code = 0
    try:
        dagster_at = time.monotonic() + APP_FIRST_S
        for name in sorted(to_start.keys() - {"dagster"}):
            start(name)
        while all(process.poll() is None for process in processes.values()):
            for name in sorted(filter(_answers, waiting)):
                waiting.discard(name)
                say("  {name:8} http://127.0.0.1:{port}", name=name, port=ports()[name])
            if to_start and ("app" not in waiting or time.monotonic() > dagster_at):
                start("dagster")
                _remove_leftovers()
            time.sleep(0.5)
        ended = next(name for name, process in processes.items() if process.poll() is not None)
        say("{name} ended by itself; its last lines are in {log}", name=ended, log=logs / f"{ended}.log")
        code = 1
    except KeyboardInterrupt:
        say("ending …")
    finally:
        for number in ENDING_SIGNALS:
            signal.signal(number, signal.SIG_IGN)  # ending is under way: a second Ctrl-C must not stop it halfway
        running = {name: process.pid for name, process in processes.items() if process.poll() is None}
        end_families({name: psutil.Process(pid) for name, pid in running.items()})
        watcher.terminate()
    return code


def _remove_leftovers() -> None:
    from f1lake.storage import leftovers  # polars and more: after what is started, which needs them too

    try:
        leftovers.remove()
    except Exception as error:  # S3 may be away for a while: no reason not to start
        say("what killed writes have left stays for now ({error})", error=type(error).__name__)


def _answers(name: str) -> bool:
    with socket.socket() as probe:
        probe.settimeout(PROBE_S)
        return probe.connect_ex(("127.0.0.1", ports()[name])) == 0


def _require_free_ports() -> None:
    """Raise `UsageError` naming a port that is already in use: its pages would be mistaken for ours."""
    for name in filter(_answers, ports()):
        port = ports()[name]
        raise UsageError(
            "port {port}, for {name}, is taken by {owner}: end that, or set F1LAKE_{setting}_PORT",
            port=port, name=name, owner=_owner(port), setting=name.upper(),
        )


def _owner(port: int) -> str:
    """Who listens on a port of this machine, as far as this user is allowed to know."""
    try:
        listening = [c.pid for c in psutil.net_connections("tcp") if c.status == psutil.CONN_LISTEN and c.laddr
                     and c.laddr.port == port and c.pid]  # fmt: skip
        return (
            said("{program} (process {number})", program=psutil.Process(listening[0]).name(), number=listening[0])
            if listening else said("another process")
        )
    except psutil.Error:
        return said("another process")


def _start(command: list[str], environment: dict[str, str], log: Path) -> subprocess.Popen[bytes]:
    """Start a command in a process group of its own, with default handlers for the signals that end it."""

    def reset_signals() -> None:
        for number in ENDING_SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING_SIGNALS)

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


def _watch() -> subprocess.Popen[bytes]:
    """Start the watcher. Its input ends when this process ends, even if that is killed."""
    command = [sys.executable, "-m", "f1lake.cli.families"]
    return subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)


def _tell(watcher: subprocess.Popen[bytes], name: str, pid: int) -> None:
    """Let the watcher know of a process that it must end where this one cannot."""
    assert watcher.stdin
    watcher.stdin.write(f"{name}={pid}\n".encode())
    watcher.stdin.flush()
