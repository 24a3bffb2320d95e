"""The sensors: they decide when a run is needed and request it; the assets do the work.

`race_weekend_sensor` requests raw, including the calendar, according to calendar and clock. `raw_to_season_sensor`
requests everything after raw, once, when raw has changed.
"""

import datetime as dt
import itertools
import json
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import dagster as dg

from f1lake import clock
from f1lake.automation import jobs
from f1lake.automation.due import planner
from f1lake.automation.due.planner import UNFINISHED, range_tags
from f1lake.automation.due.rules import begun_events
from f1lake.automation.due.status import is_quiet, next_moment, waiting_for
from f1lake.automation.due.stored import NEEDED, OPTIONAL
from f1lake.automation.upkeep import in_charge
from f1lake.automation.upkeep.lost_runs import end_lost_runs
from f1lake.partitions import RACE_EVENT, RACE_EVENTS
from f1lake.settings import settings
from f1lake.storage import files
from f1lake.storage.lake import run_began, version
from f1lake.storage.place import on_s3, uri
from f1lake.storage.raw_io import partition_of, stored_keys

UNATTENDED = {"f1lake/unattended": "true"}
"""The tag of runs requested by the sensor; it does not wait for somebody's `f1lake collect --laps`."""
RAW_TABLES = [dg.AssetKey(table.split("/")) for table in (*NEEDED, *OPTIONAL)]
TICK_S = 10
SETTLED_AFTER_S = 15
"""Longer than a tick: by then, what follows a collection (the standings after a race) has been requested."""
WAIT_FOR_REST_S = 120
"""How long the odds wait at most for stops and laps, so that one run can follow everything."""
LAST_TABLE = dg.AssetKey(["odds", "title_odds"])
QUIET_S = 300
"""How often the lake is read while nothing can become due before the next session or day."""
TERM = "term"
CLOCKS_DIFFER = dt.timedelta(seconds=10)
"""Less than `SETTLED_AFTER_S`: raw on S3 has the time of S3, runs that of Dagster's storage."""
PAGE = 1000
GIVEN_UP = (dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED)
AGAIN_AFTER_S, FAILURES = 3600, 6
"""A failed run is requested again after an hour, then two, four, … up to 32: an MLflow that was down may be back."""


@dg.sensor(
    jobs=jobs.RAW_JOBS,
    minimum_interval_seconds=TICK_S,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Registers race events as they begin and asks for their results after each session until they are "
    "published, and again for corrections. It repeats failed requests later. Its cursor says what it waits for.",
)
def race_weekend_sensor(context: dg.SensorEvaluationContext) -> dg.SensorResult:
    """One evaluation: register events that have begun, request what is due, say what is awaited."""
    end_lost_runs(context.instance)
    lease = in_charge.hold(context.instance)
    if not lease.is_of(context.instance):
        return dg.SensorResult(skip_reason=f"waiting: {lease}", cursor=context.cursor)
    if unfinished(context.instance, jobs.RAW_JOBS, tags=UNATTENDED):
        return dg.SensorResult(skip_reason="a collection is running", cursor=context.cursor)
    now, quiet = clock.now(), _quiet.get((settings().lake, lease.by))
    if quiet is not None and quiet.lasts(now):
        return dg.SensorResult(skip_reason=context.cursor, cursor=context.cursor)
    planned = planner.plan(context.instance)
    registered = context.instance.get_dynamic_partitions(RACE_EVENT)
    begun = [key for key in begun_events(planned.stored.calendar.lazy(), now) if key not in set(registered)]
    requests = [
        dg.RunRequest(job_name=run.job, tags=run.tags | UNATTENDED, asset_selection=run.assets)
        for run in planned.claimed([*registered, *begun])
    ]
    words = str(waiting_for(planned.stored, planned.attempts, now))
    is_idle = not requests and not begun and is_quiet(planned.stored, planned.attempts, now)
    until = next_moment(planned.stored, now) if is_idle else now
    _quiet[settings().lake, lease.by] = Quiet(now, until, time.monotonic())
    return dg.SensorResult(
        requests or None,
        skip_reason=None if requests else words,
        dynamic_partitions_requests=[RACE_EVENTS.build_add_request(begun)] if begun else [],
        cursor=words,
    )


