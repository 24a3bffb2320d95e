"""Runs the jobs of the lake in this process, recorded in the lake's own Dagster instance.

What the `f1lake` command does without the UI is what the UI shows afterwards: the same jobs,
partitions and runs. What does not belong here: deciding what is due (`automation/due.py`).
"""

import contextlib
import functools
import hashlib
import itertools
import os
import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import dagster as dg

from f1lake import clock
from f1lake.automation import due
from f1lake.automation.alerts import cause_of
from f1lake.automation.sensors import EVENT_ROWS, changed_seasons, event_rows, missing_calendars, range_tags
from f1lake.definitions import defs
from f1lake.partitions import RACE_EVENT, registered_ranges, seasons_of
from f1lake.raw import laps
from f1lake.settings import settings
from f1lake.storage.files import put_on_disk
from f1lake.storage.raw_io import RawIOManager, stored_keys
from f1lake.upstream.session import IN_TERMINAL

POLL_S = 0.3
QUIET = {
    "loggers": {"console": {"config": {"log_level": "CRITICAL"}}}
}  # the event log has it all; the screen has a bar


@functools.lru_cache(maxsize=1)
def definitions() -> dg.Definitions:
    """The code location's definitions, assembled once."""
    return defs()


def tables() -> list[str]:
    """The names of all tables, `silver/events`."""
    return [spec.key.to_user_string() for spec in definitions().resolve_all_asset_specs()]


class RunFailedError(RuntimeError):
    """A run ended in failure; the message is the cause in its own words."""


def dagster_home() -> Path:
    """The Dagster home, made ready and set for this process and those it starts.

    A user's own `DAGSTER_HOME` is left as it is. Else it is the lake's, with this version's `dagster.yaml`, unless
    somebody has changed the one that is there.
    """
    own = os.environ.get("DAGSTER_HOME")
    if own and own not in _homes_of_lakes:
        return Path(own)
    home = settings().home / "dagster"
    home.mkdir(parents=True, exist_ok=True)
    file, body = home / "dagster.yaml", shipped("dagster.yaml").read_text()
    if not file.is_file() or _is_unchanged(file.read_text()):
        put_on_disk(file, (_signature(body) + body).encode())
    _homes_of_lakes.add(str(home))
    os.environ["DAGSTER_HOME"] = str(home)
    return home


_homes_of_lakes: set[str] = set()
"""The homes that this process has set: none of them is a user's own."""


def _signature(body: str) -> str:
    digest = hashlib.sha256(body.encode()).hexdigest()[:16]
    return f"# f1lake wrote this file ({digest}) and renews it until you edit it.\n"


def _is_unchanged(text: str) -> bool:
    first, _, body = text.partition("\n")
    return first + "\n" == _signature(body)


def shipped(name: str) -> Path:
    """A file of the checkout's top level, which a wheel holds inside the package."""
    package = Path(__file__).parent
    return next(folder / name for folder in (package, package.parent) if (folder / name).is_file())


def steps(job: str) -> int:
    """How many steps a job has: the length of its progress bar."""
    return len(definitions().resolve_job_def(job).nodes)


def run(
    job: str,
    instance: dg.DagsterInstance,
    partitions: tuple[str, str] | None = None,
    on_step: Callable[[int], None] | None = None,
) -> dg.ExecuteInProcessResult:
    """Run a job, over a range of partitions if given, and wait for it, telling `on_step` how many steps are done.

    Raises `RunFailedError` with the failed step's own message.
    """
    run_id = str(uuid.uuid4())
    with _watching(instance, run_id, on_step):
        result = (
            definitions()
            .resolve_job_def(job)
            .execute_in_process(
                instance=instance,
                run_id=run_id,
                tags=(range_tags(*partitions) if partitions else {}) | IN_TERMINAL,
                raise_on_error=False,
                run_config=QUIET,
            )
        )
    if not result.success:
        failures = [event for event in result.all_events if event.is_step_failure]
        causes = [cause_of(event) for event in failures] or ["the run could not start"]
        over = f" over {partitions[0]}…{partitions[1]}" if partitions else ""
        raise RunFailedError(f"job {job}{over} failed. " + "; ".join(causes))
    return result


@contextlib.contextmanager
def _watching(instance: dg.DagsterInstance, run_id: str, on_step: Callable[[int], None] | None) -> Iterator[None]:
    """Count the run's finished steps from its event log, beside it: Dagster has no callback for them in process."""
    if on_step is None:
        yield
        return
    over = threading.Event()

    def watch() -> None:
        while not over.wait(POLL_S):
            on_step(len(instance.all_logs(run_id, of_type=dg.DagsterEventType.STEP_SUCCESS)))

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        on_step(len(instance.all_logs(run_id, of_type=dg.DagsterEventType.STEP_SUCCESS)))


