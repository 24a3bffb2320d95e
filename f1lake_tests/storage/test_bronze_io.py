"""Tables that are merged: what a write changes, what it leaves alone, and what the change data feed says of it."""

import datetime as dt

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from f1lake.storage.delta_io import BronzeIOManager, ColumnLostError
from f1lake.storage.lake import delta_table, read, version
from f1lake_tests.storage.tables import Calendar, Results, Said, new_table, results

MANAGER = BronzeIOManager()
ON_BOTH_LAKES = settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
KEY = ["season", "round", "session", "driver", "number"]
VALUES = ["position", "is_classified", "points"]

SESSION = st.tuples(st.sampled_from([2025, 2026]), st.sampled_from([1, 2]), st.sampled_from(["Race", "Sprint"]))
CARS = st.dictionaries(
    st.tuples(st.sampled_from("abc"), st.sampled_from([None, 1, 2])),
    st.tuples(st.none() | st.integers(1, 3), st.none() | st.booleans(), st.none() | st.sampled_from([0.0, 0.5])),
    min_size=1, max_size=5,
)
COLLECTIONS = st.lists(st.dictionaries(SESSION, CARS, min_size=1, max_size=4), min_size=1, max_size=4)


def frame_of(sessions: dict) -> pl.DataFrame:
    rows = [(*session, *car, *values) for session, cars in sessions.items() for car, values in cars.items()]
    frame = pl.DataFrame(rows, schema=KEY + VALUES, orient="row", schema_overrides={"is_classified": pl.Boolean})
    return Results.cast(frame.with_columns(teams=pl.lit(["a", "b"]), seen_at=dt.datetime(2026, 7, 5, tzinfo=dt.UTC)))


def stored(name: str) -> pl.DataFrame:
    return read(name).collect().sort(KEY, nulls_last=False)


def feed(name: str, since: int) -> list[tuple]:
    """The change data feed from a version on: (kind of change, driver, position), sorted."""
    changes = pl.DataFrame(delta_table(name).load_cdf(starting_version=since).read_all())
    return sorted(changes.select("_change_type", "driver", "position").rows(), key=str)


@given(collections=COLLECTIONS)
@ON_BOTH_LAKES
def test_merged_sessions_read_back_exactly_and_the_feed_has_every_change_and_no_other(lake, collections) -> None:
    name, expected, at = new_table("bronze", Results), {}, -1
    for collected in collections:
        before = {(*session, *car): values for session, cars in expected.items() for car, values in cars.items()}
        expected |= collected
        after = {(*session, *car): values for session, cars in expected.items() for car, values in cars.items()}
        frame = frame_of(collected).sample(fraction=1, shuffle=True)
        assert MANAGER.write(name, frame, [2025, 2026]) == (before != after)
        assert {row[:5]: row[5:] for row in stored(name).select(KEY + VALUES).rows()} == after
        assert version(name) == at + (before != after)
        if before != after:
            at += 1
            kinds = [row[0] for row in feed(name, at)]
            updated = [key for key in before.keys() & after.keys() if before[key] != after[key]]
            assert kinds.count("insert") == len(after.keys() - before.keys())
            assert kinds.count("delete") == len(before.keys() - after.keys())
            assert kinds.count("update_preimage") == kinds.count("update_postimage") == len(updated)


def test_a_swap_of_two_finishing_places_is_two_rows_before_and_after_in_the_feed(lake) -> None:
    name = new_table("bronze", Results)
    race = [(2026, 9, "Race", driver, number, place) for place, (driver, number) in enumerate(
        [("norris", 1), ("piastri", 81), ("russell", 63)], 1
    )]
    MANAGER.write(name, results(*race, (2025, 9, "Race", "norris", 4, 1)), [2025, 2026])
    swapped = results((*race[0][:5], 2), (*race[1][:5], 1), race[2])
    assert MANAGER.write(name, swapped, [2026])
    assert feed(name, 1) == [
        ("update_postimage", "norris", 2), ("update_postimage", "piastri", 1),
        ("update_preimage", "norris", 1), ("update_preimage", "piastri", 2),
    ]


def test_nothing_new_makes_no_version_even_if_it_was_seen_later(lake) -> None:
    name, frame = new_table("bronze", Results), results((2026, 1, "Race", "a", 1, 1), (2026, 1, "Race", "b", None, 2))
    MANAGER.write(name, frame, [2026])
    assert not MANAGER.write(name, frame, [2026])
    assert not MANAGER.write(name, frame.with_columns(pl.col("seen_at") + dt.timedelta(days=1)), [2026])
    assert version(name) == 0


def test_rows_without_a_number_are_merged_as_themselves(lake) -> None:
    name = new_table("bronze", Results)
    MANAGER.write(name, results((1952, 1, "Race", "a", None, 1), (1952, 1, "Race", "a", 7, 2)), [1952])
    MANAGER.write(name, results((1952, 1, "Race", "a", None, 3), (1952, 1, "Race", "a", 7, 2)), [1952])
    assert stored(name).select("number", "position").rows() == [(None, 3), (7, 2)]
    assert [kind for kind, *_ in feed(name, 1)] == ["update_postimage", "update_preimage"]