@dg.sensor(
    jobs=[jobs.refresh, jobs.whole_history],
    minimum_interval_seconds=TICK_S,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="When raw changed: one run of everything after it, from the earliest changed season to the present.",
)
def raw_to_season_sensor(context: dg.SensorEvaluationContext) -> dg.SensorResult:
    """One evaluation: read every raw materialization since the cursor, and request one range of seasons.

    In a new term, what other instances have collected is read from the lake. The cursor is `{table: storage id, "term":
    number of the term}`.
    """
    lease = in_charge.hold(context.instance)
    if not lease.is_of(context.instance):
        return dg.SensorResult(skip_reason=f"waiting: {lease}", cursor=context.cursor)
    recently = dt.datetime.fromtimestamp(clock.real_time() - WAIT_FOR_REST_S, dt.UTC)
    is_collecting = unfinished(context.instance, jobs.NEEDED_JOBS) or unfinished(
        context.instance, jobs.OPTIONAL_JOBS, created_after=recently
    )
    if is_collecting or clock.real_time() - _last_collected_at(context.instance) < SETTLED_AFTER_S:
        return dg.SensorResult(skip_reason="raw is still being collected", cursor=context.cursor)
    cursor: dict[str, int] = json.loads(context.cursor or "{}")
    changed = unfollowed_seasons(context.instance, cursor)
    if cursor.get(TERM) != lease.term:
        cursor[TERM] = lease.term
        changed |= newer_than_odds()
    text = json.dumps(cursor, sort_keys=True)
    given_up = _given_up(context.instance)
    again_at = _again_at(given_up)
    if not changed and clock.real_time() < again_at:
        return dg.SensorResult(skip_reason=_what_is_awaited(given_up, again_at), cursor=text)
    empty = [table.partition("/")[2] for table in NEEDED if not stored_keys(table)]
    if empty:
        return dg.SensorResult(skip_reason=f"waiting for raw {', '.join(empty)}", cursor=context.cursor)
    missed = {int(record.dagster_run.tags["dagster/asset_partition_range_start"]) for record in given_up[:1]}
    first = max(min(changed | missed), settings().from_season)
    last = max(first, clock.now().year)
    job = jobs.whole_history if version("odds/title_odds") is None else jobs.refresh
    key = text + "".join(f" after {record.dagster_run.run_id}" for record in given_up[:1])
    request = dg.RunRequest(run_key=key, job_name=job.name, tags=range_tags(str(first), str(last)))
    return dg.SensorResult([request], cursor=text)


@dataclass(frozen=True)
class Quiet:
    """A period in which nothing can become due."""

    since: dt.datetime
    until: dt.datetime
    looked_at_s: float
    """When the lake was last read, by the clock of this process."""

    def lasts(self, now: dt.datetime) -> bool:
        """Whether the lake need not be read now; somebody may have changed it, so not for long."""
        return self.since <= now < self.until and time.monotonic() - self.looked_at_s < QUIET_S


_quiet: dict[tuple[str, str], Quiet] = {}
"""The state of this process, by lake and Dagster instance."""


def newer_than_odds() -> set[int]:
    """The seasons with a raw file that is newer than the request for the run that computed the newest odds."""
    began = run_began(LAST_TABLE.to_user_string())
    written = files.written(uri("raw"))
    since = began and began - (CLOCKS_DIFFER if on_s3() else dt.timedelta(0))
    newer = [path for path, at in written.items() if since is None or at >= since]
    return {int(partition[1][:4]) for partition in map(partition_of, newer) if partition}


