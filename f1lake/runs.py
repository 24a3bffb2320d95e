"""Runs the jobs of the lake in this process and records them in the lake's Dagster instance.

After a command of `f1lake` the UI shows the same jobs, partitions and runs as if it had started them. Not here: what is
due (`automation/due/rules.py`).
"""

import contextlib
import functools
import socket
import threading
import uuid
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

import dagster as dg
import polars as pl
from dagster._core.events import RunFailureReason

from f1lake import clock
from f1lake.automation.due import attempts, planner
from f1lake.automation.due.from_dump import DUMP
from f1lake.automation.due.planner import range_tags, season_ranges
from f1lake.automation.due.rules import begun_events, optional_tables
from f1lake.automation.due.stored import RESULTS, look
from f1lake.automation.sensors import changed_seasons
from f1lake.automation.upkeep.alerts import cause_of
from f1lake.automation.upkeep.lost_runs import HOST_TAG, end_lost_runs
from f1lake.definitions import defs
from f1lake.failures import ExplainedError, UsageError
from f1lake.partitions import RACE_EVENT, registered_ranges, seasons_of
from f1lake.storage.raw_io import stored_keys
from f1lake.upstream import recording
from f1lake.upstream.dump.kept import last_asked
from f1lake.upstream.failures import BudgetSpentError
from f1lake.upstream.session import IN_TERMINAL

JobRange = tuple[str, tuple[str, str]]
"""A job, and the first and last partition of one of its runs."""
POLL_S = 0.3
START_TAG = "f1lake/start"
"""Tells this start of a run from all others: Dagster chooses the run's id."""
QUIET = {
    "loggers": {"console": {"config": {"log_level": "CRITICAL"}}}
}  # the event log has it all; the screen has a bar


@functools.lru_cache(maxsize=1)
def definitions() -> dg.Definitions:
    """The definitions of the code location, assembled once."""
    return defs()


class RunFailedError(ExplainedError):
    """A run failed; the message is the cause in its own words."""


def job_named(name: str) -> dg.JobDefinition:
    """A job of the code location."""
    return definitions().resolve_job_def(name)


def steps(job: str) -> int:
    """The number of steps of a job, which is the length of its progress bar."""
    return len(definitions().resolve_job_def(job).nodes)


def run(
    job: str,
    instance: dg.DagsterInstance,
    partitions: tuple[str, str] | None = None,
    on_step: Callable[[int], None] | None = None,
    *,
    tags: Mapping[str, str] | None = None,
    assets: Sequence[dg.AssetKey] | None = None,
) -> dg.JobExecutionResult:
    """Run a job, over a range of partitions or some of its assets if given, and wait for it.

    `on_step` is called with the number of finished steps. Raises `RunFailedError` with the message of the failed step.
    A run that Ctrl-C interrupts is *Canceled*, and `KeyboardInterrupt` goes on.
    """
    started = {START_TAG: uuid.uuid4().hex}
    of_command = IN_TERMINAL | {HOST_TAG: socket.gethostname()} | started
    tags = {**(range_tags(*partitions) if partitions else {}), **(tags or {}), **of_command}
    with _watching(instance, started, on_step):
        # `execute_in_process` would keep every frame of the run in memory until it ends
        result = dg.execute_job(
            dg.build_reconstructable_job(__name__, job_named.__name__, (job,)),
            instance=instance,
            tags=tags,
            asset_selection=assets,
            run_config=QUIET,
        )
    if not result.success:
        if _was_interrupted(result):
            instance.report_run_canceled(result.dagster_run, "Interrupted in the terminal.")
            raise KeyboardInterrupt
        failures = [event for event in result.all_events if event.is_step_failure]
        causes = [cause_of(event) for event in failures] or ["the run could not start"]
        start, end = (tags.get(f"dagster/asset_partition_range_{edge}") for edge in ("start", "end"))
        over = f" over {start}…{end}" if start else ""
        raise RunFailedError(f"job {job}{over} failed. " + "; ".join(causes))
    return result


def _was_interrupted(result: dg.JobExecutionResult) -> bool:
    """Whether Dagster ended the run because of a signal, which it records as a failure of its own kind."""
    ends = [event for event in result.all_events if event.event_type == dg.DagsterEventType.RUN_FAILURE]
    return any(end.job_failure_data.failure_reason == RunFailureReason.UNEXPECTED_TERMINATION for end in ends)


@contextlib.contextmanager
def _watching(
    instance: dg.DagsterInstance, started: Mapping[str, str], on_step: Callable[[int], None] | None
) -> Iterator[None]:
    """Count the finished steps from the event log while the run is in progress, because Dagster has no callback for
    runs in process.
    """
    if on_step is None:
        yield
        return
    over = threading.Event()

    def count() -> None:
        for run in instance.get_runs(dg.RunsFilter(tags=started)):
            on_step(len(instance.all_logs(run.run_id, of_type=dg.DagsterEventType.STEP_SUCCESS)))

    def watch() -> None:
        while not over.wait(POLL_S):
            count()

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        count()


