"""What was requested from the sources and when, in one small file of the lake that all machines share.

A question is claimed before it is asked, by a conditional write, so that only one of several machines asks it. The run
that asks records the outcome. Not here: what is due (`rules.py`).
"""

import datetime as dt
import socket
from collections.abc import Callable, Mapping

import dagster as dg
from pydantic import BaseModel, TypeAdapter

from f1lake import clock
from f1lake.automation.due.stored import OPTIONAL
from f1lake.raw.session_results import SESSION_TYPE
from f1lake.settings import settings
from f1lake.storage import files
from f1lake.storage.lake import uri
from f1lake.upstream.failures import OtherEventError, ResultsGoneError, RetryLaterError, UpstreamError
from f1lake.upstream.session import run_tags

FILE = "asked.json"
CLAIM_TAG = "f1lake/asked"
"""The tag of a run that asks questions: the id of their claim."""
SESSIONS = frozenset(SESSION_TYPE.categories)
REMEMBERED = dt.timedelta(days=60)
FIRST_PAUSE = dt.timedelta(minutes=5)
LONGEST_PAUSE = dt.timedelta(hours=1)
LONGEST_OPTIONAL_PAUSE = dt.timedelta(days=1)
"""Pause between two attempts after a failure: five minutes, doubling up to this; longer for optional tables."""
RENEWED_AFTER = dt.timedelta(minutes=10)
_renewed_at: dict[str, dt.datetime] = {}


class Failing(BaseModel, frozen=True):
    """The failures of a question since it was last answered."""

    since: dt.datetime
    times: int
    error: str
    """The type of the last failure."""
    is_temporary: bool
    """Whether a later attempt may succeed."""
    why: str
    again_at: dt.datetime

    @property
    def is_calendars(self) -> bool:
        """Whether renumbered rounds may be the cause. The calendar is then requested after the first failure."""
        return self.times == 1 and self.error in (OtherEventError.__name__, ResultsGoneError.__name__)

    def is_over(self, now: dt.datetime) -> bool:
        """Whether nobody asks any more, because it has not been due for a day."""
        return now > self.again_at + dt.timedelta(days=1)


class Attempt(BaseModel, frozen=True):
    """When a question was last asked, and the outcome."""

    at: dt.datetime
    number: int
    """The number of the claim among all claims, which orders claims at the same instant."""
    claim: str
    by: str
    """The machine and home that made the claim."""
    is_open: bool = True
    """Whether no run has recorded the outcome yet."""
    failing: Failing | None = None

    @property
    def is_in_vain(self) -> bool:
        """Whether it failed for a reason that a new calendar does not remove."""
        return self.failing is not None and not self.failing.is_calendars


Attempts = dict[str, Attempt]
"""By the name of the question (`questions.Question`)."""
_JSON = TypeAdapter(Attempts)


def machine() -> str:
    """The claimant: this machine with this home."""
    return f"{socket.gethostname()} {settings().home}"


def read() -> tuple[Attempts, str | None]:
    """Every recent question, and the tag of this version of the file, for `claim`."""
    tagged = files.get_tagged(uri(FILE))
    return ({}, None) if tagged is None else (_JSON.validate_json(tagged[0]), tagged[1])


def claim(names: Mapping[str, str], before: Attempts, tag: str | None) -> bool:
    """Claim questions, each with its claim's id. Returns False if somebody has written since `before` was read.

    Questions asked more than two months ago are dropped.
    """
    now, number = clock.now(), max((attempt.number for attempt in before.values()), default=0) + 1
    kept = {name: attempt for name, attempt in before.items() if attempt.at > now - REMEMBERED}
    failing = {name: attempt.failing for name, attempt in kept.items()}
    new = {
        name: Attempt(at=now, number=number, claim=id_, by=machine(), failing=failing.get(name))
        for name, id_ in names.items()
    }
    return _write(kept | new, tag)


