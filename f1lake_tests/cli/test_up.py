"""The supervisor: whatever ends it, nothing that it started is left; it leaves what is the user's own alone."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import psutil
import pytest
from typer.testing import CliRunner

from f1lake.cli.main import app
from f1lake.home import dagster_home, shipped
from f1lake.settings import settings

STAND_INS = """
import functools, signal, subprocess, sys, time
from pathlib import Path
from f1lake.cli import up

folder = Path(sys.argv[1])
child = "import signal, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(120)"
parent = f"import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', {child!r}]); time.sleep(120)"
answers = f"import socket; held = socket.create_server(('127.0.0.1', {up.ports()['app']})); {parent}"
one = {"ends": "import time; time.sleep(2)", "never answers": "import time; time.sleep(120)"}.get(sys.argv[2], answers)
up.APP_FIRST_S = 3
up.end_families = functools.partial(up.end_families, patience_s=1)
up.commands = lambda: {"dagster": [sys.executable, "-c", parent], "app": [sys.executable, "-c", one]}
sys.exit(up.supervise())
"""
"""The supervisor over programs that stand for Dagster and the app: each has a child that ignores SIGTERM.

An app that ends by itself or never answers has none."""


@pytest.fixture
def supervisor(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A running supervisor; as parameter what its app does that never answers: `ends` by itself, or `never answers`."""
    (tmp_path / "lake").mkdir()
    free = [socket.create_server(("127.0.0.1", 0)) for _ in range(3)]
    ports = {f"F1LAKE_{name}_PORT": str(held.getsockname()[1])
             for name, held in zip(("DAGSTER", "MLFLOW", "APP"), free, strict=True)}  # fmt: skip
    for held in free:
        held.close()
    script = tmp_path / "supervised.py"
    script.write_text(STAND_INS)
    process = subprocess.Popen(
        [sys.executable, str(script), str(tmp_path), getattr(request, "param", "")], cwd=tmp_path, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        env=os.environ | ports | {"F1LAKE_LAKE": str(tmp_path / "lake")},
    )  # fmt: skip
    yield process
    process.kill()


def family(process: subprocess.Popen[str], of: int = 5) -> list[psutil.Process]:
    """The supervisor's programs, their children and the watcher, once so many are there."""
    for _ in range(300):
        found = psutil.Process(process.pid).children(recursive=True)
        if len(found) >= of:
            return found
        time.sleep(0.1)
    pytest.fail(f"only {found} were started")


def gone(processes: list[psutil.Process], within_s: float = 60) -> bool:
    """Whether all of them ended."""
    return not psutil.wait_procs(processes, timeout=within_s)[1]


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_nothing_is_left_however_it_is_ended(supervisor: subprocess.Popen[str], how: signal.Signals) -> None:
    started = family(supervisor)
    supervisor.send_signal(how)
    supervisor.wait(60)
    assert gone(started)


@pytest.mark.parametrize("supervisor", ["never answers"], indirect=True)
def test_dagster_waits_for_the_app_but_not_for_long(supervisor: subprocess.Popen[str]) -> None:
    first = family(supervisor, of=2)
    assert len(first) == 2
    assert set(first) < set(family(supervisor, of=4))


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
@pytest.mark.parametrize("supervisor", ["never answers"], indirect=True)
def test_nothing_is_left_where_dagster_was_not_started_yet(
    supervisor: subprocess.Popen[str], how: signal.Signals
) -> None:
    started = family(supervisor, of=2)
    supervisor.send_signal(how)
    supervisor.wait(60)
    assert gone(started)


@pytest.mark.parametrize("supervisor", ["ends"], indirect=True)
def test_when_one_program_ends_all_end_and_it_is_named(supervisor: subprocess.Popen[str]) -> None:
    output, _ = supervisor.communicate(timeout=60)
    assert supervisor.returncode == 1
    assert "app ended by itself" in output


def test_a_taken_port_is_named_with_its_owner_and_its_setting(
    lake: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as other:
        monkeypatch.setenv("F1LAKE_DAGSTER_PORT", str(other.getsockname()[1]))
        output = " ".join(CliRunner().invoke(app, ["up"], env={"COLUMNS": "200"}).output.split())
    assert f"is taken by {psutil.Process().name()} (process {os.getpid()})" in output
    assert "F1LAKE_DAGSTER_PORT" in output


def test_the_lakes_dagster_yaml_is_renewed_until_somebody_edits_it(lake: Path) -> None:
    file = dagster_home() / "dagster.yaml"
    assert shipped("dagster.yaml").read_text() in file.read_text()
    with dg.DagsterInstance.get() as instance:
        assert instance.get_concurrency_config().run_queue_config
    edited = file.read_text().replace("max_concurrent_runs: 1", "max_concurrent_runs: 3")
    file.write_text(edited)
    dagster_home()
    assert file.read_text() == edited


def test_a_users_own_dagster_home_is_left_as_it_is(
    lake: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "dagster.yaml").write_text("telemetry:\n  enabled: false\n")
    monkeypatch.setenv("DAGSTER_HOME", str(own))
    assert dagster_home() == own
    assert (own / "dagster.yaml").read_text() == "telemetry:\n  enabled: false\n"
    assert not (settings().home / "dagster").exists()


def test_homes_lie_where_f1lake_home_says(lake: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("F1LAKE_HOME", str(tmp_path / "homes"))
    assert settings().home == tmp_path / "homes" / "lake"
    assert dagster_home() == tmp_path / "homes" / "lake" / "dagster"
