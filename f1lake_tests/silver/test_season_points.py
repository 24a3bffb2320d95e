"""Points of a season after each of its sessions, and who is ahead of whom on equal ones."""

import datetime as dt
from typing import Any

import polars as pl

from f1lake.silver.season_points import season_points
from f1lake.silver.session_results import SessionResults
from f1lake_tests.silver.small import frame, invented_results, race_day


def row(round_: int, driver: str, position: int, points: float = 0.0, **more: Any) -> dict[str, Any]:
    return {
        "season": 2021, "round": round_, "session": "Race", "session_date": race_day(2021, round_),
        "driver_id": driver, "constructor_id": "williams", "position": position, "points": points,
        "is_start": True, "is_shared_drive": False, "status_class": "classified",
    } | more  # fmt: skip


def after(rows: list[dict[str, Any]], day: dt.date) -> dict[str, dict[str, Any]]:
    """The season on a day, by driver."""
    stood = season_points(frame(SessionResults, rows).lazy()).filter(pl.col("as_of") == day).collect()
    return {found["driver_id"]: found for found in stood.to_dicts()}


def test_sprint_points_count_from_the_day_of_the_sprint_and_sprint_wins_are_no_wins() -> None:
    saturday = race_day(2021, 2) - dt.timedelta(days=1)
    rows = [
        row(1, "hamilton", 1, 25.0),
        row(2, "verstappen", 1, 3.0, session="Sprint", session_date=saturday),
        row(2, "verstappen", 1, 25.0),
    ]
    on_saturday, on_sunday = after(rows, saturday), after(rows, race_day(2021, 2))
    assert (on_saturday["verstappen"]["points"], on_saturday["verstappen"]["wins"]) == (3.0, 0)
    assert not on_saturday["verstappen"]["is_race_day"]
    assert on_saturday["verstappen"]["points_gap"] == 22.0
    assert (on_sunday["verstappen"]["points"], on_sunday["verstappen"]["wins"]) == (28.0, 1)
    assert on_sunday["hamilton"]["points_gap"] == 3.0


def test_equal_points_go_to_more_wins_then_to_more_second_places() -> None:
    rows = [
        row(1, "one_win", 1, 10.0), row(1, "two_seconds", 2, 5.0), row(1, "one_second", 3, 4.0),
        row(2, "two_seconds", 2, 5.0), row(2, "one_second", 2, 6.0), row(2, "one_win", 20),
    ]  # fmt: skip
    stood = after(rows, race_day(2021, 2))
    assert [stood[name]["position"] for name in ("one_win", "two_seconds", "one_second")] == [1, 2, 3]


def test_many_second_places_do_not_outweigh_one_win() -> None:
    rows = [row(n, "second", 2, 1.0) for n in range(1, 24)] + [row(1, "winner", 1, 23.0)]
    assert after(rows, race_day(2021, 23))["winner"]["position"] == 1


def test_places_behind_the_twelfth_break_a_tie_too_but_those_of_the_unclassified_do_not() -> None:
    rows = [row(1, "a", 14), row(1, "b", 13), row(1, "c", 12, status_class="retired"), row(2, "a", 20)]
    stood = after(rows, race_day(2021, 2))
    assert [stood[name]["position"] for name in "bac"] == [1, 2, 3]


def test_drivers_without_anything_between_them_share_the_position() -> None:
    rows = [row(1, "winner", 1, 25.0), *(row(1, name, 20, status_class="retired") for name in ("a", "b"))]
    assert sorted(found["position"] for found in after(rows, race_day(2021, 1)).values()) == [1, 2, 2]


def test_half_points_and_a_later_change_of_team() -> None:
    rows = [
        row(1, "russell", 2, 9.0),
        row(2, "bottas", 1, 12.5),
        row(3, "russell", 3, 7.5, constructor_id="mercedes"),
    ]
    assert after(rows, race_day(2021, 2))["russell"]["constructor_id"] == "williams"
    stood = after(rows, race_day(2021, 3))
    assert (stood["russell"]["points"], stood["russell"]["constructor_id"]) == (16.5, "mercedes")


def test_a_driver_stands_in_the_season_from_the_first_session_on_and_stays_there() -> None:
    rows = [row(1, "a", 1), row(2, "b", 1), row(3, "a", 1)]
    assert [set(after(rows, race_day(2021, n))) for n in (1, 2, 3)] == [{"a"}, {"a", "b"}, {"a", "b"}]


def test_earlier_standings_do_not_change_with_later_sessions() -> None:
    results = invented_results(11)
    day = race_day(2002, 5)
    then = season_points(results.lazy().filter(pl.col("session_date") <= day)).collect()
    now = season_points(results.lazy()).filter(pl.col("as_of") <= day).collect()
    assert then.sort("as_of", "driver_id").equals(now.sort("as_of", "driver_id"))
