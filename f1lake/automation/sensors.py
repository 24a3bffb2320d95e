"""The sensors: they decide when a run is wanted, and ask for it; the assets do the work.

`race_weekend_sensor` asks for raw when the calendar and the clock say so, the calendar included.
`raw_to_season_sensor` asks for everything after raw, once, when raw changed.
"""

import datetime as dt
import json
from collections.abc import Iterator, Sequence
from typing import Any

import dagster as dg
import polars as pl

from f1lake import clock
from f1lake.automation import due, jobs
from f1lake.automation.lost_runs import end_lost_runs
from f1lake.partitions import RACE_EVENT, RACE_EVENTS, registered_ranges
from f1lake.raw import laps, pit_stops, session_results, timing_drivers
from f1lake.raw.renumbered import OTHER_EVENT_TAG
from f1lake.raw.session_results import SESSIONS_TAG
from f1lake.settings import settings
from f1lake.storage.lake import TableMissingError, version
from f1lake.storage.raw_io import RawIOManager, stored_keys
from f1lake.upstream import live_timing

NEEDED = [
    dg.AssetKey(["raw", name])
    for name in ("event_schedule", "session_results", "driver_standings", "constructor_standings")
]
"""The raw tables without which nothing can be built; the others may be empty."""
RAW_TABLES = [
    *NEEDED,
    *(
        dg.AssetKey(["raw", name])
        for name in ("pit_stops", "laps", "timing_drivers", "weather", "race_control_messages", "lap_tyres")
    ),
]
EVENT_ROWS: dict[str, tuple[Any, int | None]] = {
    pit_stops.TABLE: (jobs.collect_pit_stops, pit_stops.FIRST_SEASON),
    laps.TABLE: (jobs.collect_laps, None),
    timing_drivers.TABLE: (jobs.collect_live_timing, None),
}
"""The job of a table, and the first season collected unasked; None: the present one (laps cost most)."""
RETRY_FAILED_AFTER = dt.timedelta(hours=1)
"""The services allow so many requests an hour: a collection that failed is repeated after one."""
TICK_S = 10
SETTLED_AFTER_S = 15
"""Longer than a tick: what follows one collection (the standings after a race) is asked for by then."""
LONG_AGO = "1950-01-01T00:00:00+00:00"
LAST_TABLE = dg.AssetKey(["odds", "title_odds"])
UNFINISHED = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]
PAGE = 1000


def range_tags(start: str, end: str) -> dict[str, str]:
    """The run tags that stand for a range of partitions, one run for all of them, and those that tell people."""
    season, event = (a if a == b else f"{a}…{b}" for a, b in [(start[:4], end[:4]), (start, end)])
    told = {"f1lake/season": season} | ({"f1lake/race_event": event} if "-" in start else {})
    return {"dagster/asset_partition_range_start": start, "dagster/asset_partition_range_end": end} | told


def event_rows() -> list[str]:
    """The tables of `EVENT_ROWS` that can be collected: live timing wants an account."""
    return [table for table in EVENT_ROWS if table != timing_drivers.TABLE or live_timing.is_available()]


def missing_calendars() -> list[int]:
    """The seasons up to the present one whose schedule is not in the lake."""
    stored = set(stored_keys("raw/event_schedule"))
    first = settings().first_season
    return [season for season in range(first, clock.now().year + 1) if str(season) not in stored]


def due_standings(instance: dg.DagsterInstance) -> list[int]:
    """The seasons whose official standings do not follow the results in the lake.

    They have none, or lack the last race, or a race was changed since they were collected.
    """
    raced = stored_keys("raw/session_results")
    due_seasons = {int(key[:4]) for key in raced} - {int(key) for key in stored_keys("raw/driver_standings")}
    season = clock.now().year
    standings = RawIOManager().read_one("raw/driver_standings", str(season))
    if standings is not None and not due_seasons:
        races = session_results.stored_sessions([season]).filter(pl.col("session").cast(pl.String) == "Race")
        if not set(races["round"]) <= set(standings["round"]):
            due_seasons.add(season)
    followed = instance.event_log_storage.get_latest_storage_id_by_partition(
        dg.AssetKey(["raw", "driver_standings"]), dg.DagsterEventType.ASSET_MATERIALIZATION
    )
    results = dg.AssetKey(["raw", "session_results"])
    for record in materializations(instance, results, max(followed.values(), default=0)):
        run = instance.get_run_by_id(record.run_id)
        if run is None or "Race" in run.tags.get(SESSIONS_TAG, "Race"):
            due_seasons |= changed_seasons(record.asset_materialization)
    return sorted(due_seasons)


