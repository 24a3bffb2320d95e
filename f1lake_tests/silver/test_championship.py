"""How a championship is counted: drops, ties, cars, decisions, and nothing from the future."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from f1lake.silver.championship import championship
from f1lake.silver.scoring_rules import ScoringRules, rules_of
from f1lake.silver.session_results import SessionResults
from f1lake_tests.silver.small import frame, invented_results, race_day

Made = Callable[..., pl.DataFrame]


def row(round_: int, driver: str, position: int, points: float = 0.0, **more: Any) -> dict[str, Any]:
    return {
        "season": 2021, "round": round_, "session": "Race", "session_date": race_day(2021, round_),
        "driver_id": driver, "constructor_id": "williams", "position": position, "points": points,
        "is_start": True, "is_shared_drive": False, "status_class": "classified",
    } | more  # fmt: skip


def rules(*seasons: int, **more: Any) -> pl.LazyFrame:
    """The rules of seasons (of 2021 if none), some of them changed."""
    schema = ScoringRules.create_empty().schema
    return pl.LazyFrame([rules_of(season) | more for season in seasons or (2021,)], schema=schema)


def stood(rows: list[dict[str, Any]], round_: int, whose: Any = "driver", **more: Any) -> dict[str, dict[str, Any]]:
    """The championship of 2021 after a round, by entrant."""
    found = championship(frame(SessionResults, rows).lazy(), rules(**more), whose, with_hindsight=True)
    return {line["id"]: line for line in found.filter(pl.col("round") == round_).collect().to_dicts()}


def test_only_the_best_results_count_stretch_by_stretch() -> None:
    best_of = [{"first_round": 1, "last_round": 2, "results": 1}, {"first_round": 3, "last_round": 9, "results": 2}]
    rows = [row(n, "a", 1, points) for n, points in enumerate([9.0, 6.0, 4.0, 3.0, 4.0], 1)]
    assert [stood(rows, n, driver_best_of=best_of)["a"]["points"] for n in range(1, 6)] == [900, 900, 1300, 1600, 1700]
    assert stood(rows, 5, driver_best_of=best_of)["a"]["points_dropped"] == 900


def test_equal_points_go_to_more_wins_then_to_more_second_places() -> None:
    rows = [
        row(1, "one_win", 1, 10.0), row(1, "two_seconds", 2, 5.0), row(1, "one_second", 3, 4.0),
        row(2, "two_seconds", 2, 5.0), row(2, "one_second", 2, 6.0), row(2, "one_win", 20),
    ]  # fmt: skip
    assert [stood(rows, 2)[name]["position"] for name in ("one_win", "two_seconds", "one_second")] == [1, 2, 3]


def test_places_of_the_unclassified_decide_only_what_is_left_equal() -> None:
    retired = {"status_class": "retired"}
    rows = [
        row(1, "a", 9), row(1, "b", 9), row(1, "c", 3, **retired),
        row(2, "a", 15, **retired), row(2, "b", 14, **retired),
    ]  # fmt: skip
    assert [stood(rows, 2)[name]["position"] for name in "bac"] == [1, 2, 3]


def test_what_is_equal_in_everything_shares_the_place() -> None:
    assert [line["position"] for line in stood([row(1, "a", 7), row(1, "b", 7)], 1).values()] == [1, 1]


def test_a_constructor_scores_with_all_cars_or_the_best() -> None:
    rows = [row(1, "a", 1, 25.0), row(1, "b", 2, 18.0)]
    assert stood(rows, 1, "constructor")["williams"]["points"] == 4300
    assert stood(rows, 1, "constructor", constructor_cars=1)["williams"]["points"] == 2500


def test_a_constructors_own_points_leave_out_the_fastest_lap() -> None:
    rows = [row(1, "a", 2, 7.0), row(1, "b", 9, 1.0)]
    own = {"constructor_race_points": [8.0, 6.0, 4.0]}
    assert stood(rows, 1, "constructor", **own)["williams"]["points"] == 600


def test_a_shared_car_wins_once_for_its_constructor_and_once_for_each_driver() -> None:
    rows = [row(1, name, 1, 4.0, is_shared_drive=True) for name in ("fangio", "fagioli")]
    assert stood(rows, 1, "constructor")["williams"]["wins"] == 1
    assert {line["wins"] for line in stood(rows, 1).values()} == {1}


def test_rounds_of_the_drivers_only_do_not_count_for_constructors() -> None:
    rows = [row(1, "a", 1, 8.0), row(2, "a", 1, 8.0)]
    assert stood(rows, 2, "constructor", not_for_constructors=[2])["williams"]["points"] == 800


def test_a_decision_counts_from_its_round_on_or_from_its_day() -> None:
    rows = [row(1, "a", 1, 25.0), row(1, "b", 2, 18.0), row(2, "b", 1, 25.0)]
    decision = {"id": "a", "from_round": 1, "points": -10.0, "is_excluded": True, "decided_on": race_day(2021, 2),
                "why": "…", "source": "…"}  # fmt: skip
    after = stood(rows, 1, driver_decisions=[decision])
    assert (after["a"]["position"], after["a"]["points"], after["b"]["position"]) == (None, 1500, 1)
    decided = rules(driver_decisions=[decision])
    then = championship(frame(SessionResults, rows).lazy(), decided, "driver", with_hindsight=False)
    assert then.filter(pl.col("id") == "a").sort("round").collect()["position"].to_list() == [1, None]


def test_points_never_fall_below_nothing() -> None:
    decision = {"id": "a", "from_round": 1, "points": -15.0, "is_excluded": False, "decided_on": dt.date(2021, 1, 1),
                "why": "…", "source": "…"}  # fmt: skip
    assert stood([row(1, "a", 7, 6.0)], 1, driver_decisions=[decision])["a"]["points"] == 0


@pytest.mark.parametrize("whose", ["driver", "constructor"])
def test_later_sessions_and_the_order_of_rows_change_nothing(whose: Any) -> None:
    results, day = invented_results(11), race_day(2002, 5)
    of_years = rules(*range(2000, 2005))
    now = championship(results.lazy(), of_years, whose, with_hindsight=True).collect()
    shuffled = results.sample(fraction=1, shuffle=True, seed=3).lazy()
    assert_frame_equal(
        championship(shuffled, of_years, whose, with_hindsight=True).collect(), now, check_row_order=False
    )
    then = championship(
        results.lazy().filter(pl.col("session_date") <= day), of_years, whose, with_hindsight=True
    ).collect()
    assert_frame_equal(then, now.filter(pl.col("as_of") <= day), check_row_order=False)
