"""The files of deploy/ are what their engines take, and say the same as each other."""

import importlib
import re
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import compose_spec
import pytest
import yaml
from dagster._core.instance.config import dagster_instance_config
from dagster._core.remote_origin import GrpcServerCodeLocationOrigin
from dagster._core.workspace.load import location_origins_from_yaml_paths

from f1lake import workers
from f1lake_tests.deploy.profile import DEPLOY, PORTS, compose

ROOT = DEPLOY.parent
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))


def test_compose_is_of_the_specification() -> None:
    compose_spec.ComposeSpecification.model_validate(compose())


@pytest.mark.parametrize("instance", ["dagster.yaml", "dagster-workers.yaml"])
def test_dagster_takes_the_instance_and_the_workspace(instance: str, tmp_path: Path) -> None:
    shutil.copy(DEPLOY / instance, tmp_path / "dagster.yaml")
    config, _ = dagster_instance_config(str(tmp_path))
    assert config["run_monitoring"]["enabled"]
    [origin] = location_origins_from_yaml_paths([str(DEPLOY / "workspace.yaml")])
    assert isinstance(origin, GrpcServerCodeLocationOrigin)
    assert (origin.host, origin.port) == ("code", PORTS["code"])


def test_nginx_takes_its_configuration(tmp_path: Path) -> None:
    if shutil.which("nginx") is None:
        pytest.skip("no nginx on this machine: `make test` installs Debian's")
    text = re.sub(r"http://(\w+):", "http://127.0.0.1:", (DEPLOY / "nginx.conf").read_text())
    (tmp_path / "nginx.conf").write_text(text.replace("/tmp/", f"{tmp_path}/"))
    command = ["nginx", "-t", "-q", "-e", "stderr", "-p", tmp_path, "-c", tmp_path / "nginx.conf"]
    found = subprocess.run(command, capture_output=True, text=True)
    assert (found.returncode, found.stderr) == (0, "")


def test_the_containerfile_has_no_findings() -> None:
    found = subprocess.run(
        [Path(sys.executable).with_name("hadolint"), ROOT / "Containerfile"], capture_output=True, text=True
    )
    assert (found.returncode, found.stdout) == (0, "")


def test_each_service_that_is_built_has_an_image_of_the_containerfile() -> None:
    targets = set(re.findall(r"^FROM \S+ AS (\w+)$", (ROOT / "Containerfile").read_text(), re.MULTILINE))
    built = {service["build"]["target"] for service in compose()["services"].values() if "build" in service}
    assert built == targets - {"base"}


def test_only_the_proxy_is_reachable_from_outside() -> None:
    assert [name for name, service in compose()["services"].items() if "ports" in service] == ["proxy"]


def test_runs_reach_mlflow_below_the_prefix_that_it_serves() -> None:
    command = compose()["services"]["mlflow"]["command"]
    port, prefix = (command[command.index(option) + 1] for option in ("--port", "--static-prefix"))
    for file in ("compose.yaml", "systemd/environment.example"):
        [address] = re.findall(r"^ *F1LAKE_MLFLOW(?:=|: )(\S+)$", (DEPLOY / file).read_text(), re.MULTILINE)
        assert address == f"http://mlflow:{port}{prefix}", file


def test_both_examples_of_settings_give_the_services_the_same() -> None:
    units = set(re.findall(r"^(\w+)=", (DEPLOY / "systemd" / "environment.example").read_text(), re.MULTILINE))
    services = compose()["services"]
    given = {name for service in services.values() for name in service.get("environment", {}) if "POSTGRES" not in name}
    for_tests = {"F1LAKE_UPSTREAM", "F1LAKE_NOW", "F1LAKE_FROM_SEASON"}  # and for who lives at another time
    of_images = {"F1LAKE_HOME", "DAGSTER_HOME"}
    in_units = {"GRADIO_SERVER_NAME", "GRADIO_SERVER_PORT", "GRADIO_ROOT_PATH", *services["worker"]["environment"]}
    in_units -= services["code"]["environment"].keys()
    of_workers = {"CELERY_BROKER_URL", "CELERY_RESULT_BACKEND"}  # scale.md adds them
    assert units - of_images - {"SITE", "DAGSTER_POSTGRES_URL"} == given - for_tests - in_units - of_workers


