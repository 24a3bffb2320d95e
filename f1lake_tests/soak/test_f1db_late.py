"""A race weekend with F1DB's releases late, refused and cut: practice is published on Friday, the odds come on time.

Real results and real releases, rough models. A renamed column is a test of raw's (`raw/test_f1db.py`): no server sends
one.
"""

import datetime as dt
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from f1lake import runs
from f1lake.automation.due import rules
from f1lake.home import dagster_home
from f1lake.raw import pit_stops
from f1lake.settings import settings
from f1lake.storage.lake import read
from f1lake.upstream.f1db import service
from f1lake.upstream.f1db.kept import kept, last_asked
from f1lake_tests.conftest import RECENT, UpstreamServer
from f1lake_tests.whole_lake import roughly

QUALIFYING = dt.datetime(2026, 3, 7, 5, tzinfo=dt.UTC)


@pytest.mark.soak
def test_practice_is_published_on_friday_and_nothing_waits_for_a_release(
    recording: Path, lake: Path, tmp_path: Path, upstream_server: UpstreamServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock_file = tmp_path / "now"

    def live(now: str) -> None:
        """What a daemon does at an instant: collect what is due, refresh, publish."""
        clock_file.write_text(now)
        upstream_server.clock(now[:10])
        runs.collect_due(instance)
        with roughly():
            runs.run("refresh", instance, ("2026", "2026"))
        runs.publish(instance)

    def published(stage: str) -> pl.DataFrame:
        return read("odds/published").filter(pl.col("stage") == stage, pl.col("round") == 1).collect()

    for name, value in {"NOW": clock_file, "UPSTREAM": recording, "FROM_SEASON": RECENT}.items():
        monkeypatch.setenv(f"F1LAKE_{name}", str(value))
    monkeypatch.setattr(rules, "optional_tables", lambda: [pit_stops.TABLE])
    monkeypatch.setattr(service, "PAUSE_S", 0)
    clock_file.write_text("2026-03-05T12:00:00Z")
    settings.cache_clear()
    dagster_home()
    with dg.DagsterInstance.get() as instance:
        runs.collect_due(instance)
        monkeypatch.setenv("F1LAKE_UPSTREAM", upstream_server.address)
        monkeypatch.setenv("F1LAKE_REQUESTS_PER_HOUR", "100000")
        settings.cache_clear()
        upstream_server.clock("2026-03-05")
        runs.collect_due(instance)
        before = kept()
        assert before is not None
        with roughly():
            runs.run("whole_history", instance, (str(RECENT), "2026"))

        live("2026-03-06T12:00:00Z")
        friday = published("after_practice")
        assert friday["entrant_id"].n_unique() == 22
        assert (friday["published_at"] < QUALIFYING).all()
        assert (friday["closes_at"] == QUALIFYING).all()
        live("2026-03-07T12:00:00Z")
        assert published("after_practice").equals(friday)
        assert not published("qualifying").is_empty()

        upstream_server.faults([{"status": 403, "match": "/repos/f1db", "every": 1}])
        live("2026-03-09T12:00:00Z")
        assert "status 403" in str(last_asked())
        upstream_server.faults([{"truncate": True, "match": "/github-production-release-asset", "every": 1}])
        live("2026-03-10T13:00:00Z")
        assert last_asked() is not None
        assert kept() == before
        title = read("odds/published").filter(pl.col("stage") == "after_race").collect()
        assert title["published_at"].min() == dt.datetime(2026, 3, 9, 12, tzinfo=dt.UTC)
        compared = read("gold/source_differences").filter(pl.col("season") == 2026)
        assert compared.collect().is_empty()

        upstream_server.faults([])
        live("2026-03-11T14:00:00Z")
        after = kept()
        assert after is not None
        assert after.order > before.order
        assert not read("silver/grid_penalties").filter(pl.col("season") == 2025).collect().is_empty()
        rows = read("bronze/f1db_race_data").filter(pl.col("season") == 2026, pl.col("round") == 1).collect()
        assert {"race-results", "free-practice-1-results"} <= set(rows["type"])
