"""silver/season_state: who could still win, against every possible end of small seasons and by hand."""

import datetime as dt
import itertools
import random
from collections.abc import Callable
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from f1lake.silver.departures import departures
from f1lake.silver.scoring_rules import ScoringRules, rules_of, scoring_rules
from f1lake.silver.season_state import season_state
from f1lake.silver.session_results import SessionResults
from f1lake_tests.silver.small import calendar, calendars, frame, invented_results, race_day

Made = Callable[..., pl.DataFrame]
POINTS = [3.0, 2.0, 1.0]
DRIVERS = ["a", "b", "c"]


def of_seasons(*seasons: int, **more: Any) -> pl.DataFrame:
    """The rules of seasons, some of them changed."""
    return pl.DataFrame([rules_of(s) | more for s in seasons], schema=ScoringRules.create_empty().schema)


def race(round_: int, order: tuple[str, ...]) -> list[dict[str, Any]]:
    """A race of 2005 with drivers in this order, scored 3, 2, 1."""
    return [
        {
            "season": 2005, "round": round_, "session": "Race", "session_date": race_day(2005, round_),
            "driver_id": driver, "constructor_id": "williams", "position": place,
            "points": (*POINTS, 0.0)[min(place, 4) - 1], "is_start": True, "is_shared_drive": False,
            "status_class": "classified",
        }
        for place, driver in enumerate(order, 1)
    ]  # fmt: skip


def champions(races: list[tuple[str, ...]], best: int) -> set[str]:
    """Who is champion after these races by the best so many results and countback, counted by hand."""
    def worth(driver: str) -> tuple[float, ...]:
        places = [order.index(driver) + 1 for order in races if driver in order]
        points = sorted((POINTS[place - 1] for place in places if place <= 3), reverse=True)[:best]
        return (sum(points), *(places.count(place) for place in range(1, 7)))

    top = max(worth(driver) for driver in DRIVERS)
    return {driver for driver in DRIVERS if worth(driver) == top}


@pytest.mark.parametrize("seed", range(12))
def test_who_can_win_is_who_wins_in_one_of_all_possible_ends(made: Made, seed: int) -> None:
    """Five races, one or two left, in which strangers may take any place."""
    dice = random.Random(seed)
    best, left = dice.choice([2, 3, 99]), dice.choice([1, 2])
    field = [*DRIVERS, "x", "y", "z"]
    held = [tuple(dice.sample(field, 6)) for _ in range(5 - left)]
    ends = list(itertools.permutations(field))
    possible = {
        driver for end in itertools.product(random.Random(0).sample(ends, 150) + _helpful(ends), repeat=left)
        for driver in champions([*held, *end], best)
    }
    rules = of_seasons(
        2005, race_points=POINTS, driver_best_of=[{"first_round": 1, "last_round": 9, "results": best}]
    )
    rows = [row for n, order in enumerate(held, 1) for row in race(n, order) if row["driver_id"] in DRIVERS]
    state = made(season_state, frame(SessionResults, rows), calendars(calendar(2005, 5)), rules, made(departures))
    last = state.filter(pl.col("round") == 5 - left)
    assert set(last.filter("can_win_title")["driver_id"]) == possible