def renew() -> None:
    """Renew the claim of the current run, at most every `RENEWED_AFTER`, to show that it is not lost."""
    claimed, now = (run_tags() or {}).get(CLAIM_TAG), clock.now()
    if claimed is None or now < _renewed_at.setdefault(claimed, now) + RENEWED_AFTER:
        return
    _renewed_at[claimed] = now
    questions, tag = read()
    mine = {name: was for name, was in questions.items() if was.claim == claimed and was.is_open}
    if mine:
        _write(questions | {name: was.model_copy(update={"at": now}) for name, was in mine.items()}, tag)


def last_asked(attempts: Attempts, event: str) -> dt.datetime | None:
    """When anything of an event was last requested."""
    return max((attempt.at for name, attempt in attempts.items() if event in name.split()), default=None)


@dg.success_hook
def note_answer(context: dg.HookContext) -> None:
    """A step has been answered: its questions are closed and have no failure."""
    _note(context, lambda _, attempt: _answered(attempt))


@dg.failure_hook
def note_failure(context: dg.HookContext) -> None:
    """A step has failed: another run asks its questions again, at the time named by the source or after a pause.

    If only parts of a collection failed and the others are stored, questions about the stored parts count as answered.
    """
    error, now = _cause(context.op_exception), clock.now()
    longest = LONGEST_OPTIONAL_PAUSE if _table(context) in OPTIONAL else LONGEST_PAUSE
    named_s = error.retry_after_s if isinstance(error, RetryLaterError) else None

    parts = error.failed if isinstance(error, UpstreamError) else None

    def failed(name: str, attempt: Attempt) -> Attempt:
        if parts is not None and not any(is_about(name, part) for part in parts):
            return _answered(attempt)
        if attempt.failing and not attempt.is_open:
            return attempt  # by another run of its claim
        times = attempt.failing.times + 1 if attempt.failing else 1
        growing = min(longest, FIRST_PAUSE * 2.0 ** min(times - 1, 16))
        pause = growing if named_s is None else dt.timedelta(seconds=named_s)
        failing = Failing(
            since=attempt.failing.since if attempt.failing else now,
            times=times,
            error=type(error).__name__,
            is_temporary=isinstance(error, RetryLaterError),
            why=str(error),
            again_at=now + pause,
        )
        return attempt.model_copy(update={"is_open": False, "failing": failing})

    _note(context, failed)


def _answered(attempt: Attempt) -> Attempt:
    """The new record of a question after an answer; unchanged if another run of its claim has failed it."""
    return attempt.model_copy(update={"is_open": False, "failing": None}) if attempt.is_open else attempt


def is_about(name: str, part: str) -> bool:
    """Whether a question was about a part: `Race 2026-09`, `2026-09`, `2026`; `history` is about all."""
    *session, key = part.split()
    _, about, *words = name.split()
    named = SESSIONS.intersection(words)
    return (about in (key, key[:4]) or not about[0].isdigit()) and (not named or not session or session[0] in named)


def _note(context: dg.HookContext, what: Callable[[str, Attempt], Attempt]) -> None:
    """Record the outcome of the step's questions; a run that somebody started by hand has no claim and no record."""
    run = context.instance.get_run_by_id(context.run_id)
    claimed, table = run.tags.get(CLAIM_TAG) if run else None, _table(context)
    while claimed:
        questions, tag = read()
        of_table = {name: attempt for name, attempt in questions.items() if name.startswith(f"{table} ")}
        mine = {name: what(name, attempt) for name, attempt in of_table.items() if attempt.claim == claimed}
        if not mine or questions == questions | mine or _write(questions | mine, tag):
            return


def _table(context: dg.HookContext) -> str:
    return context.step_key.replace("__", "/", 1)


def _cause(error: BaseException | None) -> BaseException | None:
    """The original exception, without Dagster's wrapping."""
    while isinstance(error, dg.DagsterError) and error.__cause__ is not None:
        error = error.__cause__
    return error


def _write(questions: Attempts, tag: str | None) -> bool:
    return files.put_if(uri(FILE), _JSON.dump_json(questions, exclude_none=True), tag) is not None
