"""abt/title_abt: who is asked about, on which day, knowing what, and the answer."""

import datetime as dt
from collections.abc import Callable

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from f1lake.abt.title_abt import COUNTS, TitleAbt, title_abt
from f1lake.silver.champions import Champions
from f1lake.silver.departures import departures
from f1lake.silver.driver_features import FEATURES, driver_features
from f1lake.silver.scoring_rules import scoring_rules
from f1lake.silver.season_state import season_state
from f1lake_tests.silver.small import calendar, calendars, frame, invented_results, race_day

Made = Callable[..., pl.DataFrame]

SEASONS = range(2000, 2005)
ROUNDS = 9


def abt(
    made: Made, results: pl.DataFrame, rounds: int = ROUNDS, decided: dict[int, str] | None = None
) -> pl.DataFrame:
    """The table of an invented history, its sprints on the Saturdays of every third round."""
    schedule = pl.concat([calendar(season, rounds, sprints=(3, 6, 9)) for season in SEASONS])
    over = frame(
        Champions, [{"season": season, "driver_id": driver} for season, driver in (decided or {}).items()]
    )
    days = calendars(schedule)
    state = made(season_state, results, days, made(scoring_rules), made(departures))
    return made(title_abt, results, days, state, made(driver_features, results), over)


@pytest.fixture(scope="module")
def recorded_abt(
    made: Made, recorded_results: pl.DataFrame, recorded_bronze: dict[str, pl.DataFrame],
    recorded_champions: pl.DataFrame,
) -> pl.DataFrame:  # fmt: skip
    """The table of all recorded seasons."""
    days = calendars(recorded_bronze["events"])
    state = made(season_state, recorded_results, days, made(scoring_rules), made(departures))
    features = made(driver_features, recorded_results)
    return made(title_abt, recorded_results, days, state, features, recorded_champions)


def test_every_race_day_every_sprint_day_and_the_first_of_january(made: Made) -> None:
    days = abt(made, invented_results(1)).filter(season=2001).select(
        "as_of", "round", "is_before_season", "is_race_day", "rounds_remaining"
    ).unique().sort("as_of")  # fmt: skip
    saturday = race_day(2001, 3) - dt.timedelta(days=1)
    assert days.head(5).rows() == [
        (dt.date(2001, 1, 1), 0, True, False, 9),
        (race_day(2001, 1), 1, False, True, 8),
        (race_day(2001, 2), 2, False, True, 7),
        (saturday, 3, False, False, 7),
        (race_day(2001, 3), 3, False, True, 6),
    ]
    assert days.height == 1 + ROUNDS + 3


def test_entrants_are_those_with_a_row_so_far_and_before_the_season_those_of_the_first_race(
    made: Made,
) -> None:
    results = invented_results(2)
    made_of_it = abt(made, results)
    for (as_of, is_before), rows in made_of_it.filter(season=2003).group_by("as_of", "is_before_season"):
        so_far = results.filter(pl.col("season") == 2003, pl.col("session_date") <= as_of)
        first = results.filter(season=2003, round=1, session="Race")
        assert set(rows["driver_id"]) == set((first if is_before else so_far)["driver_id"])


def test_features_are_those_of_the_day(made: Made) -> None:
    results = invented_results(3)
    made_of_it = abt(made, results).filter(~pl.col("is_before_season"))
    stored = made(driver_features, results)
    assert_frame_equal(
        made_of_it.select("as_of", "driver_id", *FEATURES),
        stored.join(made_of_it, on=["as_of", "driver_id"], how="semi").select(
            "as_of", "driver_id", *FEATURES
        ),
    )


def test_before_the_season_features_are_those_of_the_end_of_the_last_one(made: Made) -> None:
    results = invented_results(4)
    before = abt(made, results).filter(season=2002, round=0)
    stored = made(driver_features, results).filter(pl.col("as_of") == race_day(2001, ROUNDS))
    known = before.join(stored, on="driver_id", how="semi")
    assert not known.is_empty()
    assert_frame_equal(
        known.select("driver_id", *FEATURES),
        stored.join(before, on="driver_id", how="semi").select("driver_id", *FEATURES),
    )


def test_a_newcomer_has_counts_of_nothing_and_no_means(made: Made) -> None:
    first = abt(made, invented_results(5)).filter(season=2000, round=0)
    assert first.height > 3
    assert first.select(pl.sum_horizontal(COUNTS).sum()).item() == 0
    means = [feature for feature in FEATURES if feature not in COUNTS]
    assert len(means) == 4 * 9
    assert first.select(pl.all_horizontal(pl.col(means).is_null()).all()).item()


