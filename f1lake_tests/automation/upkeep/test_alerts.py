"""Alerts: what fails reaches a person once, in one message with its cause and a link."""

import datetime as dt
import functools
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import Any

import dagster as dg
import pytest

from f1lake import clock
from f1lake.automation.due import attempts
from f1lake.automation.due.attempts import CLAIM_TAG, Attempt, Failing
from f1lake.automation.upkeep.alerts import alert_sensor, send
from f1lake.settings import SettingsError, settings
from f1lake.upstream.session import IN_TERMINAL

LATER_S = 100
checked = {"passed": True}


@dg.asset(key=["gold", "podiums"])
def podiums() -> None:
    """A table with a check."""


@dg.asset_check(asset=["gold", "podiums"], description="There are three a race.")
def three_a_race() -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=checked["passed"], description="2026-09 has two drivers on the podium")


@dg.op
def collect() -> None:
    raise dg.Failure("2026 round 9: the hour's requests are spent", allow_retries=False)


@dg.job
def collect_results() -> None:
    collect()


defs = dg.Definitions(assets=[podiums], asset_checks=[three_a_race], jobs=[collect_results])


class Received(BaseHTTPRequestHandler):
    """Keeps every request that it answers; fails while `failing` is set."""

    messages: list[dict[str, Any]]
    failing: bool

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(503 if self.failing else 200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(b'{"ok": true}')
        if not self.failing:
            as_json = self.headers["Content-Type"].startswith("application/json")
            told = json.loads(body) if as_json else body.decode()
            self.messages.append({"path": self.path, "told": told, "token": self.headers.get("Authorization")})

    def log_message(self, format: str, *args: Any) -> None:
        """Not on the tests' screen."""


@pytest.fixture
def webhook(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Received]]:
    """A real server on loopback, set as the destination."""
    handler = type("Here", (Received,), {"messages": [], "failing": False})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    handler.address = f"http://127.0.0.1:{server.server_port}/"  # pyright: ignore[reportAttributeAccessIssue]
    monkeypatch.setenv("F1LAKE_ALERTS", handler.address + "hook")  # pyright: ignore[reportAttributeAccessIssue]
    yield handler
    server.shutdown()
    server.server_close()


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    checked["passed"] = True
    with dg.DagsterInstance.local_temp() as instance:
        yield instance


class Sensor:
    """The sensor with its cursor, evaluated at a time of the test's choosing."""

    def __init__(self, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch) -> None:
        self.instance, self.monkeypatch, self.cursor = instance, monkeypatch, None
        self.now = clock.real_time()

    def tick(self, after_s: float = LATER_S) -> str:
        """Evaluate once, so much later; what it says."""
        self.now += after_s
        self.monkeypatch.setattr(clock, "real_time", lambda: self.now)
        context = dg.build_sensor_context(self.instance, self.cursor, repository_def=defs.get_repository_def())
        result = alert_sensor(context)
        assert isinstance(result, dg.SensorResult)
        self.cursor = result.cursor
        return result.skip_reason.skip_message if result.skip_reason else ""


@pytest.fixture
def sensor(instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch) -> Sensor:
    return Sensor(instance, monkeypatch)


def run(instance: dg.DagsterInstance, **tags: str) -> str:
    job = defs.resolve_job_def("collect_results")
    return job.execute_in_process(instance=instance, raise_on_error=False, tags=tags).run_id


def check(instance: dg.DagsterInstance, passed: bool) -> None:
    checked["passed"] = passed
    job = dg.define_asset_job("checks", dg.AssetSelection.checks_for_assets(["gold", "podiums"]))
    resolved = dg.Definitions(assets=[podiums], asset_checks=[three_a_race], jobs=[job]).resolve_job_def("checks")
    resolved.execute_in_process(instance=instance)


def test_a_burst_is_one_message_with_cause_and_link(
    sensor: Sensor, webhook: type[Received], instance: dg.DagsterInstance
) -> None:
    assert sensor.tick() == "nothing new has failed"
    run(instance, **{"f1lake/race_event": "2026-09"})
    run_id = run(instance, **{"f1lake/race_event": "2026-09"})
    check(instance, passed=False)
    sensor.now = clock_of(instance)
    assert sensor.tick(after_s=1) == "waiting whether more fails"
    assert not webhook.messages
    assert sensor.tick() == "told 2 problems, 0 mended"
    assert sensor.tick() == "nothing new has failed"
    (message,) = webhook.messages
    assert message["path"] == "/hook"
    run_failed, check_failed = message["told"]["problems"]
    assert run_failed["what"] == "run collect_results for 2026-09"
    assert run_failed["cause"] == "collect: 2026 round 9: the hour's requests are spent"
    assert run_failed["link"] == f"http://127.0.0.1:3000/runs/{run_id}"
    assert check_failed["what"] == "check three_a_race of gold/podiums fails"
    assert check_failed["cause"] == "2026-09 has two drivers on the podium"
    assert check_failed["link"] == "http://127.0.0.1:3000/assets/gold/podiums?view=checks&checkDetail=three_a_race"
    for problem in (run_failed, check_failed):
        assert set(problem.values()) <= {line.strip("• ") for line in message["told"]["text"].splitlines()}


