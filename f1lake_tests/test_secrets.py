"""No secret that is set for f1lake stands in anything that it writes or says."""

import ssl
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import BaseRequestHandler, ThreadingTCPServer
from typing import Any

import dagster as dg
import pytest
from typer.testing import CliRunner

from f1lake.automation.upkeep.alerts import NotDeliveredError, alert_sensor, send
from f1lake.cli.main import app
from f1lake.home import dagster_home
from f1lake.invent.recording import invent
from f1lake.runs import RunFailedError, definitions, run
from f1lake_tests.whole_lake import fill

PLANTED = "planted-c0ffee"
VARIABLES = (
    "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "SLACK_BOT_TOKEN", "MLFLOW_TRACKING_PASSWORD", "F1_PASSWORD",
)


class Refusing(BaseHTTPRequestHandler):
    """A webhook that takes nothing."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_error(500)

    def log_message(self, format: str, *args: Any) -> None:
        """Not on the tests' screen."""


@pytest.fixture
def refusing_webhook(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """`F1LAKE_ALERTS` is a webhook that refuses, with a secret in its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Refusing)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("F1LAKE_ALERTS", f"http://user:{PLANTED}@127.0.0.1:{server.server_port}/{PLANTED}?key={PLANTED}")
    yield
    server.shutdown()
    server.server_close()


def test_nothing_that_a_lake_writes_or_says_holds_a_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refusing_webhook: None
) -> None:
    for name in VARIABLES:
        monkeypatch.setenv(name, PLANTED)
    invent(tmp_path / "world", 2, seed=5)
    monkeypatch.setenv("F1LAKE_UPSTREAM", str(tmp_path / "world"))
    monkeypatch.setenv("F1LAKE_FROM_SEASON", "2026")
    fill(2026, 2026, job="build")
    with dg.DagsterInstance.local_temp(str(dagster_home())) as instance:
        context = dg.build_sensor_context(instance, repository_def=definitions().get_repository_def())
        alert_sensor(context)
        with pytest.raises(RunFailedError):
            run("odds", instance, ("2026", "2026"))  # there are no models
    said = [CliRunner().invoke(app, [command]).output for command in ("doctor", "tables")]
    refused = r"127\.0\.0\.1 did not take the alert \(answered status 500\)"
    with pytest.raises(NotDeliveredError, match=refused) as error:
        send([], ["gold/podiums: three_a_race"])
    said.append(str(error.value))
    assert not [text for text in said if PLANTED in text]
    written = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert len(written) > 50
    assert not [file for file in written if PLANTED.encode() in file.read_bytes()]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ALERTS", f"gopher://example.org/{PLANTED}"),
        ("UPSTREAM", f"https://ana:{PLANTED}@example.org"),
        ("MLFLOW", f"https://ana:{PLANTED}@example.org"),
        ("MLFLOW", f"postgresql://ana:{PLANTED}@example.org/mlflow"),
        ("UI", f"https://ana:{PLANTED}@example.org"),
        ("REPOSITORY", f"https://ana:{PLANTED}@example.org"),
    ],
)
def test_a_wrong_setting_is_named_without_its_secret(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"F1LAKE_{name}", value)
    said = CliRunner().invoke(app, ["doctor"], env={"COLUMNS": "300"}).output
    assert f"F1LAKE_{name}" in said
    assert PLANTED not in said


def test_mail_is_not_sent_to_a_server_that_cannot_prove_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=127.0.0.1",
         "-keyout", key, "-out", certificate],
        check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    received = []

    class Greeting(BaseRequestHandler):
        def handle(self) -> None:
            with context.wrap_socket(self.request, server_side=True) as encrypted:
                encrypted.sendall(b"220 here\r\n")
                received.append(encrypted.recv(100))

    with ThreadingTCPServer(("127.0.0.1", 0), Greeting) as server:
        server.handle_error = lambda request, client_address: None
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"smtps://ana:{PLANTED}@127.0.0.1:{server.server_address[1]}/ana@example.org"
        monkeypatch.setenv("F1LAKE_ALERTS", address)
        with pytest.raises(NotDeliveredError, match="SSLCertVerificationError"):
            send([], ["gold/podiums: three_a_race"])
        server.shutdown()
    assert received == []