@pytest.mark.parametrize(("before", "after"), [(True, False), (False, True), (None, False), (True, None)])
def test_a_boolean_column_is_updated(lake, before, after) -> None:
    name, row = new_table("bronze", Results), (2026, 1, "Race", "a", 1, 1)
    MANAGER.write(name, results(row, is_classified=before), [2026])
    assert MANAGER.write(name, results(row, is_classified=after), [2026])
    assert stored(name)["is_classified"].to_list() == [after]


def test_a_list_column_is_updated(lake) -> None:
    name, row = new_table("bronze", Results), (2026, 1, "Race", "a", 1, 1)
    MANAGER.write(name, results(row, teams=["x"]), [2026])
    assert not MANAGER.write(name, results(row, teams=["x"]), [2026])
    assert MANAGER.write(name, results(row, teams=["x", "y"]), [2026])
    assert stored(name)["teams"].to_list() == [["x", "y"]]


def test_rows_gone_from_a_collected_session_are_deleted_and_other_sessions_and_rounds_stay(lake) -> None:
    name = new_table("bronze", Results)
    rows = [(2026, r, session, driver, 1, 1) for r in (1, 2) for session in ("Race", "Sprint") for driver in "ab"]
    MANAGER.write(name, results(*rows), [2026])
    MANAGER.write(name, results((2026, 2, "Race", "a", 1, 1)), [2026])
    assert stored(name).select("round", "session", "driver").rows() == [
        *[(1, session, driver) for session in ("Race", "Sprint") for driver in "ab"],
        (2, "Race", "a"), (2, "Sprint", "a"), (2, "Sprint", "b"),
    ]
    assert feed(name, 1) == [("delete", "b", 1)]


def test_a_round_that_left_the_calendar_is_deleted_within_the_collected_season(lake) -> None:
    name = new_table("bronze", Calendar)
    rounds = {"season": [2025, 2025, 2026], "round": [1, 2, 1], "circuit": ["x", "y", "z"]}
    calendar = Calendar.cast(pl.DataFrame(rounds))
    MANAGER.write(name, calendar, [2025, 2026])
    MANAGER.write(name, calendar.head(1), [2025])
    assert read(name).collect().sort("season").rows() == [(2025, 1, "x"), (2026, 1, "z")]


def test_a_round_that_is_gone_from_standings_is_deleted(lake) -> None:
    name = new_table("bronze", Said)
    rows = Said.cast(pl.DataFrame({"season": 2026, "round": [4, 5], "driver": "a", "probability": 0.5}))
    MANAGER.write(name, rows, [2026])
    MANAGER.write(name, rows.head(1), [2026])
    assert read(name).collect()["round"].to_list() == [4]


def test_a_season_of_which_nothing_was_collected_keeps_its_rows(lake) -> None:
    name, frame = new_table("bronze", Results), results((2025, 1, "Race", "a", 1, 1))
    MANAGER.write(name, frame, [2025])
    assert not MANAGER.write(name, frame.clear(), [2025])
    assert not MANAGER.write(name, results(), [2025, 2026])
    assert stored(name).height == 1


def test_a_new_column_is_added_with_its_history_kept(lake) -> None:
    name, rows = new_table("bronze", Results), [(2025, 1, "Race", "a", 1, 1), (2026, 1, "Race", "a", 1, 1)]
    MANAGER.write(name, results(*rows), [2025, 2026])
    assert MANAGER.write(name, results(rows[1]).with_columns(tyre=pl.lit("soft")), [2026])
    assert stored(name)["tyre"].to_list() == [None, "soft"]
    assert not MANAGER.write(name, results(*rows).with_columns(tyre=pl.Series([None, "soft"])), [2025, 2026])
    assert version(name) == 2
    assert len(feed(name, 0)) == 4


def test_a_column_that_is_gone_is_an_error_and_nothing_is_written(lake) -> None:
    name, frame = new_table("bronze", Results), results((2026, 1, "Race", "a", 1, 1))
    MANAGER.write(name, frame, [2026])
    with pytest.raises(ColumnLostError, match=r"has \['points'\].*nothing was written"):
        MANAGER.write(name, results((2026, 1, "Race", "a", 1, 2)).drop("points"), [2026])
    assert stored(name)["position"].to_list() == [1]


def test_time_travel_never_ends_no_version_is_cleaned_up(lake) -> None:
    name, frame = new_table("bronze", Results), results((2026, 1, "Race", "a", 1, 1))
    MANAGER.write(name, frame, [2026])
    MANAGER.write(name, frame.with_columns(position=pl.lit(2, pl.Int64)), [2026])
    table = delta_table(name)
    assert table.metadata().configuration == {
        "delta.enableChangeDataFeed": "true", "delta.enableExpiredLogCleanup": "false"
    }
    table.load_as_version(0)
    assert pl.scan_delta(table).collect()["position"].to_list() == [1]
