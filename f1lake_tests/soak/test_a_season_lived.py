"""The season of 2026 in fast time: the real daemon with a moved clock, against the recorded upstream.

From before the first race to a week after round 9, with two corrections, one race moved, one cancelled and
restored, a morning of failing upstream, and laps that fail for two days; the daemon killed ten times. `make soak`; a
few weekends of it alone: `pytest -m soak -k few-lived`.
"""

import datetime as dt
import random
import re
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from f1lake.automation import jobs
from f1lake.automation.due import attempts, rules
from f1lake.automation.due.planner import UNFINISHED
from f1lake.automation.sensors import RAW_TABLES
from f1lake.automation.upkeep.alerts import late_questions
from f1lake.home import dagster_home
from f1lake.raw import laps
from f1lake.storage.lake import read
from f1lake.storage.raw_io import RawIOManager, stored_keys
from f1lake_tests.conftest import RECENT
from f1lake_tests.daemon import SETTLED_AFTER_S, Daemon
from f1lake_tests.recorded_upstream import UpstreamServer
from f1lake_tests.whole_lake import contents, fill

START, END = dt.date(2026, 3, 1), dt.date(2026, 7, 13)
PATIENCE_S = 1500
EDITS = {
    dt.date(2026, 3, 20): {"season": 2026, "round": 3, "shift_days": 7},
    dt.date(2026, 4, 10): {"season": 2026, "round": 4, "cancel": True},
    dt.date(2026, 5, 26): {},
}
CORRECTIONS = {
    dt.date(2026, 3, 9): {"season": 2026, "round": 1, "session": "results", "driverId": "russell", "disqualify": True},
    dt.date(2026, 6, 15): {
        "season": 2026, "round": 7, "session": "results", "driverId": "norris", "set": {"status": "Retired"}
    },
}
FAILING = dt.date(2026, 6, 6)
"""The first eight requests of this Saturday are answered with 503."""
WITHOUT_LAPS = dt.date(2026, 6, 7), dt.date(2026, 6, 8)
"""The Sunday of the race in Monaco and the day after: whoever asks for laps is answered with 503."""
OF_MONACO = "2026-06"
LATER = [dt.timedelta(minutes=minutes) for minutes in (10, 40)]
"""When to look again after a session of those days: what failed is asked for again after a pause."""
A_FEW = dt.date(2026, 5, 26), dt.date(2026, 6, 16)
"""Days with two race weekends, the failures and a correction."""
WHAT_FOR = ("f1lake/season", "f1lake/race_event", "f1lake/sessions")
"""The tags that tell runs of a job apart."""
KINDS = {"laps": "laps", "pitstops": "stops", "races": "calendar", "schedule file": "calendar"}
"""What is counted apart, by the last word of its address; the others are results and standings, `attempts`."""


