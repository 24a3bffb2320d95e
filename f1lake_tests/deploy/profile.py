"""The services of deploy/ as processes on loopback: the same commands, each host name 127.0.0.1.

There is no container engine and no systemd where these tests run. What they add (users, file systems, images) is not
shown.
"""

import contextlib
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
PORTS = {"postgres": 5432, "code": 4000, "webserver": 3000, "mlflow": 5050, "app": 7860, "proxy": 8080,
         "redis": 6379}  # fmt: skip
"""The ports in compose.yaml and nginx.conf, by service."""
SERVICES = ("postgres", "redis", "mlflow", "code", "webserver", "daemon", "worker", "app", "proxy")
"""In the order in which they need each other."""
STOPS_WITHIN_S, PATIENCE_S = 10, 600
AS_IN_THE_IMAGE = ("--encoding=UTF8",)
"""Else the C locale of a test makes databases of ASCII only, which hold no tag with `…`."""
IN_A_HURRY = {"f1lake.definitions": "f1lake_tests.rough_definitions"}


def compose() -> dict[str, Any]:
    """deploy/compose.yaml."""
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text())


def commands(heading: str, file: str = "README.md") -> list[str]:
    """What the section of this name of a file of deploy/ tells people to type."""
    section = (DEPLOY / file).read_text().partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return re.findall(r"^[$#] (.+)$", "\n".join(re.findall(r"```console\n(.*?)```", section, re.DOTALL)), re.MULTILINE)


