"""A season with F1DB's releases late, missing, cut and of another form: the odds come on time, what differs later.

2026 to its seventh race, real results and real releases, rough models. F1DB's main branch has two Fridays too late
itself. Minutes, not seconds: `make soak`.
"""

import datetime as dt
import hashlib
import io
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl
import pytest

from f1lake import runs
from f1lake.automation.due import rules
from f1lake.home import dagster_home
from f1lake.raw import f1db_race_data, pit_stops
from f1lake.storage.lake import read
from f1lake.storage.raw_io import RawIOManager
from f1lake.upstream.f1db import service
from f1lake.upstream.f1db.kept import kept, last_asked
from f1lake_tests.conftest import RECENT
from f1lake_tests.recorded_upstream import UpstreamServer
from f1lake_tests.whole_lake import roughly

FRIDAY, MONDAY, TUESDAY = dt.time(21), dt.time(23, 45), dt.time(23, 59)
"""When these days are lived; a qualifying and a race as soon as their results can be there."""
RESULTS_AFTER = dt.timedelta(hours=4, minutes=1)
PRACTICE_IS_LATE = {4, 5}
"""Rounds whose practice F1DB's main branch had after qualifying had begun."""
A_DAY_LATE, MISSING, CUT, RENAMED = 4, 5, 6, 7
"""Rounds whose release is not there on Monday, never there, breaks off on Monday, or has another column then."""
FAULTS = {
    A_DAY_LATE: [{"status": 404, "match": "/repos/f1db", "every": 1}],
    MISSING: [{"status": 404, "match": "/repos/f1db", "every": 1}],
    CUT: [{"truncate": True, "match": "/github-production-release-asset", "every": 1}],
}
DIFFER = {4, 5, 6, 7}
"""Rounds of which the two sources say something else."""
LIVED = (1, A_DAY_LATE, MISSING, CUT, RENAMED)
"""Rounds that are lived day by day; of others only the Monday after the last."""


def renamed(archive: bytes) -> bytes:
    """The archive with another name of a column that f1lake reads."""
    content = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as old, zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b'"reasonRetired"', b'"reason"', 1))
    return content.getvalue()


def _event(round_: int) -> dict[str, Any]:
    """The row of silver/events of a round of 2026."""
    rows = read("silver/events").filter(pl.col("season") == 2026, pl.col("round") == round_)
    return rows.collect().row(0, named=True)


@pytest.mark.soak
def test_a_season_with_late_releases_has_its_odds_on_time_and_its_differences_when_they_arrive(
    recording: Path, lake: Path, tmp_path: Path, upstream_server: UpstreamServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock_file = tmp_path / "now"
    downloaded, other_form = service.downloaded, set[str]()

    def in_another_form(known_hash: str | None = None) -> tuple[service.Release, bytes | None]:
        release, archive = downloaded(known_hash)
        if not other_form or archive is None:
            return release, archive
        archive = renamed(archive)
        release = replace(release, file_hash=hashlib.sha256(archive).hexdigest(), file_size=len(archive))
        return release, archive

    def live(now: dt.datetime) -> dt.datetime:
        """What a daemon does at an instant: collect what is due, refresh if something is new, publish."""
        clock_file.write_text(now.isoformat())
        upstream_server.clock(str(now.date()))
        if runs.collect_due(instance):
            with roughly():
                runs.run("refresh", instance, ("2026", "2026"))
        runs.publish(instance)
        return now

    def at(day: dt.date, time: dt.time) -> dt.datetime:
        return dt.datetime.combine(day, time, dt.UTC)

    def published(stage: str, round_: int) -> pl.DataFrame:
        return read("odds/published").filter(
            pl.col("season") == 2026, pl.col("stage") == stage, pl.col("round") == round_
        ).collect()

    def came(stage: str, round_: int) -> set[dt.datetime]:
        return set(published(stage, round_)["published_at"])

    def differing() -> set[int]:
        return set(read("gold/source_differences").filter(pl.col("season") == 2026).collect()["round"])

    def held_by_f1db() -> int:
        stored = RawIOManager().read_one(f1db_race_data.TABLE, "2026")
        assert stored is not None
        return max(stored.filter(pl.col("type") == f1db_race_data.RACE)["round"].to_list(), default=0)

    for name, value in {"NOW": clock_file, "UPSTREAM": recording, "FROM_SEASON": RECENT}.items():
        monkeypatch.setenv(f"F1LAKE_{name}", str(value))
    monkeypatch.setattr(rules, "optional_tables", lambda: [pit_stops.TABLE])
    monkeypatch.setattr(service, "PAUSE_S", 0)
    monkeypatch.setattr(service, "downloaded", in_another_form)
    clock_file.write_text("2026-03-05T12:00:00Z")
    dagster_home()
    with dg.DagsterInstance.get() as instance:
        runs.collect_due(instance)
        monkeypatch.setenv("F1LAKE_UPSTREAM", upstream_server.address)
        monkeypatch.setenv("F1LAKE_REQUESTS_PER_HOUR", "100000")
        upstream_server.clock("2026-03-05")
        runs.collect_due(instance)
        with roughly():
            runs.run("whole_history", instance, (str(RECENT), "2026"))
        assert held_by_f1db() == 0

        for round_ in LIVED:
            if round_ - 1 not in LIVED and round_ > 1:
                live(at(_event(round_ - 1)["event_date"] + dt.timedelta(1), MONDAY))
            event = _event(round_)
            friday, monday = (event["event_date"] + dt.timedelta(days) for days in (-2, 1))

            practised = live(at(friday, FRIDAY))
            told = published("after_practice", round_)
            assert set(told["published_at"]) == (set() if round_ in PRACTICE_IS_LATE else {practised})
            assert told["entrant_id"].n_unique() >= (0 if round_ in PRACTICE_IS_LATE else 20)
            qualified = live(event["qualifying_start"] + RESULTS_AFTER)
            assert came("qualifying", round_) == {qualified}

            was_kept, was_held, differed = kept(), held_by_f1db(), differing()
            upstream_server.faults(FAULTS.get(round_, []))
            other_form |= {"reasonRetired"} if round_ == RENAMED else set()
            raced = live(event["race_start"] + RESULTS_AFTER)
            assert came("after_race", round_) == {raced}
            assert came("before_qualifying", round_ + 1) == {raced}
            live(at(monday, MONDAY))
            asked = last_asked()
            assert asked is not None
            assert bool(asked.failure) == (round_ in FAULTS)
            if round_ in FAULTS or round_ == RENAMED:
                assert (held_by_f1db(), differing()) == (was_held, differed)
                assert (kept() == was_kept) == (round_ in FAULTS)
            else:
                assert held_by_f1db() == round_
            other_form.clear()
            upstream_server.faults(FAULTS[MISSING] if round_ == MISSING else [])
            if round_ in (A_DAY_LATE, CUT, RENAMED):
                live(at(monday + dt.timedelta(1), TUESDAY))
                assert held_by_f1db() == round_
            assert published("after_practice", round_).equals(told)

        every = read("gold/source_differences").filter(pl.col("season") == 2026).collect()
        assert set(every["round"]) == DIFFER
        assert not read("silver/retirements").filter(pl.col("season") == 2026).collect().is_empty()
        statuses = {run.status for run in instance.get_runs()}
        assert statuses == {dg.DagsterRunStatus.SUCCESS}