def test_before_the_season_nobody_has_points_or_a_place(made: Made) -> None:
    before = abt(made, invented_results(6)).filter("is_before_season")
    assert before.select("points_season", "points_gap", "wins_season").unique().rows() == [(0.0, 0.0, 0)]
    assert before["position_season"].is_null().all()


def test_nothing_before_the_season_depends_on_what_happens_in_it(made: Made) -> None:
    """Entry and cars of round 1 are known beforehand; grid, result and points of it are not."""
    results = invented_results(7)
    in_2003 = pl.col("season") == 2003
    otherwise = results.with_columns(
        pl.when(in_2003).then(30 - pl.col("position")).otherwise("position").alias("position"),
        pl.when(in_2003).then(pl.lit(0.0)).otherwise("points").alias("points"),
        pl.when(in_2003).then(None).otherwise("grid").alias("grid"),
    ).filter(~in_2003 | (pl.col("round") == 1))  # fmt: skip
    before = [abt(made, frame_).filter(season=2003, round=0) for frame_ in (results, otherwise)]
    assert_frame_equal(*before)


def test_no_row_sees_the_future(made: Made) -> None:
    """Later sessions added: earlier rows do not change."""
    results = invented_results(8)
    day = race_day(2003, 4)
    then = abt(made, results.filter(pl.col("session_date") <= day)).filter(pl.col("as_of") <= day)
    now = abt(made, results).filter(pl.col("as_of") <= day)
    assert_frame_equal(then, now, check_exact=True)


def test_the_answer_is_null_while_the_season_runs(made: Made) -> None:
    made_of_it = abt(made, invented_results(9), decided={2000: "driver_1"})
    over, running = made_of_it.filter(season=2000), made_of_it.filter(season=2004)
    assert over.filter("is_champion")["driver_id"].unique().to_list() == ["driver_1"]
    assert over["is_champion"].null_count() == 0
    assert running["is_champion"].is_null().all()


def test_of_a_season_without_any_session_those_of_the_last_race_are_expected(made: Made) -> None:
    results = invented_results(10, seasons=2)
    made_of_it = abt(made, results)
    assert made_of_it["season"].unique().sort().to_list() == [2000, 2001, 2002]  # of 2003 nothing is known
    last = results.filter(session="Race", season=2001).filter(pl.col("round") == pl.col("round").max())
    expected = made_of_it.filter(season=2002)
    assert expected["as_of"].unique().to_list() == [dt.date(2002, 1, 1)]
    assert set(expected["driver_id"]) == set(last["driver_id"])


def test_every_recorded_champion_is_an_entrant_from_the_first_day_but_one(recorded_abt: pl.DataFrame) -> None:
    """Ascari, 1952, was in Indianapolis while the first race was run in Bern."""
    days = (
        recorded_abt.filter(pl.col("season") < 2026)
        .group_by("season", "as_of")
        .agg(pl.col("is_champion").sum())
    )
    assert days["is_champion"].max() == 1
    assert days.filter(is_champion=0)["season"].unique().sort().to_list() == [1952]


def test_seasons_that_opened_on_new_years_day_are_asked_about_on_the_day_before(
    recorded_abt: pl.DataFrame,
) -> None:
    before = recorded_abt.filter("is_before_season").select("season", "as_of").unique()
    assert before.height == 77
    others = before.filter(pl.col("as_of") != pl.date(pl.col("season"), 1, 1))
    assert sorted(others.rows()) == [(1965, dt.date(1964, 12, 31)), (1968, dt.date(1967, 12, 31))]


def test_a_champion_who_comes_back_after_years_is_no_newcomer(recorded_abt: pl.DataFrame) -> None:
    """Schumacher, 2010: three seasons away, in no row at the end of 2009."""
    row = recorded_abt.row(
        by_predicate=(pl.col("as_of") == dt.date(2010, 1, 1)) & (pl.col("driver_id") == "michael_schumacher"),
        named=True,
    )
    assert (row["wins_all_life"], row["wins_all_last_10"], row["constructor_id"]) == (91, 0, "mercedes")


def test_the_season_after_round_9_of_2026(recorded_abt: pl.DataFrame) -> None:
    last = recorded_abt.filter(pl.col("as_of") == pl.col("as_of").max())
    assert last.select("season", "round", "rounds_remaining").unique().rows() == [(2026, 9, 13)]
    assert last["is_champion"].is_null().all()
    leader = last.sort("position_season").row(0, named=True)
    assert (leader["driver_id"], leader["points_gap"]) == ("antonelli", 0.0)
    assert set(recorded_abt.columns) == set(TitleAbt.column_names())