def postgresql_programs() -> Path | None:
    """Where Debian's newest PostgreSQL has its programs; None without it."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    return found[-1] if found else None


@contextlib.contextmanager
def postgresql() -> Iterator[str]:
    """A PostgreSQL of its own, on a disk that it syncs to; its address for SQLAlchemy."""
    programs = postgresql_programs()
    assert programs is not None, "no PostgreSQL here: `make debian` as root on Debian installs it"
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
    as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] * (os.geteuid() == 0)
    data = tempfile.mkdtemp(prefix="f1lake-", dir="/var/tmp")
    if as_user:
        shutil.chown(data, "postgres", "postgres")
    init = [*as_user, programs / "initdb", *AS_IN_THE_IMAGE, "-D", data, "-U", "f1lake"]
    made = subprocess.run(init, cwd="/", capture_output=True)
    assert made.returncode == 0, made.stderr
    command = [*as_user, programs / "postgres", "-D", data, "-p", str(port), "-k", data, "-h", "127.0.0.1"]
    server = subprocess.Popen(command, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(lambda: answers(port), "PostgreSQL", 60)
        yield f"postgresql+psycopg2://f1lake@127.0.0.1:{port}/postgres"
    finally:
        server.terminate()
        server.wait(60)
        shutil.rmtree(data)


class Profile:
    """A machine with a copy of deploy/, in which a person types what its README says."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "deploy"
        shutil.copytree(DEPLOY, self.folder)
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._outside: Path | None = None
        free = [socket.create_server(("127.0.0.1", 0)) for _ in PORTS]
        self.ports = {name: held.getsockname()[1] for name, held in zip(PORTS, free, strict=True)}
        for held in free:
            held.close()

    def fill_in(self, file: Path, **settings: str) -> None:
        """Write an operator's settings into a file of them."""
        lines = file.read_text().splitlines()
        kept = [line for line in lines if line.partition("=")[0] not in settings]
        file.write_text("\n".join([*kept, *(f"{name}={value}" for name, value in settings.items())]))

    def settings(self, file: Path | None = None) -> dict[str, str]:
        """What a file of settings says, `.env` if none is named, as it is on this machine."""
        lines = (file or self.folder / ".env").read_text().splitlines()
        pairs = [line.partition("=") for line in lines if "=" in line and not line.startswith("#")]
        return {name: self.here(value) for name, _, value in pairs}

    def do(self, command: str, typed: str = "") -> str:
        """Do a command as the README has it, in its folder; what it prints. Raises if it fails."""
        match shlex.split(command):
            case ["docker", "compose", "build"]:
                return ""
            case ["docker", "compose", "up", "-d", *scale]:
                more = [f"worker-{n + 1}" for word in scale[1:] for n in range(1, int(word.partition("=")[2]))]
                for name in (*self._of_profile(), *more):
                    self.start(name)
                return ""
            case ["docker", "compose", "stop"]:
                return repr({name: self.stop(name) for name in reversed(self._processes) if self.is_running(name)})
            case ["docker", "compose", "exec", name, *words] | ["docker", "compose", "run", "--rm", name, *words]:
                for needed in compose()["services"][name]["depends_on"]:
                    self.start(needed)
                return _done(self._words(name, words), env=self._environment(name), cwd=self.folder.parent)
            case _:
                return _done(["bash", "-c", command], cwd=self.folder, input=typed, start_new_session=True)

    def start(self, name: str) -> None:
        """Start a service with the command and the environment of compose.yaml, and wait until it answers."""
        if self.is_running(name):
            return
        if name == "postgres":
            return self.start_postgresql(self.settings()["POSTGRES_PASSWORD"])
        if name == "proxy":
            return self.start_proxy(self.folder / "nginx.conf", self.folder / "passwords")
        words = self._words(name, compose()["services"][name.partition("-")[0]]["command"])
        own = ["--hostname", f"{name}@%h"] if name.startswith("worker") else []  # each container is a host
        self.spawn(name, [*words, *own], self._environment(name))
        if name in PORTS:
            wait_for(lambda: answers(self.ports[name]), name)

    def _of_profile(self) -> list[str]:
        """The services that are started, in the order in which they need each other."""
        chosen, services = self.settings().get("COMPOSE_PROFILES", ""), compose()["services"]
        return [name for name in SERVICES if services[name].get("profiles", [chosen]) == [chosen]]

    def start_postgresql(self, password: str) -> None:
        """A PostgreSQL with the user and the databases of the profile; the second time, on what it held before."""
        programs, data = postgresql_programs(), self._outside or Path(tempfile.mkdtemp(prefix="f1lake-postgresql-"))
        assert programs is not None
        as_user: list[str] = []
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            shutil.chown(data, "postgres", "postgres")
            as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
        if is_new := self._outside is None:
            self._outside = data  # pytest's folders are closed to the user that PostgreSQL runs as
            word = data.with_suffix(".word")
            word.write_text(password)
            word.chmod(0o644)
            made = ["initdb", *AS_IN_THE_IMAGE, "-D", data, "-U", "f1lake", "-A", "scram-sha-256", f"--pwfile={word}"]
            _done([*as_user, programs / made[0], *made[1:]], cwd=data)
            word.unlink()
        server = [programs / "postgres", "-D", data, "-p", str(self.ports["postgres"]), "-k", data, "-h", "127.0.0.1",
                  "-c", "fsync=off"]  # fmt: skip
        self.spawn("postgres", [*as_user, *map(str, server)], dict(os.environ))
        wait_for(lambda: answers(self.ports["postgres"]), "PostgreSQL")
        to = [programs / "psql", "-h", "127.0.0.1", "-p", str(self.ports["postgres"]), "-U", "f1lake", "-d", "postgres"]
        for sql in ("CREATE DATABASE dagster", (DEPLOY / "postgres.sql").read_text()) if is_new else ():
            _done([*to, "-v", "ON_ERROR_STOP=1", "-c", sql], env=os.environ | {"PGPASSWORD": password})

    def start_proxy(self, configuration: Path, passwords: Path) -> None:
        """nginx with this configuration, as this machine has its places and ports."""
        home = self.folder / "proxy"
        home.mkdir(exist_ok=True)
        text = re.sub(r"auth_basic_user_file \S+;", f"auth_basic_user_file {passwords};", configuration.read_text())
        text = self.here(text).replace("/tmp/", f"{home}/")
        text = text.replace("/dev/stdout", "access.log").replace("/dev/stderr", "error.log")
        user = "user root;\n" * (os.geteuid() == 0)  # pytest's folders are closed to nginx's own user
        (home / "nginx.conf").write_text(f"daemon off;\n{user}{text}")
        self.spawn("proxy", ["nginx", "-p", str(home), "-c", str(home / "nginx.conf")], dict(os.environ))
        wait_for(lambda: answers(self.ports["proxy"]), "nginx")

    def spawn(self, name: str, command: list[str], environment: Mapping[str, str]) -> None:
        """Start a process of a service; what it says is in `log`."""
        with (self.folder / f"{name}.log").open("ab") as log:
            self._processes[name] = subprocess.Popen(
                command, env=environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                cwd=self.folder.parent,  # Dagster reads an `.env` where it is started, and a container has none there
                start_new_session=True,
            )  # fmt: skip

    def _environment(self, name: str) -> dict[str, str]:
        """The environment of a service's container."""
        given = compose()["services"][name.partition("-")[0]].get("environment", {})
        home = self.folder / name
        home.mkdir(exist_ok=True)
        for file, source in {"dagster.yaml": self._filled("${DAGSTER_INSTANCE:-dagster.yaml}"),
                             "workspace.yaml": "workspace.yaml"}.items():  # fmt: skip
            (home / file).write_text(self.here((self.folder / source).read_text()))
        programs = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        places = {"PATH": programs, "DAGSTER_HOME": home, "F1LAKE_HOME": home, "PYTHONPATH": ROOT}
        filled = {key: self._filled(value) for key, value in given.items()} | {k: str(v) for k, v in places.items()}
        return machine() | filled | {"GRADIO_SERVER_NAME": "127.0.0.1"}

    def _words(self, name: str, words: list[str]) -> list[str]:
        """A command of a service's container."""
        program, *arguments = [self._filled(word) for word in words]
        own = Path(sys.executable).with_name(program)
        arguments = [word.replace("/srv/f1lake/dagster", str(self.folder / name)) for word in arguments]
        return [str(own) if own.exists() else program, *arguments]

    def _filled(self, text: str) -> str:
        """A value of compose.yaml with the operator's settings in it, on this machine."""
        known, variable = self.settings(), r"\$\{(\w+)(?::(?:\?[^}]*|-([^}]*)))?\}"
        return self.here(re.sub(variable, lambda found: known.get(found[1]) or found[2] or "", text))

    def here(self, text: str) -> str:
        """Names of services and their ports as they are on this machine."""
        text = re.sub(r"(?<![\w/@.-])0\.0\.0\.0(?!\w)", "127.0.0.1", text)
        for name, port in PORTS.items():
            text = re.sub(rf"(?<=[/@,]){name}:{port}(?!\d)", f"127.0.0.1:{self.ports[name]}", text)
            text = re.sub(rf"host: {name}$", "host: 127.0.0.1", text, flags=re.MULTILINE)
            text = re.sub(rf"^{port}$|(?<=127\.0\.0\.1:){port}|(?<=port: ){port}|(?<=listen ){port}",
                          str(self.ports[name]), text, flags=re.MULTILINE)  # fmt: skip
        return IN_A_HURRY.get(text, text)

    def address(self, path: str) -> str:
        """A page behind the proxy."""
        return f"http://127.0.0.1:{self.ports['proxy']}{path}"

    @property
    def folders(self) -> list[Path]:
        """Where the services write."""
        return [self.folder, *([self._outside] if self._outside else [])]

    def log(self, name: str) -> str:
        """What a service has written so far."""
        return (self.folder / f"{name}.log").read_text()

    def is_running(self, name: str) -> bool:
        """Whether a service's process is there."""
        return name in self._processes and self._processes[name].poll() is None

    def stop(self, name: str) -> float:
        """End a service as an engine does, by SIGTERM; how many seconds it took."""
        began, process = time.monotonic(), self._processes[name]
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=3 * STOPS_WITHIN_S)
        return time.monotonic() - began

    def kill(self) -> None:
        """End all that is left, children included; a machine may be lost before its test ends."""
        for process in self._processes.values():
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
            process.wait()
        if self._outside:
            shutil.rmtree(self._outside)
            self._outside = None


def machine() -> dict[str, str]:
    """The environment of a container: what the machine needs, nothing that belongs to f1lake or Dagster."""
    own = ("F1LAKE_", "DAGSTER_", "MLFLOW_", "GRADIO_", "AWS_")
    return {key: value for key, value in os.environ.items() if not key.startswith(own)}


def answers(port: int) -> bool:
    """Whether something listens on a port of loopback."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_for(condition: Callable[[], bool], what: str, seconds: float = PATIENCE_S) -> None:
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


def _done(command: list[Any], **how: Any) -> str:
    """What a command that ends by itself prints. Raises `RuntimeError` with what it said if it fails."""
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, **how)
    if done.returncode:
        raise RuntimeError(f"{command}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout
