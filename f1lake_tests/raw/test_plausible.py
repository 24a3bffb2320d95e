"""What a source says may be little or odd: what cannot be believed is kept out alone, by name."""

from typing import Any

import polars as pl
import pytest

from f1lake.partitions import event_key
from f1lake.raw import event_schedule
from f1lake.raw.plausible import TOLD_OF_A_RACE, refused_results
from f1lake.raw.session_results import Collected, SessionResults, collected_results, wanted_sessions
from f1lake.storage.rules import broken_rules
from f1lake.upstream.pages import LAPS, PIT_STOPS, SCHEDULE, STANDINGS, read_listing
from f1lake.upstream.session import collecting
from f1lake.upstream.unknown_fields import UNKNOWN_FIELDS
from f1lake_tests.upstream.small import Json, race, rows


def collected() -> Collected:
    """The results of the recorded races, and what was refused of them."""
    with collecting() as session:
        calendar = event_schedule.collected_schedules(session, [2001]).rows
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


def refused_of(races: list[Json], recorded) -> str:
    """Why the second of two races is refused; the first is stored all the same."""
    recorded(races)
    found = collected()
    assert set(found.rows["round"]) == {1}
    assert broken_rules(SessionResults, found.rows) == {}
    (told,) = found.refused
    return told


@pytest.mark.parametrize("field", TOLD_OF_A_RACE)
def test_a_field_that_is_gone_from_a_whole_race_is_named(field: str, recorded, lake) -> None:
    races = two_races()
    for row in races[1]["results"]:
        del row[field]
    assert refused_of(races, recorded) == f"Race results of season 2001, round 2: no row has {field}"


def test_a_race_that_nobody_won_and_a_place_beyond_the_field_are_refused_alone(recorded, lake) -> None:
    nobody = [race(2001, 1, "2001-05-01", results=rows(4)), race(2001, 2, "2001-06-03", results=rows(4)[1:])]
    assert refused_of(nobody, recorded) == "Race results of season 2001, round 2: nobody is first"
    told = refused_of(two_races(grid="31"), recorded)
    assert told.endswith("round 2: driver2: a place or grid slot 31 in a field of at most 26")


def test_a_letter_that_nobody_knows_and_a_bound_that_is_broken_name_the_driver(recorded, lake) -> None:
    told = refused_of(two_races(positionText="Q"), recorded)
    assert told.endswith("round 2: driver2: the place `Q` is neither a number nor a known letter")
    assert refused_of(two_races(points="-5"), recorded).endswith("round 2: driver2: its points is -5.0")
    driver = rows(2)[1]["Driver"]
    nameless = {key: value for key, value in driver.items() if key != "familyName"}
    assert refused_of(two_races(Driver=nameless), recorded).endswith("round 2: driver2: its familyName is None")


def test_rows_that_come_twice_are_taken_once_and_told(recorded, lake) -> None:
    races = two_races()
    races[1]["results"].insert(2, races[1]["results"][1])
    recorded(races)
    found = collected()
    assert (found.rows.height, found.refused) == (8, [])
    assert found.odd == ["Race results of season 2001, round 2: driver2 stood there twice, taken once"]


def test_rows_that_contradict_each_other_name_the_driver(recorded, lake) -> None:
    races = two_races()
    races[1]["results"].append(races[1]["results"][1] | {"points": "3", "laps": "49"})
    assert refused_of(races, recorded).endswith("round 2: driver2: 2 rows, with other points, laps")
    races[1]["results"][-1] |= {"number": "77"}
    assert refused_of(races, recorded).endswith("round 2: driver2: 2 rows, with other number, points, laps")


def test_a_field_as_large_as_the_years_is_none(recorded, lake) -> None:
    recorded(two_races(grid="26"))
    results = collected().rows
    assert results.height == 8
    grid = {"grid": pl.lit(31, pl.Int64)}
    assert not refused_results(SessionResults, results.with_columns(**grid)).is_empty()
    assert refused_results(SessionResults, results.with_columns(season=pl.lit(1961, pl.Int32), **grid)).is_empty()


def test_what_fastf1_does_not_know_is_kept_with_its_row(recorded, lake) -> None:
    recorded(two_races(helmet="red", FastestLap={"rank": "1", "Sector": {"s1": "20.1"}}))
    results = collected().rows
    assert broken_rules(SessionResults, results) == {}
    told = results.drop_nulls(UNKNOWN_FIELDS)
    assert told.select("round", "driverId", UNKNOWN_FIELDS).rows() == [
        (2, "driver2", '{"FastestLap": {"Sector": {"s1": "20.1"}}, "helmet": "red"}')
    ]
    assert told["fastestLapRank"].item() == 1


def test_nothing_is_unknown_of_the_whole_history_but_sprint_qualifying(recording, monkeypatch) -> None:
    monkeypatch.setenv("F1LAKE_UPSTREAM", str(recording))
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
