"""Seasons, race events, and which seasons a season reads."""

import datetime as dt

import dagster as dg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from f1lake.partitions import (
    ALL_EVENTS,
    RACE_EVENTS,
    SAME_SEASON,
    SEASONS,
    UP_TO_SEASON,
    event_key,
    registered_ranges,
    season_and_round,
    seasons_of,
)


def read_by(mapping: dg.PartitionMapping, *seasons: str) -> list[str]:
    """The seasons that a run of these seasons reads, early in 2026."""
    subset = SEASONS.empty_subset().with_partition_keys(seasons)
    result = mapping.get_upstream_mapped_partitions_result_for_partitions(
        subset, SEASONS, SEASONS, current_time=dt.datetime(2026, 1, 2, tzinfo=dt.UTC)
    )
    return sorted(result.partitions_subset.get_partition_keys())


def test_seasons_run_from_1950_through_the_running_one() -> None:
    keys = SEASONS.get_partition_keys(current_time=dt.datetime(2026, 7, 5, tzinfo=dt.UTC))
    assert keys == [str(season) for season in range(1950, 2027)]


@pytest.mark.parametrize("instant", ["2025-12-31T23:59:59", "2026-01-01T00:00:00", "2026-01-01T00:00:01"])
def test_at_the_turn_of_a_year_the_seasons_are_those_that_dagster_counts(instant: str) -> None:
    now = dt.datetime.fromisoformat(instant).replace(tzinfo=dt.UTC)
    counted = type(SEASONS).get_partition_keys(SEASONS, current_time=now)
    assert SEASONS.get_partition_keys(current_time=now) == counted


def test_a_season_reads_itself_and_all_earlier_ones_and_nothing_later() -> None:
    assert read_by(UP_TO_SEASON, "1950") == ["1950"]
    assert read_by(UP_TO_SEASON, "1952") == ["1950", "1951", "1952"]
    assert read_by(UP_TO_SEASON, "2026") == [str(season) for season in range(1950, 2027)]
    assert read_by(UP_TO_SEASON, "1951", "1953") == ["1950", "1951", "1952", "1953"]


def test_the_first_season_is_read_for_a_long_time_to_come() -> None:
    assert 1950 - UP_TO_SEASON.start_offset >= 2050


def test_a_season_may_read_its_own_only_and_any_event() -> None:
    assert read_by(SAME_SEASON, "1999") == ["1999"]
    assert isinstance(ALL_EVENTS, dg.AllPartitionMapping)
    assert RACE_EVENTS.name == "race_event"


@given(season=st.integers(1950, 2100), round_=st.integers(1, 30))
def test_a_race_event_has_a_key_that_says_season_and_round(season, round_) -> None:
    assert season_and_round(event_key(season, round_)) == (season, round_)


def test_race_event_keys_sort_as_the_calendar_does() -> None:
    assert event_key(2026, 9) == "2026-09"
    assert sorted([event_key(2026, 10), event_key(2026, 9)]) == ["2026-09", "2026-10"]


@pytest.mark.parametrize("key", ["2026", "2026-", "monaco", "", "2026-9a"])
def test_what_is_no_race_event_key_is_an_error(key) -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        season_and_round(key)


def test_seasons_of_keys_of_either_kind_come_sorted_and_once() -> None:
    assert seasons_of(["2026-09", "2025-24", "2026-01", "1950"]) == [1950, 2025, 2026]


KEYS = [event_key(season, round_) for season in range(2010, 2014) for round_ in range(1, 6)]


@given(registered=st.permutations(KEYS), wanted=st.sets(st.sampled_from(KEYS)))
def test_ranges_of_the_registered_order_hold_exactly_the_wanted_keys_and_are_the_fewest(registered, wanted) -> None:
    ranges = registered_ranges(wanted, registered)
    held = [registered[registered.index(first):registered.index(last) + 1] for first, last in ranges]
    assert sorted(key for keys in held for key in keys) == sorted(wanted)
    starts = [i for i, key in enumerate(registered) if key in wanted and (i == 0 or registered[i - 1] not in wanted)]
    assert len(ranges) == len(starts)


def test_a_key_that_is_not_registered_is_an_error() -> None:
    with pytest.raises(ValueError, match="2030-01"):
        registered_ranges(["2030-01"], KEYS)


def test_the_years_before_a_season_are_counted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    before = read_by(UP_TO_SEASON, "2025")
    monkeypatch.setattr(dg.TimeWindowPartitionsDefinition, "_reverse_iterate_time_windows", lambda *_: iter(()))
    assert read_by(UP_TO_SEASON, "2025") == before == [str(season) for season in range(1950, 2026)]