def publish(instance: dg.DagsterInstance) -> None:
    """What the odds say of the decisions of the present season that are open, to the ledger."""
    season = str(clock.now().year)
    run("publish", instance, (season, season))


def collect_due(instance: dg.DagsterInstance, laps_from: int | None = None) -> set[int]:
    """Collect everything that is due, laps of history only from the season asked for; the seasons changed."""
    changed = collect_calendars(instance)
    new = collect_results(instance)
    changed |= new | collect_standings(instance, new)
    for table in event_rows():
        changed |= collect_event_rows(instance, table, laps_from if table == laps.TABLE else None)
    return changed


def collect_calendars(instance: dg.DagsterInstance) -> set[int]:
    """Bring the calendars of all seasons to the lake, and the present one's if it is a day old; the seasons changed."""
    seasons = missing_calendars()
    now, asked = clock.now(), due.read_asked().get("calendar")
    if not seasons and (asked is None or (now - due.instant(asked)).days >= 1):
        seasons = [now.year]
    if not seasons:
        return set()
    changed = _changed(run("collect_calendar", instance, (str(seasons[0]), str(seasons[-1]))))
    due.note_asked(["calendar"], now)
    return changed


def collect_results(instance: dg.DagsterInstance) -> set[int]:
    """Collect the events that are due; the seasons changed."""
    now = clock.now()
    calendar = RawIOManager().read("raw/event_schedule")
    due.forget_misfiled(calendar, now)
    keys = due.due_events(calendar, due.stored_sessions(now), now, due.read_asked())["event"].to_list()
    changed = collect_events(instance, keys)
    due.note_asked(keys, now)
    return changed


def collect_events(instance: dg.DagsterInstance, keys: Sequence[str]) -> set[int]:
    """Collect the results of some events, whatever is stored; the seasons changed.

    Raises `ValueError` for an event that has not begun.
    """
    _register_begun(instance)
    return _collect(instance, "collect_results", keys)


def _register_begun(instance: dg.DagsterInstance) -> None:
    calendar = RawIOManager().read("raw/event_schedule")
    registered = set(instance.get_dynamic_partitions(RACE_EVENT))
    begun = [key for key in due.begun_events(calendar, clock.now()) if key not in registered]
    instance.add_dynamic_partitions(RACE_EVENT, begun)


def stored_events(first: int, last: int) -> list[str]:
    """The race events of a span of seasons that have results in the lake. Raises `ValueError` if none has."""
    keys = stored_keys("raw/session_results", list(range(first, last + 1)))
    if not keys:
        raise ValueError(f"no race event of {first}-{last} is in the lake: `f1lake collect` brings what is missing")
    return keys


def collect_again(instance: dg.DagsterInstance, keys: Sequence[str]) -> set[int]:
    """Collect everything of some events again: results, standings, and the stops and laps that are stored."""
    changed = collect_events(instance, keys)
    for table in event_rows():
        changed |= _collect(instance, EVENT_ROWS[table][0].name, sorted(set(keys) & set(stored_keys(table))))
    return changed | collect_standings(instance, set(seasons_of(keys)))


def _collect(instance: dg.DagsterInstance, job: str, keys: Sequence[str]) -> set[int]:
    changed: set[int] = set()
    for start, end in registered_ranges(keys, instance.get_dynamic_partitions(RACE_EVENT)):
        changed |= _changed(run(job, instance, (start, end)))
    return changed


def collect_event_rows(instance: dg.DagsterInstance, table: str, from_season: int | None = None) -> set[int]:
    """Collect the pit stops or laps that are due, a run for each season, newest first; the seasons changed.

    Laps are due from the present season on, unless `from_season` asks for history.
    """
    job, first_season = EVENT_ROWS[table]
    calendar, now, changed = RawIOManager().read("raw/event_schedule"), clock.now(), set[int]()
    first = max(from_season, laps.FIRST_SEASON) if from_season else first_season or now.year
    keys = due.due_event_rows(table, first, calendar, now, due.read_asked())
    for _, group in itertools.groupby(keys, key=lambda key: key[:4]):
        season = list(group)
        changed |= _collect(instance, job.name, season)
        due.note_asked([due.asked_name(table, key) for key in season], now)
    return changed


def collect_standings(instance: dg.DagsterInstance, seasons: set[int]) -> set[int]:
    """Collect the official standings of some seasons, and of those that have none; the seasons changed."""
    stored = set(stored_keys("raw/driver_standings")) & set(stored_keys("raw/constructor_standings"))
    wanted = seasons | {s for s in range(settings().from_season, clock.now().year + 1) if str(s) not in stored}
    if not wanted:
        return set()
    return _changed(run("collect_standings", instance, (str(min(wanted)), str(max(wanted)))))


def _changed(result: dg.ExecuteInProcessResult) -> set[int]:
    events = result.get_asset_materialization_events()
    return set().union(*(changed_seasons(event.step_materialization_data.materialization) for event in events))