def _given_up(instance: dg.DagsterInstance) -> list[dg.RunRecord]:
    """The last runs requested by this sensor, newest first, as far as they ended without building the tables."""
    last = instance.get_run_records(dg.RunsFilter(tags={"dagster/sensor_name": "raw_to_season_sensor"}), limit=FAILURES)
    return list(itertools.takewhile(lambda record: record.dagster_run.status in GIVEN_UP, last))


def _again_at(given_up: Sequence[dg.RunRecord]) -> float:
    """When the newest of these runs is requested again if raw stays as it is, in seconds since 1970.

    Infinity if there is none, or if somebody canceled it.
    """
    if not given_up or given_up[0].dagster_run.status is dg.DagsterRunStatus.CANCELED:
        return math.inf
    return (given_up[0].end_time or 0) + AGAIN_AFTER_S * 2 ** (len(given_up) - 1)


def _what_is_awaited(given_up: Sequence[dg.RunRecord], again_at: float) -> str:
    if not given_up:
        return "raw has not changed since the odds were made"
    if math.isinf(again_at):
        return "the last run was canceled: the next follows when raw changes, or start `refresh` by hand"
    at = dt.datetime.fromtimestamp(again_at, dt.UTC)
    return f"the last run failed ({given_up[0].dagster_run.run_id}): the next follows at {at:%Y-%m-%d %H:%M} UTC"


def _last_collected_at(instance: dg.DagsterInstance) -> float:
    """When raw was last materialized, in real seconds since 1970; 0 if never."""
    last = [record.asset_entry.last_materialization_record for record in instance.get_asset_records(RAW_TABLES)]
    return max((record.timestamp for record in last if record), default=0)


def unfollowed_seasons(instance: dg.DagsterInstance, cursor: dict[str, int]) -> set[int]:
    """The seasons that raw materializations after the cursor changed; moves the cursor past them.

    A change is ignored if the odds of its season and of all later ones already include it, because somebody built them
    by hand.
    """
    followed = instance.event_log_storage.get_latest_storage_id_by_partition(
        LAST_TABLE, dg.DagsterEventType.ASSET_MATERIALIZATION
    )
    first, present = settings().from_season, clock.now().year
    newest_first = (followed.get(str(season), 0) for season in range(present, first - 1, -1))
    oldest = [*itertools.accumulate(newest_first, min)]  # of a season and all later ones; the last: of all
    changed: set[int] = set()
    for key in RAW_TABLES:
        for record in materializations(instance, key, max([cursor.get(key.to_user_string(), 0), *oldest[-1:]])):
            cursor[key.to_user_string()] = record.storage_id
            changed |= {
                season
                for season in changed_seasons(record.asset_materialization)
                if (start := max(season, first)) <= present and oldest[present - start] < record.storage_id
            }
    return changed


def unfinished(instance: dg.DagsterInstance, of_jobs: Sequence[Any], **filters: Any) -> bool:
    """Whether a run of one of these jobs is queued or in progress, among those that pass Dagster's filters."""
    return any(
        instance.get_runs_count(dg.RunsFilter(job_name=job.name, statuses=UNFINISHED, **filters)) for job in of_jobs
    )


def materializations(instance: dg.DagsterInstance, key: dg.AssetKey, after: int) -> Iterator[dg.EventLogRecord]:
    """Every materialization of an asset after a storage id, oldest first.

    They are read page by page: `@dg.asset_sensor` sees only the latest one, and a backfill writes thousands.
    """
    while True:
        page = instance.fetch_materializations(
            dg.AssetRecordsFilter(asset_key=key, after_storage_id=after), limit=PAGE, ascending=True
        ).records
        yield from page
        if len(page) < PAGE:
            return
        after = page[-1].storage_id


def changed_seasons(materialization: dg.AssetMaterialization | None) -> set[int]:
    """The seasons that a raw materialization changed, according to its metadata."""
    value = materialization.metadata["changed_seasons"].value if materialization else ""
    return {int(season) for season in str(value).split(",") if season}


SENSORS = [race_weekend_sensor, raw_to_season_sensor]