@dg.sensor(
    jobs=jobs.RAW_JOBS,
    minimum_interval_seconds=TICK_S,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Registers race events as they begin and asks for their results after each session until they are "
    "published, and again in the days after the race for corrections. Its cursor says what it waits for.",
)
def race_weekend_sensor(context: dg.SensorEvaluationContext) -> dg.SensorResult:
    """One evaluation: register what has begun, ask for what is due, say what is waited for."""
    now = clock.now()
    end_lost_runs(context.instance)
    if unfinished(context.instance, [job.name for job in jobs.RAW_JOBS]):
        return dg.SensorResult(skip_reason="a collection is running", cursor=context.cursor)
    seasons = missing_calendars() or [now.year]
    asked_today = clock.today().isoformat() == due.read_asked().get("calendar", "")[:10]
    if seasons[0] < now.year and not asked_today:
        return _calendar_request(seasons, f"waiting for the calendar of {seasons[0]}-{seasons[-1]}")
    try:
        calendar = RawIOManager().read("raw/event_schedule")
    except TableMissingError as error:
        return dg.SensorResult(skip_reason=str(error), cursor="waiting for the calendar")
    due.forget_misfiled(calendar, now)
    registered = context.instance.get_dynamic_partitions(RACE_EVENT)
    begun = [key for key in due.begun_events(calendar, now) if key not in set(registered)]
    last = last_collection(context.instance)
    asked = due.read_asked()
    if last and OTHER_EVENT_TAG in last.tags and last.run_id not in asked:
        due.forget_asked(*(last.tags[f"dagster/asset_partition_range_{end}"] for end in ("start", "end")))
        due.note_asked([last.run_id], now)
        words = f"waiting for the calendar: {last.tags[OTHER_EVENT_TAG]} has become another event"
        return _calendar_request([now.year], words)
    failed = last.run_id if last and last.status == dg.DagsterRunStatus.FAILURE else None
    if failed and now - due.instant(asked.setdefault(failed, now.isoformat())) >= RETRY_FAILED_AFTER:
        asked = {}  # whatever is not stored is asked for again
    stored = due.stored_sessions(now)
    events = due.due_events(calendar, stored, now, asked)
    keys = events["event"].to_list()
    due.note_asked([*keys, *([failed] if failed and failed not in due.read_asked() else [])], now)
    requests = _result_requests(events, [*registered, *begun])
    seasons = []
    if not requests and now - due.instant(asked.get("standings", LONG_AGO)) >= RETRY_FAILED_AFTER:
        seasons = due_standings(context.instance)
    if seasons:
        due.note_asked(["standings"], now)
        tags = range_tags(str(min(seasons)), str(max(seasons)))
        requests.append(dg.RunRequest(job_name=jobs.collect_standings.name, tags=tags))
    if not requests:
        requests = [request for table in event_rows() for request in _event_rows_requests(table, calendar, registered)]
    if not requests and due.is_calendar_due(calendar, now, due.read_asked()):
        return _calendar_request([now.year], due.waiting_for(calendar, stored, now))
    return dg.SensorResult(
        requests,
        dynamic_partitions_requests=[RACE_EVENTS.build_add_request(begun)] if begun else [],
        cursor=due.waiting_for(calendar, stored, now),
    )


def _calendar_request(seasons: list[int], words: str) -> dg.SensorResult:
    due.note_asked(["calendar"], clock.now())
    tags = range_tags(str(seasons[0]), str(seasons[-1]))
    return dg.SensorResult([dg.RunRequest(job_name=jobs.collect_calendar.name, tags=tags)], cursor=words)


def _result_requests(events: pl.DataFrame, registered: Sequence[str]) -> list[dg.RunRequest]:
    """Runs for due events: of the present season only the sessions that are due, with stops and laps of new races."""
    is_present = pl.col("event").str.starts_with(str(clock.now().year))
    is_race = is_present & pl.col("reason").str.contains("Race")
    job = pl.when(is_race).then(pl.lit(jobs.collect_race.name)).otherwise(pl.lit(jobs.collect_results.name))
    together = events.with_columns(job=job, sessions=pl.when(is_present).then("sessions"))
    requests = []
    for (job_name, sessions), group in together.group_by("job", "sessions", maintain_order=True):
        only = {SESSIONS_TAG: str(sessions)} if sessions else {}
        for start, end in registered_ranges(group["event"].to_list(), registered):
            tags = range_tags(start, end) | only
            requests.append(dg.RunRequest(job_name=str(job_name), tags=tags))
    return requests


def _event_rows_requests(table: str, calendar: pl.LazyFrame, registered: Sequence[str]) -> list[dg.RunRequest]:
    """Runs for the newest season whose pit stops or laps are due; the next evaluation asks for the one before."""
    job, first_season = EVENT_ROWS[table]
    now = clock.now()
    due_keys = due.due_event_rows(table, first_season or now.year, calendar, now, due.read_asked())
    keys = [key for key in due_keys if key[:4] == due_keys[0][:4] and key in set(registered)]
    due.note_asked([due.asked_name(table, key) for key in keys], now)
    return [dg.RunRequest(job_name=job.name, tags=range_tags(*ends)) for ends in registered_ranges(keys, registered)]


