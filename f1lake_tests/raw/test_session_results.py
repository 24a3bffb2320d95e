"""Results are collected whole, of the registered event, and only once their session has ended."""

import dagster as dg
import polars as pl
import pytest

from f1lake.partitions import RACE_EVENTS
from f1lake.raw import event_schedule, result_listings, session_results
from f1lake.raw.result_listings import fewest_listings
from f1lake.raw.session_results import (
    SessionResults,
    collected_results,
    unpublished,
    wanted_sessions,
)
from f1lake.settings import settings
from f1lake.storage.raw_io import RawIOManager, stored_keys
from f1lake.storage.rules import broken_rules
from f1lake.upstream.failures import ResultsGoneError, SourceChangedError, UnavailableError, raise_one_of
from f1lake.upstream.pages import read_listing
from f1lake.upstream.session import collecting
from f1lake_tests.recorded_upstream import UpstreamServer
from f1lake_tests.upstream.small import race, rows

TABLE = "raw/session_results"
SPRINT_WEEKEND = {
    "time": "14:00:00Z",
    "Qualifying": {"date": "2001-06-02", "time": "14:00:00Z"},
    "Sprint": {"date": "2001-06-02", "time": "10:00:00Z"},
    "qualifying": rows(2),
    "sprint": rows(3),
    "results": rows(4),
}


def schedules(*seasons: int) -> pl.DataFrame:
    with collecting() as session:
        return event_schedule.collected_schedules(session, list(seasons)).rows


def collected(keys: list[str], schedule: pl.DataFrame) -> tuple[pl.DataFrame, list[str]]:
    """The rows of some events, and what is not published."""
    wanted = wanted_sessions(keys, schedule)
    with collecting() as session:
        results, refused, odd, errors = collected_results(session, wanted)
    raise_one_of(errors)
    assert (broken_rules(SessionResults, results), refused, odd) == ({}, [], [])
    return results, unpublished(wanted, results)


def counts(results: pl.DataFrame) -> dict[str, int]:
    return dict(results.group_by(pl.col("session").cast(pl.String)).len().iter_rows())


def at(monkeypatch: pytest.MonkeyPatch, instant: str) -> None:
    monkeypatch.setenv("F1LAKE_NOW", instant)


def test_single_events_seasons_and_all_of_history_are_asked_for_with_the_fewest_requests() -> None:
    def listings(seasons: range, rounds: int, pages: int) -> list[tuple[int | None, int | None]]:
        events = [(season, round_) for season in seasons for round_ in range(1, rounds + 1)]
        frame = pl.DataFrame(events, schema=["season", "round"], orient="row")
        return fewest_listings(frame.with_columns(session=pl.lit("Race"), season_pages=pages))

    assert listings(range(2026, 2027), 2, pages=3) == [(2026, 1), (2026, 2)]
    assert listings(range(2025, 2027), 24, pages=6) == [(2025, None), (2026, None)]
    assert listings(range(1950, 2027), 24, pages=6) == [(None, None)]


def test_a_sprint_weekend_is_asked_for_session_by_session_as_they_end(recorded, monkeypatch) -> None:
    recorded([race(2001, 1, "2001-05-01", results=rows(5)), race(2001, 2, "2001-06-03", **SPRINT_WEEKEND)])
    for instant, expected, missing in (
        ("2001-06-02T13:59:00Z", {}, []),
        ("2001-06-02T14:00:00Z", {"Sprint": 3}, []),
        ("2001-06-03T17:00:00Z", {"Sprint": 3, "Qualifying": 2}, []),
        ("2001-06-03T18:00:00Z", {"Sprint": 3, "Qualifying": 2, "Race": 4}, []),
    ):
        at(monkeypatch, instant)
        results, not_published = collected(["2001-02"], schedules(2001))
        assert (counts(results), not_published) == (expected, missing), instant


def test_what_has_ended_but_is_not_published_is_told_and_qualifying_may_be_empty(recorded) -> None:
    weekend = {key: value for key, value in SPRINT_WEEKEND.items() if key not in ("sprint", "results", "qualifying")}
    recorded([race(2001, 1, "2001-05-01", results=rows(5)), race(2001, 2, "2001-06-03", **weekend)])
    results, not_published = collected(["2001-01", "2001-02"], schedules(2001))
    assert counts(results) == {"Race": 5}
    assert sorted(not_published) == ["Race 2001-02", "Sprint 2001-02"]


def test_a_moved_and_a_renumbered_race_are_errors_not_rows(server: UpstreamServer) -> None:
    schedule = schedules(2026)
    server.calendar({"season": 2026, "round": 4, "shift_days": 7})
    with pytest.raises(SourceChangedError, match=r"season 2026, round 4: .* miami on 2026-05-10.* miami on 2026-05-03"):
        collected(["2026-04"], schedule)
    server.calendar({})
    server.calendar({"season": 2026, "round": 4, "cancel": True})
    with pytest.raises(SourceChangedError, match=r"season 2026, round 5: .* of monaco .* registered is villeneuve"):
        collected(["2026-03", "2026-05"], schedule)
    with pytest.raises(SourceChangedError, match="race event 2026-23"):
        collected(["2026-23"], schedule)