def test_every_setting_of_the_example_is_read_and_every_one_that_is_needed_stands_in_it() -> None:
    offered = set(re.findall(r"^(\w+)=", (DEPLOY / "environment.example").read_text(), re.MULTILINE))
    text = (DEPLOY / "compose.yaml").read_text()
    assert offered <= set(re.findall(r"\$\{(\w+)", text))
    assert set(re.findall(r"\$\{(\w+):\?", text)) <= offered


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_a_unit_runs_what_compose_runs(unit: Path) -> None:
    command = re.search(r"^ExecStart=/opt/f1lake/bin/(.*)$", unit.read_text(), re.MULTILINE)
    if unit.stem == "f1lake-proxy":  # nginx's image knows its command
        assert command is None
        return
    assert command is not None
    in_compose = " ".join(compose()["services"][unit.stem.removeprefix("f1lake-").rstrip("@")]["command"])
    assert _without_places(command[1]) == _without_places(in_compose)


def _without_places(command: str) -> str:
    """A command without hosts, folders and variables, which differ between a machine and containers."""
    places = r"0\.0\.0\.0", r"127\.0\.0\.1", r"\bmlflow(?=:5050)", r"/\S+(?=/workspace)", r"postgresql\+psycopg2://\S+"
    command = command.removesuffix(" --hostname %i@%H")  # a container has its own
    return re.sub("|".join((*places, r"\$\{\w+(:\?[^}]*)?\}")), "…", command)


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_systemd_reads_the_units(unit: Path, tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("no systemd-analyze on this machine")
    for other in (DEPLOY / "systemd").iterdir():
        text = other.read_text().replace("/opt/f1lake/bin", str(Path(sys.executable).parent))
        (tmp_path / other.name).write_text(text.replace("User=f1lake\n", ""))
    found = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", tmp_path / unit.name],
        capture_output=True, text=True,
    )  # fmt: skip
    assert (found.returncode, found.stderr) == (0, "")


def test_the_servers_instance_differs_from_one_machines_in_its_storage_only() -> None:
    of_machine, of_server = (yaml.safe_load((folder / "dagster.yaml").read_text()) for folder in (ROOT, DEPLOY))
    assert of_machine.pop("event_log_storage")["module"] == "f1lake.storage.event_log"
    for storage in ("run_storage", "schedule_storage", "event_log_storage"):
        assert "postgres" in of_server.pop(storage)["module"], storage
    assert of_server == of_machine


def test_the_instance_with_workers_differs_in_who_starts_runs_and_how_many() -> None:
    without, with_workers = (yaml.safe_load((DEPLOY / f"dagster{kind}.yaml").read_text()) for kind in ("", "-workers"))
    launcher = with_workers.pop("run_launcher")
    assert (launcher["module"], launcher["class"]) == ("dagster_celery.launcher", "CeleryRunLauncher")
    options = launcher["config"]["config_source"]["broker_transport_options"]
    assert options == workers.app.conf.broker_transport_options
    with_workers["concurrency"]["runs"] = without["concurrency"]["runs"]
    assert with_workers == without


def test_helms_values_run_the_same_code_within_the_same_limits(tmp_path: Path) -> None:
    values = yaml.safe_load((DEPLOY / "helm-values.yaml").read_text())
    [deployment] = values["dagster-user-deployments"]["deployments"]
    command = compose()["services"]["code"]["command"]
    assert command[-2:] == ["-p", str(deployment["port"])]
    assert deployment["dagsterApiGrpcArgs"] == command[command.index("f1lake.definitions") - 1 :][:2]
    assert deployment["image"]["repository"].endswith("/" + compose()["services"]["code"]["image"])
    assert deployment["image"]["tag"] == version("f1lake")
    assert f"--version {version('dagster')}" in (DEPLOY / "helm-values.yaml").read_text()
    launcher = values["runLauncher"]
    assert importlib.import_module("dagster_k8s").__dict__[launcher["type"]]
    assert set(values["dagsterDaemon"]["runMonitoring"]) <= {"enabled", "startTimeoutSeconds", "maxResumeRunAttempts"}
    with_workers = yaml.safe_load((DEPLOY / "dagster-workers.yaml").read_text())["concurrency"]
    here = values["additionalInstanceConfig"]["concurrency"]
    assert here | {"runs": None} == with_workers | {"runs": None}
    assert here["runs"]["tag_concurrency_limits"] == with_workers["runs"]["tag_concurrency_limits"]
    (tmp_path / "dagster.yaml").write_text(yaml.safe_dump(values["additionalInstanceConfig"]))
    assert dagster_instance_config(str(tmp_path))[0]["concurrency"]["pools"]["default_limit"] == 1