def test_a_check_is_told_when_it_begins_to_fail_and_when_it_passes_again(
    sensor: Sensor, webhook: type[Received], instance: dg.DagsterInstance
) -> None:
    check(instance, passed=False)
    sensor.tick()
    check(instance, passed=False)
    assert sensor.tick() == "nothing new has failed"
    check(instance, passed=True)
    sensor.tick()
    first, second = (message["told"] for message in webhook.messages)
    assert (len(first["problems"]), first["mended"]) == (1, [])
    assert (second["problems"], second["mended"]) == ([], ["gold/podiums: three_a_race"])


def test_the_same_failure_is_told_once_a_day_and_those_of_the_terminal_never(
    sensor: Sensor, webhook: type[Received], instance: dg.DagsterInstance
) -> None:
    sensor.tick()
    run(instance, **IN_TERMINAL)
    sensor.tick()
    assert not webhook.messages
    for _ in range(3):  # an hourly collection while the services are down
        run(instance)
        sensor.tick()
    assert len(webhook.messages) == 1
    sensor.tick(after_s=25 * 3600)
    run(instance)
    sensor.tick()
    assert len(webhook.messages) == 2


def test_a_collection_that_is_asked_again_is_told_once_it_is_late_and_when_it_came(
    sensor: Sensor, webhook: type[Received], instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Laps fail for two days: nobody wakes for the first of them, and nobody is told twice."""
    name, began = "raw/laps 2026-09 silverstone", dt.datetime(2026, 7, 5, 18, tzinfo=dt.UTC)

    def fails(hours: int) -> None:
        at = began + dt.timedelta(hours=hours)
        monkeypatch.setenv("F1LAKE_NOW", at.isoformat())
        failing = Failing(
            since=began, times=hours + 1, error="UnavailableError", is_temporary=True, why="503.", again_at=at
        )
        was = {name: Attempt(at=at, number=1, claim="c", by="m", is_open=False, failing=failing)}
        monkeypatch.setattr(attempts, "read", lambda: (was if hours < 48 else {}, None))

    sensor.tick()
    for hours in (0, 12, 23, 24, 30, 47, 48):
        fails(hours)
        run(instance, **{CLAIM_TAG: "c"})
        sensor.tick()
        assert len(webhook.messages) == (0 if hours < 24 else 1 if hours < 48 else 2)
    late, mended = (message["told"] for message in webhook.messages)
    assert [problem["what"] for problem in late["problems"]] == [f"{name} is late"]
    assert "asked for 25 times since 2026-07-05 18:00 UTC" in late["problems"][0]["cause"]
    assert late["problems"][0]["link"] == "http://127.0.0.1:3000/runs"
    assert (mended["problems"], mended["mended"]) == ([], [f"late: {name}"])


def test_nothing_is_lost_while_the_destination_does_not_answer(
    sensor: Sensor, webhook: type[Received], instance: dg.DagsterInstance
) -> None:
    sensor.tick()
    run(instance)
    webhook.failing = True
    with pytest.raises(Exception, match="503"):
        sensor.tick()
    webhook.failing = False
    assert sensor.tick() == "told 1 problems, 0 mended"
    assert len(webhook.messages) == 1


def test_without_a_destination_the_sensor_says_so(sensor: Sensor) -> None:
    assert "F1LAKE_ALERTS is not set" in sensor.tick()


def test_slack_is_told_through_its_api(webhook: type[Received], monkeypatch: pytest.MonkeyPatch) -> None:
    resources = pytest.importorskip("dagster_slack.resources")
    to_here = functools.partial(resources.WebClient, base_url=webhook.address)  # pyright: ignore[reportAttributeAccessIssue]
    monkeypatch.setattr(resources, "WebClient", to_here)
    monkeypatch.setenv("SLACK_BOT_TOKEN", "a-token")
    monkeypatch.setenv("F1LAKE_ALERTS", "slack:#f1")
    send([], ["gold/podiums: three_a_race"])
    (message,) = webhook.messages
    assert message["path"] == "/chat.postMessage"
    assert message["token"] == "Bearer a-token"
    assert "three_a_race" in str(message["told"])


class Mailbox(StreamRequestHandler):
    """Takes one mail at a time, as SMTP's smallest server does."""

    mails: list[str]

    def handle(self) -> None:
        self.wfile.write(b"220 here\r\n")
        while line := self.rfile.readline().strip():
            answer = {b"data": b"354 go on", b"quit": b"221 bye"}.get(line.lower(), b"250 ok")
            self.wfile.write(answer + b"\r\n")
            if line.lower() == b"data":
                self.mails.append(b"".join(iter(self.rfile.readline, b".\r\n")).decode())
                self.wfile.write(b"250 kept\r\n")


def test_an_e_mail_says_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    handler = type("Here", (Mailbox,), {"mails": []})
    with ThreadingTCPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("F1LAKE_ALERTS", f"smtp://127.0.0.1:{server.server_address[1]}/ana@example.org")
        send([], ["gold/podiums: three_a_race"])
        server.shutdown()
    (mail,) = handler.mails
    assert "To: ana@example.org" in mail
    assert "Subject: f1lake: passes again: gold/podiums: three_a_race" in mail


@pytest.mark.parametrize("wrong", ["ftp://example.org", "smtps://user:word@example.org/", "ana@example.org"])
def test_a_destination_that_cannot_be_meant_is_refused(wrong: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("F1LAKE_ALERTS", wrong)
    with pytest.raises(SettingsError, match="F1LAKE_ALERTS"):
        settings()


def clock_of(instance: dg.DagsterInstance) -> float:
    """When the last run ended."""
    return max(record.end_time or 0 for record in instance.get_run_records())
