"""The services of deploy/compose.yaml as processes on loopback: the same commands, each host name 127.0.0.1.

There is no container engine where these tests run. What a container adds (users, file systems, images) is not shown.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
PORTS = {"postgres": 5432, "code": 4000, "webserver": 3000, "mlflow": 5050, "app": 7860, "proxy": 8080}
"""The ports in compose.yaml and nginx.conf, by service."""

STOPS_WITHIN_S = 10


def compose() -> dict[str, Any]:
    """deploy/compose.yaml."""
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text())


def postgresql_programs() -> Path | None:
    """Where Debian's newest PostgreSQL has its programs; None without it."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    return found[-1] if found else None


class Profile:
    """The running services; `settings` are what an operator writes into `.env`."""

    def __init__(self, folder: Path, settings: Mapping[str, str]) -> None:
        self.folder = folder
        self._settings = dict(settings)
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._outside: Path | None = None
        free = [socket.create_server(("127.0.0.1", 0)) for _ in PORTS]
        self.ports = {name: held.getsockname()[1] for name, held in zip(PORTS, free, strict=True)}
        for held in free:
            held.close()

    def start_postgresql(self) -> None:
        """A cluster of its own with the user, password and databases of the profile."""
        programs, data = postgresql_programs(), Path(tempfile.mkdtemp(prefix="f1lake-postgresql-"))
        assert programs is not None
        self._outside = data  # pytest's folders are closed to the user that PostgreSQL runs as
        as_user: list[str] = []
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            shutil.chown(data, "postgres", "postgres")
            as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
        word = data.with_suffix(".word")
        word.write_text(self._settings["POSTGRES_PASSWORD"])
        word.chmod(0o644)
        quiet: Any = {"check": True, "capture_output": True, "cwd": data}
        made = [programs / "initdb", "-D", data, "-U", "f1lake", "-A", "scram-sha-256", f"--pwfile={word}"]
        subprocess.run([*as_user, *made], **quiet)
        word.unlink()
        server = [programs / "postgres", "-D", data, "-p", str(self.ports["postgres"]), "-k", data, "-h", "127.0.0.1",
                  "-c", "fsync=off"]  # fmt: skip
        self._start("postgres", [*as_user, *map(str, server)], dict(os.environ))
        wait_for(lambda: answers(self.ports["postgres"]), "PostgreSQL")
        environment = os.environ | {"PGPASSWORD": self._settings["POSTGRES_PASSWORD"]}
        to = [programs / "psql", "-h", "127.0.0.1", "-p", str(self.ports["postgres"]), "-U", "f1lake", "-d", "postgres"]
        for sql in ("CREATE DATABASE dagster", (DEPLOY / "postgres.sql").read_text()):
            subprocess.run([*to, "-v", "ON_ERROR_STOP=1", "-c", sql], env=environment, check=True, capture_output=True)

    def start(self, name: str) -> None:
        """A service with the command and the environment that compose.yaml gives it."""
        home = self.folder / name
        home.mkdir(exist_ok=True)
        if name == "proxy":
            return self._start_proxy(home)
        service = compose()["services"][name]
        for file in ("dagster.yaml", "workspace.yaml"):
            (home / file).write_text(self._here((DEPLOY / file).read_text()))
        environment = {key: self._filled(value) for key, value in service["environment"].items()}
        environment |= {"DAGSTER_HOME": str(home), "F1LAKE_HOME": str(home), "GRADIO_SERVER_NAME": "127.0.0.1"}
        program, *arguments = [self._filled(argument) for argument in service["command"]]
        arguments = [argument.replace("/srv/f1lake/dagster", str(home)) for argument in arguments]
        self._start(name, [str(Path(sys.executable).with_name(program)), *arguments], self._machine() | environment)

    def _start_proxy(self, home: Path) -> None:
        passwords = home / "passwords"
        line = subprocess.run(
            ["openssl", "passwd", "-apr1", "open sesame"], check=True, capture_output=True, text=True
        ).stdout
        passwords.write_text(f"ana:{line}")
        configuration = self._here((DEPLOY / "nginx.conf").read_text())
        configuration = configuration.replace("/tmp/", f"{home}/").replace("/etc/nginx/passwords", str(passwords))
        configuration = configuration.replace("/dev/stdout", "access.log").replace("/dev/stderr", "error.log")
        user = "user root;\n" * (os.geteuid() == 0)  # pytest's folders are closed to nginx's own user
        (home / "nginx.conf").write_text(f"daemon off;\n{user}{configuration}")
        self._start("proxy", ["nginx", "-p", str(home), "-c", str(home / "nginx.conf")], dict(os.environ))

    def _start(self, name: str, command: list[str], environment: dict[str, str]) -> None:
        with (self.folder / f"{name}.log").open("ab") as log:
            self._processes[name] = subprocess.Popen(
                command, env=environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd=self.folder,
                start_new_session=True,
            )  # fmt: skip

    def _machine(self) -> dict[str, str]:
        """The environment of a container: what the machine needs, nothing that belongs to f1lake or Dagster."""
        own = ("F1LAKE_", "DAGSTER_", "MLFLOW_", "GRADIO_", "AWS_")
        return {key: value for key, value in os.environ.items() if not key.startswith(own)}

    def _filled(self, text: str) -> str:
        """A value of compose.yaml with the operator's settings in it, on this machine."""
        filled = re.sub(r"\$\{(\w+)(?::[-?]([^}]*))?\}", lambda m: self._settings.get(m[1]) or "", text)
        return self._here(filled)

    def _here(self, text: str) -> str:
        """Names of services and their ports as they are on this machine."""
        text = re.sub(r"(?<![\w/@.-])0\.0\.0\.0(?!\w)", "127.0.0.1", text)
        for name, port in PORTS.items():
            text = re.sub(rf"(?<=[/@,]){name}:{port}(?!\d)", f"127.0.0.1:{self.ports[name]}", text)
            text = re.sub(rf"host: {name}$", "host: 127.0.0.1", text, flags=re.MULTILINE)
            text = re.sub(rf"^{port}$|(?<=127\.0\.0\.1:){port}|(?<=port: ){port}|(?<=listen ){port}",
                          str(self.ports[name]), text, flags=re.MULTILINE)  # fmt: skip
        return text

    def address(self, path: str) -> str:
        """A page behind the proxy."""
        return f"http://127.0.0.1:{self.ports['proxy']}{path}"

    def log(self, name: str) -> str:
        """What a service has written so far."""
        return (self.folder / f"{name}.log").read_text()

    def is_running(self, name: str) -> bool:
        """Whether a service's process is there."""
        return self._processes[name].poll() is None

    def stop(self, name: str) -> float:
        """End a service as an engine does, by SIGTERM; how many seconds it took."""
        began, process = time.monotonic(), self._processes[name]
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=3 * STOPS_WITHIN_S)
        return time.monotonic() - began

    def kill(self) -> None:
        """End all that is left, children included."""
        for process in self._processes.values():
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
            process.wait()
        if self._outside:
            shutil.rmtree(self._outside)


def answers(port: int) -> bool:
    """Whether something listens on a port of loopback."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_for(condition: Callable[[], bool], what: str, seconds: float = 180) -> None:
    """Wait until something is so. Raises `TimeoutError` that names it."""
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            raise TimeoutError(what)
        time.sleep(0.3)


def status(address: str, headers: Mapping[str, str] | None = None) -> int:
    """The HTTP status of a page; 0 if nobody answers."""
    try:
        with urllib.request.urlopen(urllib.request.Request(address, headers=dict(headers or {})), timeout=30) as page:
            return page.status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0
