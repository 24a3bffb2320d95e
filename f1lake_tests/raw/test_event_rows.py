"""Pit stops and laps of single events, whole, of the registered event; that a source has none is kept too."""

import logging
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest

from f1lake.bronze import laps as bronze_laps
from f1lake.bronze import pit_stops as bronze_pit_stops
from f1lake.raw import event_schedule, laps, pit_stops
from f1lake.raw.event_rows import collected_event, collected_events
from f1lake.storage.raw_io import RawIOManager
from f1lake.storage.rules import broken_rules
from f1lake.upstream.failures import OtherEventError, ResultsGoneError, UnavailableError
from f1lake.upstream.pages import LAPS, PAGE_ROWS, PIT_STOPS
from f1lake.upstream.session import collecting
from f1lake_tests.recorded_upstream import Told, UpstreamServer
from f1lake_tests.upstream.small import race, rows

STOPS = (PIT_STOPS, pit_stops.TABLE, pit_stops.PitStops)
TIMINGS = (LAPS, laps.TABLE, laps.Laps)


def schedule(season: int) -> pl.DataFrame:
    with collecting() as session:
        return event_schedule.collected_schedules(session, [season]).rows


def collected(kind, key: str, calendar: pl.DataFrame) -> pl.DataFrame:
    with collecting() as session:
        frame = collected_event(session, *kind, key, calendar)
    assert broken_rules(kind[2], frame) == {}
    return frame


@pytest.fixture
def from_the_recording(recording, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("F1LAKE_UPSTREAM", str(recording))


def test_laps_are_whole_though_a_page_may_cut_a_lap_in_two(server: UpstreamServer, told: Told) -> None:
    timed = told.races(2026)[1]["laps"]
    before = server.log()["requests"]
    frame = collected(TIMINGS, "2026-02", schedule(2026))
    assert frame.height == sum(len(lap["Timings"]) for lap in timed) > 5 * PAGE_ROWS
    assert server.log()["requests"] - before == 2 + -(-frame.height // PAGE_ROWS)
    assert frame.group_by("driverId").len()["len"].max() == int(timed[-1]["number"])


def test_a_recording_and_the_service_give_the_same_laps_and_stops(
    server: UpstreamServer, recording, monkeypatch
) -> None:
    kinds, key, calendar = (STOPS, TIMINGS), "2025-03", schedule(2025)
    served = [collected(kind, key, calendar) for kind in kinds]
    monkeypatch.setenv("F1LAKE_UPSTREAM", str(recording))
    told = [collected(kind, key, calendar) for kind in kinds]
    for theirs, ours in zip(served, told, strict=True):
        assert theirs.drop("source", "collected_at").equals(ours.drop("source", "collected_at"))


def test_a_stop_of_an_interrupted_race_lasts_minutes_and_bronze_counts_in_milliseconds(
    from_the_recording, made
) -> None:
    calendar = schedule(2014)
    stops = made(bronze_pit_stops.pit_stops, collected(STOPS, "2014-15", calendar), calendar)
    assert stops["duration_ms"].max() == 18 * 60_000 + 57_295
    assert stops.filter(pl.col("time").str.contains(r"^\d\d:\d\d:\d\d$")).height == stops.height


def test_a_lap_without_a_place_is_null_in_bronze(from_the_recording, made) -> None:
    calendar = schedule(2018)
    frame = collected(TIMINGS, "2018-14", calendar)
    without = frame["position"].null_count()
    assert without > 0
    assert made(bronze_laps.laps, frame, calendar)["position"].null_count() == without


def test_stops_of_another_event_and_stops_that_are_gone_are_errors(recorded, lake) -> None:
    stop = {"driverId": "driver1", "stop": "1", "lap": "9", "time": "14:00:01", "duration": "22.5"}
    races = [race(2001, 1, "2001-05-01", results=rows(2), pitstops=[stop])]
    recorded(races)
    calendar = schedule(2001)
    with pytest.raises(OtherEventError, match=r"pit stops of season 2001, round 1: .*street"):
        collected(STOPS, "2001-01", calendar.with_columns(circuitId=pl.lit("street")))
    RawIOManager().write(pit_stops.TABLE, "2001-01", collected(STOPS, "2001-01", calendar))
    del races[0]["pitstops"]
    recorded(races)
    with pytest.raises(ResultsGoneError, match=r"pit stops of season 2001, round 1: .*season=2001/round=01.parquet"):
        collected(STOPS, "2001-01", calendar)


def test_laps_that_the_service_fails_to_give_keep_no_other_laps_out(
    server: UpstreamServer, lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("f1lake.upstream.retries.ATTEMPTS", 1)
    keys = ["2026-01", "2026-02", "2026-03"]
    server.faults([{"status": 500, "match": "/2026/2/pitstops", "times": 1}])
    context: Any = SimpleNamespace(partition_keys=keys, run=SimpleNamespace(tags={}), log=logging.getLogger())
    results = pl.LazyFrame([{"season": 2026, "round": round_, "session": "Race"} for round_ in (1, 2, 3)])
    collecting_stops = collected_events(context, *STOPS, schedule(2026).lazy(), results)
    assert sorted(next(collecting_stops).value) == ["2026-01", "2026-03"]
    with pytest.raises(UnavailableError) as raised:
        next(collecting_stops)
    assert raised.value.failed == ("2026-02",)
