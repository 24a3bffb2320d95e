"""A collection: FastF1 bound to the configured upstream while it lasts.

What does not belong here: how a request is answered (`fastf1_session.py`).
"""

import contextlib
import tempfile
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, TypeVar

import dagster as dg

from f1lake.imports import without_garbage
from f1lake.storage.world import require_world_of
from f1lake.upstream.failures import (
    BudgetSpentError,
    CredentialsRejectedError,
    RefusedHereError,
    RetryLaterError,
    UpstreamError,
)

if TYPE_CHECKING:
    from f1lake.upstream.fastf1_session import UpstreamSession

FROM_DUMP = {"f1lake/source": "dump"}
"""The tag of runs that read the bulk dump in the lake and send nothing to the API."""
IN_TERMINAL = {"f1lake/in_terminal": "true", "dagster/max_retries": "0"}
"""The tags of runs that somebody watches; if one is killed, that person starts it again."""
Part = TypeVar("Part", bound=Hashable)
Rows = TypeVar("Rows")
OF_ALL = (BudgetSpentError, CredentialsRejectedError, RefusedHereError)
"""Failures that concern every part alike."""
IN_A_ROW = 3
"""After this many failed parts in a row the service is down, and more requests would be wasted."""


@contextlib.contextmanager
def collecting(from_dump: bool = False) -> Iterator["UpstreamSession"]:
    """A collection: FastF1 bound to the configured upstream, without a cache of its own.

    `from_dump`, and a run with the tag `FROM_DUMP`, bind it to the kept dump instead; FastF1's own schedules, which no
    dump has, are asked for all the same. Raises `DumpUnusableError` if the lake keeps none.

    What was received is forgotten when the collection ends well, and kept when it is interrupted or
    the service fails: ask, check and store everything inside. What fails is asked again by another run
    (`automation/due/attempts.py`).
    Raises `MixedWorldsError` for an upstream of another world than the lake's, before anything is asked.
    """
    with without_garbage():
        from fastf1.req import Cache  # brings pandas, a second of every process that collects nothing

        from f1lake.upstream.fastf1_session import UpstreamSession

    before = Cache._requests_session, Cache._requests_session_cached, Cache._CACHE_DIR
    session = UpstreamSession(from_dump or FROM_DUMP.items() <= (run_tags() or {}).items())
    with tempfile.TemporaryDirectory(prefix="f1lake-") as folder:
        try:
            Cache.configure(cache_dir=folder, use_requests_cache=False)
            Cache._requests_session = session
            require_world_of("collection", {session.source})
            yield session
        except RetryLaterError:
            session.forget_read()
            raise
        except (UpstreamError, dg.Failure):
            session.forget()  # asked again, the source may say something else
            raise
        finally:
            if Cache._requests_session is session:  # a run that broke off may end, as garbage, amid the next one
                Cache._requests_session, Cache._requests_session_cached, Cache._CACHE_DIR = before
            session.close()
    session.forget()


def read_each(
    parts: Iterable[Part], read: Callable[[Part], Rows], session: "UpstreamSession | None" = None
) -> tuple[dict[Part, Rows], dict[Part, UpstreamError]]:
    """What was read of each part, and the failures of the others; a failed part keeps no other out.

    Where the service as a whole does not answer, the parts that come after are not asked for, and fail alike.
    `session` is that of the collection, which keeps the pages of parts that failed (`raise_one_of`).
    """
    rows_of_parts, errors, in_a_row = dict[Part, Rows](), dict[Part, UpstreamError](), 0
    for_all: UpstreamError | None = None
    for part in parts:
        if for_all is not None:
            errors[part] = for_all
            continue
        try:
            with session.part() if session else contextlib.nullcontext():
                rows_of_parts[part] = read(part)
            in_a_row = 0
        except UpstreamError as error:
            errors[part], in_a_row = error, in_a_row + isinstance(error, RetryLaterError)
            for_all = error if isinstance(error, OF_ALL) or in_a_row == IN_A_ROW else None
    return rows_of_parts, errors


def run_tags() -> Mapping[str, str] | None:
    """The tags of the current run; None outside of one, where an asset is called directly."""
    try:
        return dg.AssetExecutionContext.get().run.tags
    except dg.DagsterInvariantViolationError:
        return None
