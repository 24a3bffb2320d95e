"""2026 as it would have been published: every session lived in turn, by the commands, and scored round by round.

Without a daemon, the models as a lake of 1 March 2026 has them. Minutes, not seconds: `make soak`.
"""

import datetime as dt
import shutil
from pathlib import Path

import dagster as dg
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from f1lake import runs
from f1lake.automation import due
from f1lake.settings import settings
from f1lake.storage.lake import read
from f1lake.storage.raw_io import RawIOManager
from f1lake_tests.conftest import RECENT, UpstreamServer

END = dt.datetime(2026, 7, 13, tzinfo=dt.UTC)


@pytest.mark.soak
def test_every_session_of_2026_is_published_while_it_is_open_and_nothing_said_changes(
    recording: Path, recent_history: Path, tmp_path: Path, upstream_server: UpstreamServer,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:
    shutil.copytree(recent_history.parent, tmp_path, dirs_exist_ok=True)
    clock_file = tmp_path / "now"
    clock_file.write_text("2026-03-01T12:00:00Z")
    for name, value in {
        "LAKE": tmp_path / recent_history.name, "FROM_SEASON": RECENT, "UPSTREAM": upstream_server.address,
        "NOW": clock_file, "REQUESTS_PER_HOUR": 100000,
    }.items():
        monkeypatch.setenv(f"F1LAKE_{name}", str(value))
    settings.cache_clear()
    ends = due.sessions(RawIOManager().read("raw/event_schedule", [2026])).select("ended_at").unique().collect()
    moments = sorted(end + dt.timedelta(minutes=1) for end in ends["ended_at"] if end < END)
    stood = pl.DataFrame()
    runs.dagster_home()
    with dg.DagsterInstance.get() as instance:
        for now in moments:
            upstream_server.clock(str(now.date()))
            clock_file.write_text(now.isoformat())
            runs.collect_due(instance)
            runs.run("refresh", instance, ("2026", "2026"))
            runs.publish(instance)
            ledger = read("odds/published").collect()
            if stood.height:
                assert_frame_equal(ledger.join(stood, on=ledger.columns, how="semi", nulls_equal=True), stood,
                                   check_row_order=False)  # fmt: skip
            stood = ledger
    scores = read("odds/published_scores").filter(pl.col("season") == 2026).collect()
    assert "missed" not in set(scores["status"])
    of_races = scores.filter(pl.col("status") == "published", pl.col("kind") == "race_win").drop_nulls("log_loss")
    assert set(of_races["round"]) >= set(range(2, 10)), "before round 1, only where the entry was known"
    with capsys.disabled(), pl.Config(tbl_rows=-1, tbl_cols=-1, tbl_width_chars=200):
        print(of_races.select("round", "event_name", "stage", "happened", "probability", "log_loss", "log_loss_places",
                              "brier", "brier_places"))  # fmt: skip
        means = pl.col("log_loss", "log_loss_places", "brier", "brier_places").mean()
        print(of_races.group_by("stage").agg(pl.len(), means))
