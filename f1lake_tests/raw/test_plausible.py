"""A source that changes its mind about what a result is, is noticed before anything is kept."""

from typing import Any

import polars as pl
import pytest

from f1lake.partitions import event_key
from f1lake.raw import event_schedule
from f1lake.raw.plausible import TOLD_OF_A_RACE, verify_plausible
from f1lake.raw.session_results import SessionResults, collected_results, wanted_sessions
from f1lake.settings import settings
from f1lake.storage.contract import UNKNOWN_FIELDS, broken_rules
from f1lake.upstream.failures import SourceChangedError
from f1lake.upstream.pages import LAPS, PIT_STOPS, SCHEDULE, STANDINGS, read_listing
from f1lake.upstream.session import collecting
from f1lake_tests.upstream.small import Json, race, rows


def collected() -> pl.DataFrame:
    """The results of the recorded races."""
    with collecting() as session:
        calendar = event_schedule.collected_schedules(session, [2001])
    keys = [event_key(*event) for event in calendar.select("season", "round").iter_rows()]
    with collecting() as session:
        return collected_results(session, wanted_sessions(keys, calendar))


def two_races(**changes: Any) -> list[Json]:
    """Two races of 2001, the driver of the second row of the second one with other values, or without some (None)."""
    entries = rows(4)
    changed = {key: value for key, value in (entries[1] | changes).items() if value is not None}
    return [
        race(2001, 1, "2001-05-01", results=rows(4)),
        race(2001, 2, "2001-06-03", results=[entries[0], changed, *entries[2:]]),
    ]


@pytest.mark.parametrize("field", TOLD_OF_A_RACE)
def test_a_field_that_is_gone_from_a_race_is_an_error_that_names_it(field: str, recorded, lake) -> None:
    recorded(two_races(**{field: None}))
    with pytest.raises(SourceChangedError, match=rf"of season 2001, round 2: a row lacks one of .*{field}"):
        collected()


def test_a_race_that_nobody_won_and_a_place_beyond_the_field_are_errors(recorded, lake) -> None:
    recorded([race(2001, 1, "2001-05-01", results=rows(4)), race(2001, 2, "2001-06-03", results=rows(4)[1:])])
    with pytest.raises(SourceChangedError, match="season 2001, round 2: nobody is first"):
        collected()
    recorded(two_races(grid="31"))
    with pytest.raises(SourceChangedError, match="round 2: a place or grid slot 31 in a field of at most 26"):
        collected()


def test_a_field_as_large_as_the_years_is_none(recorded, lake) -> None:
    recorded(two_races(grid="26"))
    results = collected()
    assert results.height == 8
    with pytest.raises(SourceChangedError, match="31"):
        verify_plausible(results.with_columns(grid=31))
    verify_plausible(results.with_columns(grid=31, season=1961))


def test_what_fastf1_does_not_know_is_kept_with_its_row(recorded, lake) -> None:
    recorded(two_races(helmet="red", FastestLap={"rank": "1", "Sector": {"s1": "20.1"}}))
    results = collected()
    assert broken_rules(SessionResults, results) == {}
    told = results.drop_nulls(UNKNOWN_FIELDS)
    assert told.select("round", "driverId", UNKNOWN_FIELDS).rows() == [
        (2, "driver2", '{"FastestLap": {"Sector": {"s1": "20.1"}}, "helmet": "red"}')
    ]
    assert told["fastestLapRank"].item() == 1


def test_nothing_is_unknown_of_the_whole_history_but_sprint_qualifying(recording, monkeypatch) -> None:
    monkeypatch.setenv("F1LAKE_UPSTREAM", str(recording))
    settings.cache_clear()
    with collecting() as session:
        for what, season, round_ in (
            ("Sprint", None, None), ("Qualifying", 2024, None), ("Race", 1951, None), ("Race", 2025, None),
            (STANDINGS, 1956, None), (PIT_STOPS, 2025, 3), (LAPS, 2025, 3),
        ):
            listing = read_listing(session, what, season, round_)
            assert listing.height > 0
            assert listing[UNKNOWN_FIELDS].null_count() == listing.height, what
        told = read_listing(session, SCHEDULE).drop_nulls(UNKNOWN_FIELDS)
    assert set(told["season"]) == {2023, 2024, 2025, 2026}
    assert told[UNKNOWN_FIELDS].str.contains("Sprint(Shootout|Qualifying)").all()