@pytest.fixture
def turn(
    recording: Path, recent_history: Path, tmp_path: Path, upstream_server: UpstreamServer,
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[[dt.datetime], None]:
    """A lake of 2012 to 2025 as it was on 1 March 2026, an upstream to match, and the clock of both."""
    shutil.copytree(recent_history.parent, tmp_path, dirs_exist_ok=True)
    clock_file = tmp_path / "now"
    monkeypatch.setenv("F1LAKE_LAKE", str(tmp_path / recent_history.name))
    monkeypatch.setenv("F1LAKE_FROM_SEASON", str(RECENT))
    monkeypatch.setenv("F1LAKE_UPSTREAM", upstream_server.address)
    monkeypatch.setenv("F1LAKE_NOW", str(clock_file))
    monkeypatch.setenv("F1LAKE_REQUESTS_PER_HOUR", "100000")

    def to(now: dt.datetime) -> None:
        upstream_server.clock(str(now.date()))
        (tmp_path / "now.new").write_text(now.isoformat())
        (tmp_path / "now.new").replace(clock_file)

    to(dt.datetime(2026, 3, 1, tzinfo=dt.UTC))
    return to


@pytest.fixture
def daemon(turn: Callable[[dt.datetime], None], tmp_path: Path) -> Iterator[Daemon]:
    settings_file = dagster_home() / "dagster.yaml"
    quick = "start_timeout_seconds: 45\n  poll_interval_seconds: 10"  # else a run killed at its start waits 5 minutes
    settings_file.write_text(settings_file.read_text().replace("start_timeout_seconds: 180", quick))
    running = Daemon(tmp_path / "daemon.log")
    yield running
    running.stop()


def instants() -> list[dt.datetime]:
    """The moments worth living: the end of each session, the first minute of the days on which something else happens.

    Those are the day after a race and the sixth after it (corrections, and the day without any), and the days of edits,
    corrections and faults.
    """
    calendar = RawIOManager().read("raw/event_schedule", [2026])
    ends = rules.sessions(calendar).select("round", "session", "ended_at").collect()
    moved = [
        ends.filter(round=edit["round"]).with_columns(pl.col("ended_at") + dt.timedelta(days=edit["shift_days"]))
        for edit in EDITS.values() if "shift_days" in edit
    ]
    ends = pl.concat([ends, *moved]).filter(pl.col("ended_at").dt.date() <= END)
    races = ends.filter(session="Race")["ended_at"].to_list()
    mornings = {end.date() + dt.timedelta(days=days) for end in races for days in (1, 6)}
    mornings |= {*EDITS, *CORRECTIONS, FAILING, WITHOUT_LAPS[-1] + dt.timedelta(days=1), END}
    at = [dt.datetime.combine(day, dt.time(0, 1), dt.UTC) for day in mornings if START < day <= END]
    of_sessions = [end + dt.timedelta(minutes=1) for end in ends["ended_at"].to_list()]
    again = [now + later for now in [*at, *of_sessions] if now.date() in (FAILING, *WITHOUT_LAPS) for later in LATER]
    return sorted({*at, *of_sessions, *again})


def settled(instance: dg.DagsterInstance) -> None:
    """Wait until both sensors have seen this moment, and what they asked for is done and followed."""
    began, deadline = time.time(), time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        time.sleep(1)
        seen = {
            state.instigator_name: max((tick.timestamp for tick in instance.get_ticks(
                state.instigator_origin_id, state.selector_id, limit=2) if tick.is_completed), default=0)
            for state in instance.all_instigator_state()
        }
        if instance.get_runs_count(dg.RunsFilter(statuses=UNFINISHED)):
            continue  # asked after the ticks: what a completed one wanted is there
        last = instance.get_run_records(limit=1)
        since = max([began, *(record.end_time or 0 for record in last)])
        raw = [record.asset_entry.last_materialization_record for record in instance.get_asset_records(RAW_TABLES)]
        collected = max((record.timestamp for record in raw if record), default=0)
        is_seen = seen.get("race_weekend_sensor", 0) > since
        if is_seen and seen.get("raw_to_season_sensor", 0) > max(since, collected + SETTLED_AFTER_S):
            return
    pytest.fail(f"not settled after {PATIENCE_S} s")


def faults_of(day: dt.date) -> list[dict[str, object]]:
    """How the upstream fails on a day."""
    if day == FAILING:
        return [{"status": 503, "times": 8}]
    return [{"status": 503, "match": "/laps", "every": 1}] if day in WITHOUT_LAPS else []


def requests_by_kind(log: dict[str, int]) -> Counter[str]:
    counted: Counter[str] = Counter()
    for path, times in log.items():
        if "/dumps" in path:
            continue  # once a month, and no request of the hour
        name = "schedule file" if "f1schedule" in path else re.findall(r"/(\w+)\.json", path)[0]
        counted[KINDS.get(name, "asked")] += times
    return counted


@pytest.mark.soak
@pytest.mark.parametrize(
    ("days", "kills"), [((START, END), 0), ((START, END), 10), (A_FEW, 3)], ids=["lived", "killed", "few-lived"]
)
def test_nobody_touches_anything_from_march_to_july(
    days: tuple[dt.date, dt.date],
    kills: int,
    turn: Callable[[dt.datetime], None],
    daemon: Daemon,
    upstream_server: UpstreamServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    moments = [now for now in instants() if days[0] <= now.date() <= days[1]]
    chance = random.Random(26)
    killed_at = set(chance.sample(range(len(moments)), kills))
    by_day: dict[dt.date, Counter[str]] = {}
    twice: dict[dt.datetime, list[tuple[str, ...]]] = {}
    newest_odds: dict[dt.date, dt.date] = {}
    has_laps: dict[dt.date, bool] = {}
    with dg.DagsterInstance.get() as instance:
        runs_before = seen = {run.run_id for run in instance.get_runs()}
        for i, now in enumerate(moments):
            before = requests_by_kind(upstream_server.log()["by_path"])
            morning = now.time() == dt.time(0, 1)
            if morning and now.date() in EDITS:
                upstream_server.calendar(EDITS[now.date()])
            if morning and now.date() in CORRECTIONS:
                upstream_server.amend(CORRECTIONS[now.date()])
            if now.date() not in by_day:
                upstream_server.faults(faults_of(now.date()))
            turn(now)
            if i in killed_at:
                time.sleep(chance.uniform(5, 40))
                daemon.kill()
                daemon.start()
            settled(instance)
            with capsys.disabled():
                print(f"{i + 1}/{len(moments)}", now, flush=True)
            spent = requests_by_kind(upstream_server.log()["by_path"]) - before
            has_laps[now.date()] = OF_MONACO in stored_keys(laps.TABLE)
            newest_odds[now.date()] = read("odds/title_odds").select(pl.col("as_of").max()).collect().item()
            by_day.setdefault(now.date(), Counter()).update(spent)
            new = [run for run in instance.get_runs() if run.run_id not in seen]
            seen = seen | {run.run_id for run in new}
            asked_for = Counter(
                (run.job_name, *(run.tags.get(tag, "") for tag in WHAT_FOR)) for run in new
                if run.job_name != jobs.publish.name  # each of three tables of odds asks for it
            )
            if again := [what for what, times in asked_for.items() if times > 1]:
                twice[now] = again
        mine = [run for run in instance.get_runs() if run.run_id not in runs_before]
        ended = Counter((run.job_name, run.status.value) for run in mine)
        late = late_questions(attempts.read()[0], moments[-1])
    with capsys.disabled():
        print(f"\n{len(moments)} moments, {kills} kills; runs: {dict(ended)}")
        for day, spent in sorted(by_day.items()):
            if spent:
                print(day, dict(spent))
    assert newest_odds[WITHOUT_LAPS[0]] == WITHOUT_LAPS[0], "without laps that Sunday's odds are out on that Sunday"
    assert not any(has_laps[day] for day in WITHOUT_LAPS), "they failed for two days"
    assert late == {}, "what failed has come since"
    if not kills:
        failed = {job for job, status in ended if status != "SUCCESS"}
        assert failed <= {"collect_laps", "collect_results", "collect_calendar"}, "which are asked for again"
        assert {what[0] for again in twice.values() for what in again} <= failed, "nothing else twice at one moment"
        well = [spent for day, spent in by_day.items() if day not in (FAILING, *WITHOUT_LAPS)]
        assert max(spent["calendar"] for spent in well) <= 2, "a calendar, and its formats where it changed"
        assert sum(spent["asked"] + spent["stops"] for spent in well) / 9 <= 12
    of_days = set(read("odds/title_odds", [2026]).select("as_of").unique().collect()["as_of"])
    lived = contents()
    sessions = lived["silver/session_results"].filter(pl.col("season") == 2026, pl.col("session") != "Qualifying")
    assert of_days == {*sessions["session_date"], dt.date(2026, 1, 1)}
    monkeypatch.setenv("F1LAKE_LAKE", str(tmp_path / "backfill" / "lake"))
    monkeypatch.setenv("F1LAKE_FROM_SEASON", "2026")
    fill(2026, 2026, job="build")
    once = contents()
    for name in ("bronze/events", "bronze/session_results", "bronze/pit_stops", "bronze/driver_standings",
                 "bronze/constructor_standings"):
        assert lived[name].filter(season=2026).equals(once[name]), name
    races = once["bronze/session_results"].filter(pl.col("session") == "Race")["round"]
    assert set(lived["bronze/laps"].filter(season=2026)["round"]) == set(races)