def publish(instance: dg.DagsterInstance) -> None:
    """Publish the odds of the open decisions of the current season."""
    season = str(clock.now().year)
    run("publish", instance, (season, season))


def collect_due(
    instance: dg.DagsterInstance, laps_from: int | None = None, tell: Callable[[str], None] | None = None
) -> set[int]:
    """Collect everything that is due, laps of past seasons only from `laps_from` on. Returns the seasons that changed.

    A failure keeps nothing else out, unless the hour's requests are used up. If a bulk dump was requested and is
    unavailable, `tell` gets a sentence that says why. Raises `RunFailedError` with every cause.
    """
    changed, tried, failures = set[int](), set[str](), list[tuple[str, str]]()
    end_lost_runs(instance)
    while not _is_spent(tried):
        planned = planner.plan(instance, laps_from, tried)
        if not planned.questions:
            break
        _register_begun(instance, planned.stored.calendar)
        collections = planned.claimed(instance.get_dynamic_partitions(RACE_EVENT))
        tried |= {question.name for question in planned.next if collections}
        for collection in collections:
            try:
                changed |= _collect(instance, collection)
            except RunFailedError as error:
                failures.append((collection.claim, str(error)))
            if tell and collection.tables == (DUMP,) and (last := last_asked()) and last.failure:
                tell(last.failure)
    recording.forget()
    in_vain = {was.claim for was in attempts.read()[0].values() if was.is_open or was.is_in_vain}
    if causes := [cause for claim, cause in failures if claim in in_vain]:
        raise RunFailedError("\n".join(causes))
    return changed


def collect_again(instance: dg.DagsterInstance, keys: Sequence[str]) -> set[int]:
    """Collect some events again: results, standings, and optional tables of seasons that have them.

    Raises `UsageError` for an event that has not begun, and `RunFailedError` with every cause once everything else is
    stored.
    """
    stored = look(clock.now())
    _register_begun(instance, stored.calendar)
    results = _over_events(instance, {planner.JOBS[RESULTS].name: keys})
    optional: dict[str, set[str]] = {}
    for table in optional_tables():
        with_rows = set(seasons_of(stored.of(table)))
        of_table = {key for key in keys if int(key[:4]) in with_rows}
        optional.setdefault(planner.JOBS[table].name, set()).update(of_table)
    standings = [("collect_standings", span) for span in season_ranges(seasons_of(keys))]
    return _run_each(instance, [*results, *standings, *_over_events(instance, optional)])


def stored_events(first: int, last: int) -> list[str]:
    """The race events of a span of seasons with results in the lake. Raises `UsageError` if there is none."""
    keys = stored_keys("raw/session_results", list(range(first, last + 1)))
    if not keys:
        raise UsageError(
            "no race event of {first}-{last} is in the lake: `f1lake collect` brings what is missing",
            first=first, last=last,
        )
    return keys


def _over_events(instance: dg.DagsterInstance, keys: Mapping[str, Collection[str]]) -> list[JobRange]:
    """The runs that jobs need for some events."""
    registered = instance.get_dynamic_partitions(RACE_EVENT)
    return [(job, span) for job, of_job in keys.items() for span in registered_ranges(sorted(of_job), registered)]


def _run_each(instance: dg.DagsterInstance, jobs: Iterable[JobRange]) -> set[int]:
    """Run jobs over ranges one after the other; a failure keeps no other out. Returns the seasons that changed."""
    changed, causes = set[int](), list[str]()
    for job, span in jobs:
        try:
            changed |= _changed(run(job, instance, span))
        except RunFailedError as error:
            causes.append(str(error))
    if causes:
        raise RunFailedError("\n".join(causes))
    return changed


def _collect(instance: dg.DagsterInstance, collection: planner.Run) -> set[int]:
    return _changed(run(collection.job, instance, tags=collection.tags, assets=collection.assets))


def _register_begun(instance: dg.DagsterInstance, calendar: pl.DataFrame) -> None:
    registered = set(instance.get_dynamic_partitions(RACE_EVENT))
    begun = [key for key in begun_events(calendar.lazy(), clock.now()) if key not in registered]
    instance.add_dynamic_partitions(RACE_EVENT, begun)


def _is_spent(names: Iterable[str]) -> bool:
    """Whether one of these requests failed because the hour's budget is used up; then no other can be sent."""
    was, _ = attempts.read()
    failing = (was[name].failing for name in names if name in was)
    return any(failure is not None and failure.error == BudgetSpentError.__name__ for failure in failing)


def _changed(result: dg.JobExecutionResult) -> set[int]:
    events = result.get_asset_materialization_events()
    return set().union(*(changed_seasons(event.step_materialization_data.materialization) for event in events))
