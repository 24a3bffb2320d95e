"""A Ceph cluster on loopback (one monitor, one OSD in memory, one S3 gateway), from Debian's packages.

Its processes end with the one that started it, whatever ends that. `python -m f1lake_tests.storage.ceph` runs one
until Ctrl-C, and prints the variables that point to it.
"""

import contextlib
import ctypes
import json
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import requests

PROGRAMS = ("ceph-authtool", "ceph-mon", "ceph-osd", "radosgw", "radosgw-admin", "monmaptool", "ceph")
WHY_NOT = "Ceph is not installed: `make test` as root on Debian does it (ceph-mon ceph-osd radosgw)"
PATIENCE_S = 60
CONFIGURATION = """\
[global]
fsid = {cluster}
mon host = 127.0.0.1:{monitor_port}
public addr = 127.0.0.1
cluster addr = 127.0.0.1
osd objectstore = memstore
memstore device bytes = 4294967296
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
mon allow pool size one = true
mon max pg per osd = 1000
mon data avail crit = 1
paxos propose interval = 0.05
paxos min wait = 0.01
mon data = {folder}/mon
osd data = {folder}/osd
rgw data = {folder}/rgw
run dir = {folder}
admin socket = {folder}/$name.asok
keyring = {folder}/keyring
log file = /dev/null
mon cluster log file = /dev/null
[client.rgw]
rgw frontends = beast endpoint=127.0.0.1:{port}
rgw thread pool size = 64
"""


def is_installed() -> bool:
    """Whether this machine has all that a cluster needs."""
    return all(shutil.which(program) for program in PROGRAMS)


@contextlib.contextmanager
def gateway() -> Iterator["Gateway"]:
    """A running cluster; nothing of it is left afterwards."""
    with tempfile.TemporaryDirectory(prefix="ceph-") as folder:
        running = Gateway(Path(folder))
        try:
            running.start()
            yield running
        finally:
            running.stop()


class Gateway:
    """The S3 of a cluster: its address, and the keys of a user who may do everything."""

    key: str
    secret: str

    def __init__(self, folder: Path) -> None:
        self._folder, self._processes = folder, list[subprocess.Popen[bytes]]()
        self._port, self._monitor_port, self._cluster = _free_port(), _free_port(), str(uuid.uuid4())
        self.address = f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Bring the cluster up: 2 to 3 s. Raises `TimeoutError` if it does not answer after `PATIENCE_S`."""
        keyring, monmap, osd = str(self._folder / "keyring"), str(self._folder / "monmap"), str(uuid.uuid4())
        (self._folder / "ceph.conf").write_text(CONFIGURATION.format(
            cluster=self._cluster, folder=self._folder, port=self._port, monitor_port=self._monitor_port
        ))
        (self._folder / "osd").mkdir()
        _run("ceph-authtool", "--create-keyring", keyring)
        everything = [word for service in ("mon", "osd") for word in ("--cap", service, "allow *")]
        for name in ("mon.", "client.admin", "client.rgw", "osd.0"):
            _run("ceph-authtool", keyring, "--gen-key", "-n", name, *everything)
        monitor = f"127.0.0.1:{self._monitor_port}"
        _run("monmaptool", "--create", "--add", "a", monitor, "--fsid", self._cluster, monmap)
        self._run("ceph-mon", "--mkfs", "-i", "a", "--monmap", monmap, "--keyring", keyring)
        self._keep("ceph-mon", "-i", "a")
        self._run("ceph", "--connect-timeout", str(PATIENCE_S), "osd", "new", osd)
        self._run("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", osd)
        self._keep("ceph-osd", "-i", "0")
        self._keep("radosgw", "-n", "client.rgw")
        self._wait()
        self.key, self.secret = self.user("admin", "--caps", "users=*;buckets=*;user-policy=*")

    def user(self, name: str, *arguments: str) -> tuple[str, str]:
        """The key and the secret of a new user."""
        told = self._run("radosgw-admin", "user", "create", "--uid", name, "--display-name", name, *arguments)
        keys = json.loads(told)["keys"][0]
        return keys["access_key"], keys["secret_key"]

    def stop(self) -> None:
        """End all processes."""
        for process in reversed(self._processes):
            process.kill()
            process.wait(PATIENCE_S)

    def _run(self, program: str, *arguments: str) -> bytes:
        return _run(program, "-c", str(self._folder / "ceph.conf"), *arguments)

    def _keep(self, program: str, *arguments: str) -> None:
        command = [program, "-c", str(self._folder / "ceph.conf"), "-f", *arguments]
        with (self._folder / f"{program}.out").open("wb") as told:
            self._processes.append(
                subprocess.Popen(command, stdout=told, stderr=told, preexec_fn=_die_with_parent)
            )

    def _wait(self) -> None:
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            with contextlib.suppress(requests.RequestException):
                requests.get(self.address, timeout=5)
                return
            time.sleep(0.1)
        told = {file.name: file.read_text()[-500:] for file in self._folder.glob("*.out")}
        raise TimeoutError(f"no gateway after {PATIENCE_S} s: {told}")


def _run(*command: str) -> bytes:
    done = subprocess.run(command, capture_output=True, timeout=PATIENCE_S, check=False)
    if done.returncode:
        raise RuntimeError(f"{command[0]}: {done.stderr.decode()[-1000:]}")
    return done.stdout


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


if __name__ == "__main__":
    with gateway() as running, contextlib.suppress(KeyboardInterrupt):
        print(f"AWS_ENDPOINT_URL={running.address} AWS_REGION=us-east-1")
        print(f"AWS_ACCESS_KEY_ID={running.key} AWS_SECRET_ACCESS_KEY={running.secret}", flush=True)
        signal.pause()