@dg.sensor(
    jobs=[jobs.refresh, jobs.whole_history],
    minimum_interval_seconds=TICK_S,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="When raw changed: one run of everything after it, from the earliest changed season to the present.",
)
def raw_to_season_sensor(context: dg.SensorEvaluationContext) -> dg.SensorResult:
    """One evaluation: read every raw materialization since the cursor, ask for one range of seasons.

    The cursor is `{table: storage id}`.
    """
    is_collecting = unfinished(context.instance, [job.name for job in jobs.RAW_JOBS])
    if is_collecting or clock.real_time() - _last_collected_at(context.instance) < SETTLED_AFTER_S:
        return dg.SensorResult(skip_reason="raw is still being collected", cursor=context.cursor)
    cursor: dict[str, int] = json.loads(context.cursor or "{}")
    changed = unfollowed_seasons(context.instance, cursor)
    text = json.dumps(cursor, sort_keys=True)
    if not changed:
        return dg.SensorResult(skip_reason="raw has not changed since the odds were made", cursor=text)
    empty = [key.path[-1] for key in NEEDED if not stored_keys("/".join(key.path))]
    if empty:
        return dg.SensorResult(skip_reason=f"waiting for raw {', '.join(empty)}", cursor=context.cursor)
    first = max(min(changed | _given_up(context.instance)), settings().from_season)
    last = max(first, clock.now().year)
    job = jobs.whole_history if version("odds/title_odds") is None else jobs.refresh
    request = dg.RunRequest(run_key=text, job_name=job.name, tags=range_tags(str(first), str(last)))
    return dg.SensorResult([request], cursor=text)


def _given_up(instance: dg.DagsterInstance) -> set[int]:
    """The first season of the last run that this sensor asked for, if it ended without making the tables."""
    runs = instance.get_runs(dg.RunsFilter(tags={"dagster/sensor_name": "raw_to_season_sensor"}), limit=1)
    is_given_up = runs and runs[0].status in (dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED)
    return {int(runs[0].tags["dagster/asset_partition_range_start"])} if is_given_up else set()


def _last_collected_at(instance: dg.DagsterInstance) -> float:
    """When raw was last materialized, in real seconds since 1970; 0 if never."""
    last = [record.asset_entry.last_materialization_record for record in instance.get_asset_records(RAW_TABLES)]
    return max((record.timestamp for record in last if record), default=0)


def last_collection(instance: dg.DagsterInstance) -> dg.DagsterRun | None:
    """The last run that collected results."""
    last = [
        instance.get_run_records(dg.RunsFilter(job_name=job.name), limit=1)
        for job in (jobs.collect_results, jobs.collect_race)
    ]
    runs = sorted((record for records in last for record in records), key=lambda record: record.storage_id)
    return runs[-1].dagster_run if runs else None


def unfollowed_seasons(instance: dg.DagsterInstance, cursor: dict[str, int]) -> set[int]:
    """The seasons that raw materializations after the cursor changed, and moves the cursor past them.

    A change that the odds of its season and of all later ones already follow, because somebody
    built them by hand, is none.
    """
    followed = instance.event_log_storage.get_latest_storage_id_by_partition(
        LAST_TABLE, dg.DagsterEventType.ASSET_MATERIALIZATION
    )
    first, present = settings().from_season, clock.now().year
    changed: set[int] = set()
    for key in RAW_TABLES:
        for record in materializations(instance, key, cursor.get(key.to_user_string(), 0)):
            cursor[key.to_user_string()] = record.storage_id
            changed |= {
                season
                for season in changed_seasons(record.asset_materialization)
                if any(followed.get(str(s), 0) < record.storage_id for s in range(max(season, first), present + 1))
            }
    return changed


def unfinished(instance: dg.DagsterInstance, job_names: list[str]) -> bool:
    """Whether a run of one of these jobs is queued or under way."""
    return any(instance.get_runs_count(dg.RunsFilter(job_name=name, statuses=UNFINISHED)) for name in job_names)


def materializations(instance: dg.DagsterInstance, key: dg.AssetKey, after: int) -> Iterator[dg.EventLogRecord]:
    """Every materialization of an asset after a storage id, oldest first.

    Page by page: `@dg.asset_sensor` would see the latest only, and a backfill writes thousands.
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
    """The seasons that a raw materialization says it changed."""
    value = materialization.metadata["changed_seasons"].value if materialization else ""
    return {int(season) for season in str(value).split(",") if season}


SENSORS = [race_weekend_sensor, raw_to_season_sensor]