def test_results_that_were_there_and_are_gone_are_an_error(recorded, lake) -> None:
    races = [race(2001, 1, "2001-05-01", results=rows(5)), race(2001, 2, "2001-06-03", **SPRINT_WEEKEND)]
    recorded(races)
    schedule = schedules(2001)
    results, _ = collected(["2001-02"], schedule)
    RawIOManager().write(TABLE, "2001-02", results)
    del races[1]["qualifying"]
    recorded(races)
    with pytest.raises(
        ResultsGoneError, match=r"Qualifying results of season 2001, round 2: .*season=2001/round=02.parquet"
    ):
        collected(["2001-01", "2001-02"], schedule)
    assert counts(RawIOManager().read_one(TABLE, "2001-02")) == {"Race": 4, "Sprint": 3, "Qualifying": 2}


def run(instance: dg.DagsterInstance, start: str, end: str, **tags: str) -> dg.ExecuteInProcessResult:
    """The asset in a run of some events."""
    return dg.materialize(
        [event_schedule.event_schedule, session_results.session_results],
        selection="key:raw/session_results",
        instance=instance,
        resources={"raw_io_manager": RawIOManager()},
        tags={"dagster/asset_partition_range_start": start, "dagster/asset_partition_range_end": end, **tags},
    )


def test_a_run_for_an_event_that_is_not_published_ends_well_and_stores_nothing(recorded, lake) -> None:
    recorded([race(2001, 1, "2001-05-01", results=rows(5)), race(2001, 2, "2001-06-03")])
    RawIOManager().write("raw/event_schedule", "2001", schedules(2001))
    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_dynamic_partitions(RACE_EVENTS.name, ["2001-01", "2001-02"])
        waiting = run(instance, "2001-02", "2001-02")
        assert waiting.success
        assert waiting.get_asset_materialization_events() == []
        assert stored_keys(TABLE) == []
        both = run(instance, "2001-01", "2001-02")
        metadata = both.get_asset_materialization_events()[0].materialization.metadata
        assert metadata["not_published"].value == "Race 2001-02"
        assert metadata["changed_seasons"].value == "2001"
    assert stored_keys(TABLE) == ["2001-01"]


def test_what_is_refused_is_a_warning_of_the_run_and_the_others_are_stored(recorded, lake) -> None:
    odd = rows(5)
    odd[3]["positionText"] = "?"
    races = [race(2001, n, f"2001-0{n + 3}-01", results=odd if n == 2 else rows(5)) for n in (1, 2, 3)]
    recorded(races)
    RawIOManager().write("raw/event_schedule", "2001", schedules(2001))
    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_dynamic_partitions(RACE_EVENTS.name, ["2001-01", "2001-02", "2001-03"])
        (check,) = run(instance, "2001-01", "2001-03").get_asset_check_evaluations()
    assert stored_keys(TABLE) == ["2001-01", "2001-03"]
    assert (check.passed, check.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert check.description == (
        "Race results of season 2001, round 2: driver4: the place `?` is neither a number nor a known letter"
    )


def test_what_is_gone_fails_the_run_once_the_others_are_stored(recorded, lake) -> None:
    races = [race(2001, n, f"2001-0{n + 3}-01", results=rows(5)) for n in (1, 2)]
    recorded(races)
    RawIOManager().write("raw/event_schedule", "2001", schedules(2001))
    results, _ = collected(["2001-01"], schedules(2001))
    RawIOManager().write(TABLE, "2001-01", results)
    recorded([race(2001, 1, "2001-04-01"), races[1]])
    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_dynamic_partitions(RACE_EVENTS.name, ["2001-01", "2001-02"])
        with pytest.raises(ResultsGoneError, match="round 1"):
            run(instance, "2001-01", "2001-02")
    assert stored_keys(TABLE) == ["2001-01", "2001-02"]


def test_a_listing_that_the_service_fails_to_give_keeps_no_other_out(
    server: UpstreamServer, lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("f1lake.upstream.retries.ATTEMPTS", 1)
    RawIOManager().write("raw/event_schedule", "2026", schedules(2026))
    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_dynamic_partitions(RACE_EVENTS.name, ["2026-03"])
        server.faults([{"status": 503, "match": "/2026/3/qualifying", "times": 1}])
        with pytest.raises(UnavailableError) as raised:
            run(instance, "2026-03", "2026-03")
        assert raised.value.failed == ("Qualifying 2026-03",)
        assert set(counts(RawIOManager().read_one(TABLE, "2026-03"))) == {"Race"}
        assert list((settings().home / "pages").iterdir()) == [], "what is stored is asked for anew later"
        run(instance, "2026-03", "2026-03")
    assert set(counts(RawIOManager().read_one(TABLE, "2026-03"))) == {"Race", "Qualifying"}


def test_an_event_of_which_a_page_told_a_driver_twice_is_asked_for_alone(recorded, monkeypatch) -> None:
    recorded([race(2001, n, f"2001-0{n + 3}-01", results=rows(5), qualifying=rows(5)) for n in (1, 2, 3)])
    asked: list[tuple[int | None, int | None]] = []

    def torn(session, name: str, season: int | None, round_: int | None = None) -> pl.DataFrame:
        whole = read_listing(session, name, season, round_)
        if name == "Race":
            return whole
        asked.append((season, round_))
        second = whole.filter(round=2)
        return whole if round_ else pl.concat([whole.filter(pl.col("round") != 2), second.head(4), second[3]])

    monkeypatch.setattr(result_listings, "read_listing", torn)
    results, _ = collected([f"2001-0{n}" for n in (1, 2, 3)], schedules(2001))
    assert asked == [(2001, None), (2001, 2)]
    qualifying = results.filter(session="Qualifying", round=2)["driverId"]
    assert sorted(qualifying) == [f"driver{n}" for n in range(1, 6)]
