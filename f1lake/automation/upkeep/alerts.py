"""Alerts: failed runs, failed checks (including staleness) and late data, sent to one destination.

`F1LAKE_ALERTS` names a webhook, a Slack channel or an e-mail address (`send`). This module decides what is reported and
how it is worded. The checks decide what fails.
"""

import datetime as dt
import json
import os
import smtplib
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any
from urllib.parse import unquote, urlsplit

import dagster as dg
import requests

from f1lake import clock
from f1lake.automation.due import attempts
from f1lake.automation.due.stored import OPTIONAL
from f1lake.settings import settings
from f1lake.upstream.session import IN_TERMINAL

SETTLED_S, AT_MOST_S = 60, 600
"""A message waits until nothing has failed for a minute, so that a burst becomes one message; at most ten minutes."""
REMEMBERED_S = 24 * 3600
"""A job that fails repeatedly for the same cause is reported once a day."""
PATIENCE_S = 10
LATE, OPTIONAL_LATE = dt.timedelta(hours=2), dt.timedelta(days=1)
"""How long failed requests are repeated before anybody is alerted."""
PAGE = 100


@dataclass(frozen=True)
class Problem:
    """Something that failed, in plain words, with a link and the time when it happened (seconds since 1970)."""

    what: str
    cause: str
    link: str
    at: float

    @property
    def name(self) -> str:
        """Identifies a problem that occurs again."""
        return f"{self.what}: {self.cause}"


class NotDeliveredError(RuntimeError):
    """The destination did not take an alert. The message names its host only: the rest of the address is a secret."""

    def __init__(self, address: str, error: Exception) -> None:
        response = getattr(error, "response", None)
        answered = f"answered status {response.status_code}" if response is not None else type(error).__name__
        super().__init__(f"F1LAKE_ALERTS: {urlsplit(address).hostname or 'Slack'} did not take the alert ({answered})")


@dg.sensor(
    minimum_interval_seconds=60,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Tells failed runs and checks, staleness among them, to the destination in F1LAKE_ALERTS: one message "
    "for what happens together, and one when checks pass again. Its cursor holds which checks were failing.",
)
def alert_sensor(context: dg.SensorEvaluationContext) -> dg.SensorResult:
    """One evaluation: what has failed since the last message, once it has settled."""
    if settings().alerts is None:
        return dg.SensorResult(skip_reason="F1LAKE_ALERTS is not set: failures show in this UI only")
    known: dict[str, Any] = json.loads(context.cursor or "{}")
    known = {"run_failure": newest_run_failure(context.instance), "failing": [], "told": {}} | known
    now = clock.real_time()
    reported = {name: at for name, at in known["told"].items() if now - at < REMEMBERED_S}
    failed_runs, last = run_failures(context.instance, known["run_failure"])
    if context.repository_def is None:
        raise dg.DagsterInvariantViolationError("the alert sensor was evaluated outside a code location")
    failing = failing_checks(context.instance, context.repository_def.asset_graph.asset_check_keys)
    failing |= late_questions(attempts.read()[0], clock.now())
    new = [problem for problem in failed_runs if problem.name not in reported]
    new += [problem for name, problem in failing.items() if name not in known["failing"]]
    problems = sorted({problem.name: problem for problem in new}.values(), key=lambda problem: problem.at)
    mended = sorted(set(known["failing"]) - set(failing))
    if problems and now - problems[-1].at < SETTLED_S and now - problems[0].at < AT_MOST_S:
        return dg.SensorResult(skip_reason="waiting whether more fails", cursor=json.dumps(known))
    if problems or mended:
        send(problems, mended)
    reported |= {problem.name: problem.at for problem in problems}
    cursor = json.dumps({"run_failure": last, "failing": sorted(failing), "told": reported}, sort_keys=True)
    summary = f"told {len(problems)} problems, {len(mended)} mended" if problems or mended else "nothing new has failed"
    return dg.SensorResult(skip_reason=summary, cursor=cursor)


def newest_run_failure(instance: dg.DagsterInstance) -> int:
    """The storage id of the last failed run: failures before the first evaluation are not reported."""
    newest = instance.fetch_run_status_changes(dg.DagsterEventType.RUN_FAILURE, limit=1).records
    return newest[0].storage_id if newest else 0


def run_failures(instance: dg.DagsterInstance, after: int) -> tuple[list[Problem], int]:
    """The runs that failed after a storage id, and the newest id.

    Runs of the `f1lake` command are left out, because their error was on the screen. So are the sensor's collections in
    which a step failed: they are repeated, and reported by `late_questions`.
    """
    records = instance.fetch_run_status_changes(
        dg.RunStatusChangeRecordsFilter(dg.DagsterEventType.RUN_FAILURE, after_storage_id=after),
        limit=PAGE, ascending=True,
    ).records  # fmt: skip
    problems = []
    for record in records:
        run = instance.get_run_by_id(record.run_id)
        if run is None or IN_TERMINAL.items() <= run.tags.items() or run.tags.get("dagster/will_retry") == "true":
            continue
        about = run.tags.get("f1lake/race_event") or run.tags.get("f1lake/season") or run.tags.get("dagster/partition")
        steps = instance.all_logs(record.run_id, of_type=dg.DagsterEventType.STEP_FAILURE)
        if steps and attempts.CLAIM_TAG in run.tags:
            continue
        events = [entry.dagster_event for entry in steps] or [record.event_log_entry.dagster_event]
        cause = "; ".join(cause_of(event) for event in events if event)
        what = f"run {run.job_name}" + (f" for {about}" if about else "")
        problems.append(Problem(what, cause, f"{settings().ui_address}/runs/{run.run_id}", record.timestamp))
    return problems, records[-1].storage_id if records else after


