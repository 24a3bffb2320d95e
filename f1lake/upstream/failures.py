"""Failures of an upstream, as types whose message names the request and says what to do.

Not here: detecting them (`answers.py`, `pages.py`, the raw tables), and waiting.
"""

from collections.abc import Collection, Mapping
from typing import ClassVar

from f1lake.failures import ExplainedError


class UpstreamError(ExplainedError):
    """The upstream did not give what was requested; nothing was written because of it."""

    advice: ClassVar[str]
    failed: Collection[str] | None = None
    """If a collection stored the rest: everything that failed, `Race 2026-09`, `2026-09` or `2026`; else None."""

    def __init__(self, request: str, happened: str) -> None:
        super().__init__(f"{request}: {happened}. {self.advice}.")


class RetryLaterError(UpstreamError):
    """The same request may succeed later; after `retry_after_s` seconds, if that is known."""

    def __init__(self, request: str, happened: str, retry_after_s: float | None = None) -> None:
        super().__init__(request, happened)
        self.retry_after_s = retry_after_s


class NotPublishedError(RetryLaterError):
    """The source has not published it yet."""

    advice = "It is asked for again until it is published"


class UnavailableError(RetryLaterError):
    """The service refused, failed or did not answer, several times."""

    advice = "Collect again later: pages already received are kept for a day and not asked for twice"


class BudgetSpentError(RetryLaterError):
    """The hour's requests are used up; nothing was sent, so the service had nothing to refuse."""

    advice = "Collect again then: pages already received are kept, it goes on where it stopped"


class ChangedMeanwhileError(RetryLaterError):
    """The source changed while it was read: its pages are of different age, and none is kept."""

    advice = "Collect again in an hour: the source keeps each of its answers for so long"


class CredentialsRejectedError(UpstreamError):
    """The service does not accept the credentials."""

    advice = "Check the credentials that are set for it, or unset them"


class RefusedHereError(UpstreamError):
    """The service does not answer this machine, with any account."""

    advice = (
        "F1 refuses the hosts of clouds: collecting from a home connection into a lake on S3 works "
        "(F1LAKE_LAKE=s3://bucket/prefix), which this machine can go on reading; nothing else waits for live timing"
    )


class AnswerCutError(RetryLaterError):
    """The answer is incomplete, or no JSON."""

    advice = "Collect again; if it stays so, something on the way to the service damages its answers"


class SourceHasNoneError(UpstreamError):
    """The source has nothing where there must be something."""

    advice = "Look at the source; if it has dropped its data, set F1LAKE_UPSTREAM to a mirror or a recording"


class SourceChangedError(UpstreamError):
    """The answer has not the stated shape or total, or belongs to another event than the registered one."""

    advice = "Collect the calendar, then this again; if it stays so, f1lake must follow the source's change"


class OtherEventError(SourceChangedError):
    """Rows of another event than the one registered under a round (`event`): the source renumbers when its calendar
    changes.
    """

    def __init__(self, request: str, happened: str, event: str) -> None:
        super().__init__(request, happened)
        self.event = event


class ResultsGoneError(UpstreamError):
    """Rows that are in the lake are no longer in the source."""

    advice = "The lake keeps what it has; if the source is right, delete the raw file, then `f1lake collect --event`"


class DumpUnusableError(UpstreamError):
    """The bulk dump is unavailable, damaged, or in an unknown format."""

    advice = "Nothing of it was used; the API has the same, in more requests"

    def __init__(self, request: str, happened: str) -> None:
        super().__init__(f"bulk dump, {request}", happened)


class F1dbUnusableError(UpstreamError):
    """F1DB is unavailable, damaged, or in an unknown format."""

    advice = "Nothing of it was used, what the lake has of F1DB stays; everything else goes on without it"

    def __init__(self, request: str, happened: str) -> None:
        super().__init__(f"F1DB, {request}", happened)


def raise_one_of(errors: Mapping[str, UpstreamError]) -> None:
    """Raise one of the failures of parts of a collection, once the others are stored; it names everything that failed.

    A spent budget comes first, because it says when to continue.
    """
    for error in sorted(errors.values(), key=lambda error: not isinstance(error, BudgetSpentError)):
        error.failed = tuple(errors)
        raise error
