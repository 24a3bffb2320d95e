"""2026 as it would have been published: every session lived in turn, by the commands, and scored round by round.

Without a daemon, the whole history and its models as a lake of 1 March 2026 has them. Minutes, not seconds: `make
soak`. What it prints last are the rows of docs/season-2026.csv.
"""

import datetime as dt
from pathlib import Path

import dagster as dg
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from f1lake import runs
from f1lake.automation.due import rules
from f1lake.storage.lake import read
from f1lake.storage.raw_io import RawIOManager
from f1lake_tests.recorded_upstream import UpstreamServer
from f1lake_tests.whole_lake import fill

BEGIN, END = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC), dt.datetime(2026, 7, 13, tzinfo=dt.UTC)


@pytest.mark.soak
def test_every_session_of_2026_is_published_while_it_is_open_and_nothing_said_changes(
    recording: Path, lake: Path, tmp_path: Path, upstream_server: UpstreamServer, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    clock_file = tmp_path / "now"
    clock_file.write_text(BEGIN.isoformat())
    monkeypatch.setenv("F1LAKE_NOW", str(clock_file))
    monkeypatch.setenv("F1LAKE_UPSTREAM", str(recording))
    fill(1950, 2026, is_rough=False)
    monkeypatch.setenv("F1LAKE_UPSTREAM", upstream_server.address)
    monkeypatch.setenv("F1LAKE_REQUESTS_PER_HOUR", "100000")
    ends = rules.sessions(RawIOManager().read("raw/event_schedule", [2026])).select("ended_at").unique().collect()
    moments = [BEGIN, *sorted(end + dt.timedelta(minutes=1) for end in ends["ended_at"] if BEGIN < end < END)]
    stood = pl.DataFrame()
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
    said = scores.filter(pl.col("status") == "published")
    of_races = said.filter(pl.col("kind") == "race_win").drop_nulls("log_loss")
    assert set(of_races.filter(pl.col("stage") == "before_qualifying")["round"]) == set(range(1, 10))
    assert set(of_races.filter(pl.col("stage") == "qualifying")["round"]) == set(range(1, 10))
    assert set(said.filter(pl.col("stage") == "before_season")["kind"]) == {"driver_title", "constructor_title"}
    of_places = said.filter(pl.col("kind").is_in(["race_podium", "race_points"])).pivot(
        "kind", index=["round", "stage"], values="log_loss"
    )
    rows = of_races.join(of_places, on=["round", "stage"]).sort("stage", "round").select(
        "round", event="event_name", known=pl.col("stage").cast(pl.String).str.replace_all("_", " "),
        published=pl.col("published_at").dt.strftime("%Y-%m-%d %H:%M"), winner="happened",
        **{"was given": "probability", "log loss": "log_loss", "of the places": "log_loss_places", "Brier": "brier",
           "podium": "race_podium", "points": "race_points"},
    )  # fmt: skip
    counted = pl.format("mean of {}", pl.len())
    means = rows.group_by("known", maintain_order=True).agg(pl.col(pl.Float64).mean(), event=counted)
    table = pl.concat([rows, means], how="diagonal")
    with capsys.disabled():
        print("\n" + table.write_csv(separator=";", float_precision=3, null_value="-"))
