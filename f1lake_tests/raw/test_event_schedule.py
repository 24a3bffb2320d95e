"""The schedule is collected with few requests, formats matched by date, times in UTC."""

import datetime as dt

import dagster as dg
import polars as pl
import pytest

from f1lake.raw.event_schedule import EventSchedule, collected_schedules, event_schedule, session_ends
from f1lake.storage.raw_io import RawIOManager, stored_keys
from f1lake.storage.rules import broken_rules
from f1lake.upstream.failures import SourceHasNoneError, UnavailableError, raise_one_of
from f1lake.upstream.session import collecting
from f1lake_tests.recorded_upstream import UpstreamServer
from f1lake_tests.upstream.small import race


def collected(*seasons: int) -> pl.DataFrame:
    with collecting() as session:
        schedules, odd, errors = collected_schedules(session, list(seasons))
    raise_one_of(errors)
    assert odd == []
    assert broken_rules(EventSchedule, schedules) == {}
    return schedules


def at(monkeypatch: pytest.MonkeyPatch, instant: str) -> None:
    monkeypatch.setenv("F1LAKE_NOW", instant)


def test_all_seasons_of_the_recording(recording, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("F1LAKE_UPSTREAM", str(recording))
    schedules = collected(*range(1950, 2027))
    assert schedules.height == 1171
    assert schedules["sprintDate"].count() == 30
    silverstone = schedules.row(by_predicate=(pl.col("season") == 2026) & (pl.col("round") == 9), named=True)
    assert silverstone["sprintTime"] == dt.datetime(2026, 7, 4, 11, tzinfo=dt.UTC)
    assert silverstone["raceTime"] == dt.datetime(2026, 7, 5, 14, tzinfo=dt.UTC)
    with_format = schedules.filter(pl.col("EventFormat").is_not_null())
    assert with_format.height == schedules.filter(pl.col("season") >= 2018).height, "Las Vegas included"
    assert schedules["source"].unique().to_list() == ["recorded"]


def test_few_seasons_are_asked_for_one_by_one_and_a_moved_race_has_no_format(server: UpstreamServer) -> None:
    server.calendar({"season": 2026, "round": 4, "shift_days": 7})
    schedules = collected(1957, 2026)
    assert schedules.filter(pl.col("EventFormat").is_null() & (pl.col("season") == 2026))["round"].to_list() == [4]
    assert schedules["source"].unique().to_list() == ["jolpica"]
    assert server.log()["requests"] == 3


def test_a_moved_race_keeps_its_format_and_the_next_day_takes_one_request(server: UpstreamServer) -> None:
    def collect() -> pl.DataFrame:
        with collecting() as session:
            schedules = collected_schedules(session, [2026]).rows
            requests.append(session.requests_sent)
        RawIOManager().write("raw/event_schedule", "2026", schedules)
        return schedules

    requests: list[int] = []
    before = collect()
    server.calendar({"season": 2026, "round": 4, "shift_days": 7})
    moved, day_after = collect(), collect()
    assert moved.filter(round=4)["raceDate"].item() == before.filter(round=4)["raceDate"].item() + dt.timedelta(days=7)
    assert moved["EventFormat"].equals(before["EventFormat"])
    assert day_after.drop("collected_at").equals(moved.drop("collected_at"))
    assert requests == [2, 2, 1]


def test_a_season_without_a_schedule_is_waited_for_or_an_error(recorded, monkeypatch: pytest.MonkeyPatch) -> None:
    recorded([race(2001, 1, "2001-05-01")])
    at(monkeypatch, "2002-01-10T00:00:00Z")
    assert collected(2001, 2002)["season"].to_list() == [2001]
    with pytest.raises(SourceHasNoneError, match="schedule of season 2000"):
        collected(2000, 2001)


def test_an_event_that_contradicts_itself_is_refused_alone_and_keeps_what_the_lake_has(recorded, lake) -> None:
    races = [race(2001, n, f"2001-0{n + 3}-01") for n in (1, 2, 3)]
    recorded([*races, races[0], races[1] | {"raceName": "Grand Prix of Elsewhere"}])
    (check,) = _run("2001").get_asset_check_evaluations()
    told = "schedule of season 2001, round 2: Grand Prix 2: 2 rows, with other raceName"
    assert (check.passed, check.severity, check.description) == (False, dg.AssetCheckSeverity.WARN, told)
    assert _rounds_and_names() == [(1, "Grand Prix 1"), (3, "Grand Prix 3")]
    recorded(races)
    (check,) = _run("2001").get_asset_check_evaluations()
    assert check.passed
    recorded([races[0] | {"raceName": "Grand Prix One"}, races[1], races[1] | {"date": "2001-05-08"}, races[2]])
    _run("2001")
    assert _rounds_and_names() == [(1, "Grand Prix One"), (2, "Grand Prix 2"), (3, "Grand Prix 3")]


def _run(first: str, last: str | None = None) -> dg.ExecuteInProcessResult:
    tags = {"dagster/asset_partition_range_start": first, "dagster/asset_partition_range_end": last or first}
    with dg.DagsterInstance.ephemeral() as instance:
        return dg.materialize(
            [event_schedule], instance=instance, resources={"raw_io_manager": RawIOManager()}, tags=tags
        )


def _rounds_and_names() -> list[tuple[int, str]]:
    return RawIOManager().read("raw/event_schedule").sort("round").select("round", "raceName").collect().rows()


def test_formats_of_a_new_season_may_come_later_and_an_old_one_is_taken_without(
    recorded, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded([race(2030, 1, "2030-05-01")])
    at(monkeypatch, "2030-01-10T00:00:00Z")
    assert collected(2030)["EventFormat"].to_list() == [None]
    at(monkeypatch, "2031-01-10T00:00:00Z")
    with collecting() as session:
        schedules, odd, errors = collected_schedules(session, [2030])
    assert (schedules["EventFormat"].to_list(), errors) == ([None], {})
    assert [told.partition(":")[0] for told in odd] == ["season 2030 has no formats"]


def test_a_schedule_service_that_refuses_takes_no_calendar_away(server: UpstreamServer) -> None:
    server.faults([{"status": 403, "match": "/f1schedule/", "times": 9}])
    with collecting() as session:
        schedules, odd, errors = collected_schedules(session, [2025, 2026])
    assert (sorted(set(schedules["season"])), errors) == ([2025, 2026], {})
    assert schedules["EventFormat"].null_count() == schedules.height
    assert len(odd) == 2
    assert "status 403" in odd[0]


def test_a_season_that_the_service_fails_to_give_keeps_no_other_out(
    server: UpstreamServer, lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("f1lake.upstream.retries.ATTEMPTS", 1)
    server.faults([{"status": 503, "match": "/f1/1957", "times": 1}])
    with pytest.raises(UnavailableError) as raised:
        _run("1956", "1958")
    assert raised.value.failed == ("1957",)
    assert stored_keys("raw/event_schedule") == ["1956", "1958"]


def test_a_session_has_ended_four_hours_after_its_start_or_the_day_after() -> None:
    noon = dt.datetime(2001, 5, 1, 12, tzinfo=dt.UTC)
    schedule = pl.DataFrame(
        {
            "season": [2001] * 3,
            "round": [1, 2, 3],
            "raceDate": [noon.date()] * 3,
            "raceTime": [noon, None, noon],
            "qualifyingDate": [noon.date(), None, None],
            "qualifyingTime": [None, None, noon],
            "sprintDate": [None, None, noon.date()],
            "sprintTime": [None, None, None],
            "EventFormat": ["conventional", None, "sprint"],
        },
        schema_overrides={name: pl.Datetime("us", "UTC") for name in ("raceTime", "qualifyingTime", "sprintTime")},
    )
    ends = session_ends(schedule.lazy()).collect()
    found = {(round_, session): ended for _, round_, session, ended in ends.iter_rows()}
    four, midnight = noon + dt.timedelta(hours=4), dt.datetime(2001, 5, 2, tzinfo=dt.UTC)
    assert found == {
        (1, "Race"): four,
        (2, "Race"): midnight,
        (3, "Race"): four,
        (1, "Qualifying"): midnight,
        (2, "Qualifying"): midnight,
        (3, "Qualifying"): four,
        (3, "Sprint"): midnight,
    }