def _helpful(ends: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Ends in which one driver wins and the others come last: if these do not help, none does."""
    return [end for end in ends if end[0] in DRIVERS and set(end[4:]) <= set(DRIVERS)]


@pytest.fixture(scope="module")
def recorded_state(
    made: Made, recorded_results: pl.DataFrame, recorded_bronze: dict[str, pl.DataFrame]
) -> pl.DataFrame:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("F1LAKE_NOW", "2026-07-06")
        days = calendars(recorded_bronze["events"])
        return made(season_state, recorded_results, days, made(scoring_rules), made(departures))


def test_200_random_rows_of_the_recording_are_as_worked_out_by_hand(
    recorded_state: pl.DataFrame, recorded_results: pl.DataFrame, recorded_bronze: dict[str, pl.DataFrame]
) -> None:
    for row in recorded_state.sample(200, seed=5).to_dicts():
        season, as_of = row["season"], row["as_of"]
        rules = rules_of(season)
        races = recorded_bronze["events"].filter(season=season).to_dicts()
        later = [race for race in races if race["event_date"] > as_of]
        sprints = [race for race in races if race["sprintDate"] and race["sprintDate"] > as_of]
        assert (row["rounds_remaining"], row["sprints_remaining"]) == (len(later), len(sprints))
        best_race = rules["race_points"][0] + rules["fastest_lap_points"]
        double = [race for race in later if race["round"] in rules["double_points_rounds"]]
        all_of_it = best_race * len(later) + rules["race_points"][0] * len(double) + sum(
            rules["sprint_points"][0] for _ in sprints
        )
        assert row["points_remaining"] == all_of_it
        own = recorded_results.filter(
            pl.col("season") == season, pl.col("driver_id") == row["driver_id"],
            pl.col("session") != "Qualifying", pl.col("session_date") <= as_of,
        ).to_dicts()  # fmt: skip
        stretches = rules["driver_best_of"] or [{"first_round": 1, "last_round": 99, "results": 999}]
        points = attainable = sum(
            line["points"] for line in rules["driver_decisions"]
            if line["id"] == row["driver_id"] and line["from_round"] <= row["round"] and line["decided_on"] <= as_of
        )
        for stretch in stretches:
            def inside(round_: int, of: dict[str, int] = stretch) -> bool:
                return of["first_round"] <= round_ <= of["last_round"]

            scores = [line["points"] for line in own if inside(line["round"])]
            wins = [best_race * (1 + (race in double)) - (race in double) * rules["fastest_lap_points"]
                    for race in later if inside(race["round"])]  # fmt: skip
            points += sum(sorted(scores, reverse=True)[: stretch["results"]])
            attainable += sum(sorted(scores + wins, reverse=True)[: stretch["results"]])
        attainable += sum(rules["sprint_points"][0] for _ in sprints)
        attainable = points if row["is_out"] else attainable
        assert row["points"] == pytest.approx(points, abs=0.011), row
        assert row["points_attainable"] == pytest.approx(attainable, abs=0.011), row


@pytest.mark.parametrize(
    ("season", "round_", "contenders"),
    [
        (1988, 14, {"prost", "senna"}), (1988, 15, {"senna"}), (2007, 16, {"hamilton", "alonso", "raikkonen"}),
        (2010, 18, {"alonso", "webber", "vettel", "hamilton"}), (1964, 9, {"hill", "surtees", "clark"}),
        (2016, 20, {"rosberg", "hamilton"}), (1997, 16, {"michael_schumacher", "villeneuve"}),
        (2014, 18, {"hamilton", "rosberg"}),
    ],
)  # fmt: skip
def test_who_could_still_be_champion(
    recorded_state: pl.DataFrame, season: int, round_: int, contenders: set[str]
) -> None:
    row = recorded_state.filter(pl.col("season") == season, pl.col("round") == round_, pl.col("is_race_day"))
    assert set(row.filter("can_win_title")["driver_id"]) == contenders


def test_who_can_race_no_more_wins_nothing_more_and_keeps_the_points(recorded_state: pl.DataFrame) -> None:
    def of(season: int, driver: str, round_: int) -> dict[str, Any]:
        asked = recorded_state.filter(season=season, driver_id=driver, round=round_, is_race_day=True)
        return asked.select("points", "is_out", "can_win_title").row(0, named=True)

    assert of(1994, "senna", 2) == {"points": 0.0, "is_out": False, "can_win_title": True}
    assert of(1994, "senna", 3) == {"points": 0.0, "is_out": True, "can_win_title": False}
    assert of(1970, "rindt", 9) == {"points": 45.0, "is_out": False, "can_win_title": True}
    assert of(1970, "rindt", 10) == {"points": 45.0, "is_out": True, "can_win_title": True}
    alone = recorded_state.filter(pl.col("season") == 1970, pl.col("round") == 12, pl.col("can_win_title"))
    assert alone["driver_id"].to_list() == ["rindt"]


def test_verstappen_was_champion_of_2023_on_the_saturday_of_qatar(recorded_state: pl.DataFrame) -> None:
    of_2023 = recorded_state.filter(pl.col("season") == 2023)
    contenders = of_2023.group_by("as_of").agg(pl.col("can_win_title").sum()).sort("as_of")
    assert contenders.filter(pl.col("can_win_title") == 1)["as_of"][0] == dt.date(2023, 10, 7)


def test_every_champion_could_win_all_along_and_is_alone_in_the_end(
    recorded_state: pl.DataFrame
) -> None:
    ends = recorded_state.filter(pl.col("rounds_remaining") == 0, pl.col("is_race_day"), pl.col("can_win_title"))
    assert ends["season"].to_list() == list(range(1950, 2026))
    assert ends["position"].eq(1).all()
    of_champions = recorded_state.join(ends, on=["season", "driver_id"], how="semi")
    assert of_champions["can_win_title"].all()


@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 10_000), day=st.dates(dt.date(2000, 3, 1), dt.date(2004, 5, 1)))
def test_no_state_sees_later_sessions_nor_the_order_of_rows(made: Made, seed: int, day: dt.date) -> None:
    results = invented_results(seed)
    published = calendars(pl.concat(calendar(season, 9, (3, 6, 9)) for season in range(2000, 2005)))
    rules = of_seasons(*range(2000, 2005))
    now = made(season_state, results, published, rules, made(departures))
    shuffled = results.sample(fraction=1, shuffle=True, seed=seed)
    assert_frame_equal(made(season_state, shuffled, published, rules, made(departures)), now)
    then = made(season_state, results.filter(pl.col("session_date") <= day), published, rules, made(departures))
    assert_frame_equal(then, now.filter(pl.col("as_of") <= day))