def late_questions(questions: attempts.Attempts, now: dt.datetime) -> dict[str, Problem]:
    """Requests that failed, by name: failures of the service once they are late, all others at once.

    A round that has become another event is not reported unless it persists after the calendar was requested.
    """
    late, waited_for = {}, clock.real_time() - AT_MOST_S
    for name, was in questions.items():
        failing = was.failing
        if failing is None or failing.is_over(now):
            continue
        patience = OPTIONAL_LATE if name.split()[0] in OPTIONAL else LATE
        if now - failing.since >= patience if failing.is_temporary else not failing.is_calendars:
            since = f"{failing.since:%Y-%m-%d %H:%M} UTC"
            cause = f"asked for {failing.times} times since {since}, the last time: {failing.why}"
            late[f"late: {name}"] = Problem(f"{name} is late", cause, f"{settings().ui_address}/runs", waited_for)
    return late


def failing_checks(instance: dg.DagsterInstance, keys: Iterable[dg.AssetCheckKey]) -> dict[str, Problem]:
    """The checks whose last evaluation did not pass, by name, each with its message."""
    latest = instance.event_log_storage.get_latest_asset_check_execution_by_key([*keys])
    failing = {}
    for key, record in latest.items():
        evaluation = record.evaluation
        if evaluation is None or evaluation.passed:
            continue
        table = key.asset_key.to_user_string()
        values = {name: value.value for name, value in evaluation.metadata.items()}
        cause = evaluation.description or ", ".join(f"{name}: {value}" for name, value in values.items())
        verb = "warns" if evaluation.severity == dg.AssetCheckSeverity.WARN else "fails"
        link = f"{settings().ui_address}/assets/{table}?view=checks&checkDetail={key.name}"
        # The record's own time is a database's, of whole seconds: its event says when it happened.
        at = record.event.timestamp if record.event else record.create_timestamp
        problem = Problem(f"check {key.name} of {table} {verb}", cause, link, at)
        failing[f"{table}: {key.name}"] = problem
    return failing


def cause_of(event: dg.DagsterEvent) -> str:
    """The cause of a failed step or run in its own words, without Dagster's wrapping."""
    if not event.is_step_failure:
        return event.message or "the run could not start"
    failure = event.step_failure_data
    if failure.user_failure_data is not None and failure.user_failure_data.description:
        return f"{event.step_key}: {failure.user_failure_data.description}"
    error = failure.error and (failure.error.cause or failure.error)
    return f"{event.step_key}: {error.message.strip() if error else 'unknown'}"


def message(problems: Iterable[Problem], mended: Iterable[str]) -> str:
    """The text of an alert: each problem with its cause and link, then the checks that pass again."""
    lines = [f"• {problem.what}\n  {problem.cause}\n  {problem.link}" for problem in problems]
    lines += [f"• passes again: {check}" for check in mended]
    return f"f1lake, {settings().lake}:\n" + "\n".join(lines)


def send(problems: list[Problem], mended: list[str]) -> None:
    """Send one message to the destination of the settings.

    `https://…` gets it as JSON: `text` (shown by incoming webhooks of Slack and Mattermost), and `problems` and
    `mended` for programs. `slack:#channel` uses Slack's API through dagster-slack, with the token in `SLACK_BOT_TOKEN`.
    `smtps://user:password@host/to@example.org` (or `smtp://`, with STARTTLS) is an e-mail.

    Raises `NotDeliveredError`; the sensor tries again a minute later.
    """
    alerts = settings().alerts
    address, text = alerts.get_secret_value() if alerts else "", message(problems, mended)
    try:
        if address.startswith("slack:"):
            _to_slack(address.removeprefix("slack:"), text)
        elif address.startswith("smtp"):
            _to_mailbox(address, text)
        else:
            reported = [{"what": p.what, "cause": p.cause, "link": p.link} for p in problems]
            body = {"text": text, "lake": settings().lake, "problems": reported, "mended": mended}
            requests.post(address, json=body, timeout=PATIENCE_S).raise_for_status()
    except (requests.RequestException, OSError, smtplib.SMTPException) as error:
        raise NotDeliveredError(address, error) from None  # its cause names the whole address


def _to_slack(channel: str, text: str) -> None:
    try:
        from dagster_slack import SlackResource
    except ImportError as error:
        raise RuntimeError("F1LAKE_ALERTS names a Slack channel: pip install 'f1lake[slack]'") from error
    SlackResource(token=os.environ["SLACK_BOT_TOKEN"]).get_client().chat_postMessage(channel=channel, text=text)


def _to_mailbox(address: str, text: str) -> None:
    """Send by SMTP; with a user, only over an encrypted connection."""
    server, recipient = urlsplit(address), unquote(urlsplit(address).path.lstrip("/"))
    mail = EmailMessage()
    mail["Subject"], mail["To"] = "f1lake: " + text.splitlines()[1].removeprefix("• "), recipient
    mail["From"] = unquote(server.username or "") if "@" in unquote(server.username or "") else recipient
    mail.set_content(text)
    host, encrypted = server.hostname or "", server.scheme == "smtps"
    verified = ssl.create_default_context()  # smtplib's own context verifies nothing
    with (
        smtplib.SMTP_SSL(host, server.port or 465, timeout=PATIENCE_S, context=verified) if encrypted
        else smtplib.SMTP(host, server.port or 587, timeout=PATIENCE_S)
    ) as smtp:
        if server.username:
            if not encrypted:
                smtp.starttls(context=verified)
            smtp.login(unquote(server.username), unquote(server.password or ""))
        smtp.send_message(mail)
