import dagster as dg
import polars as pl
from polars.testing import assert_frame_equal

from f1lake.odds.strengths import strengths
from f1lake.odds.strengths_in_hindsight import strengths_in_hindsight
from f1lake_tests.model import small_history as small
from f1lake_tests.silver.small import race_day


def of_season(made, results, season):
    context = dg.build_asset_context(partition_key=str(season))
    return made(strengths, context, results, small.constructors(2000, season))


def test_a_season_has_its_drivers_and_cars_on_each_day_and_no_later_race_changes_them(made):
    rows = of_season(made, small.results(2000, 2002, 5), 2002)
    assert rows["as_of"].unique().sort().to_list() == [race_day(2002, n) for n in range(1, 6)]
    assert rows.filter(as_of=race_day(2002, 1)).group_by("kind").len().sort("kind")["len"].to_list() == [3, 6]
    until = of_season(made, small.results(2000, 2002, 5, held_of_last=2), 2002)
    assert_frame_equal(until, rows.filter(pl.col("as_of") <= race_day(2002, 2)), check_exact=True)


def test_hindsight_ranks_the_best_driver_first_whatever_the_car(made):
    rows = made(strengths_in_hindsight, small.results(2000, 2004, 8), small.constructors(2000, 2004))
    assert rows["season"].unique().sort().to_list() == list(range(2000, 2005))
    best = rows.filter(kind="driver", rank=1)
    assert best["entity_id"].to_list() == ["ann"] * 5
    assert rows.filter(kind="car", rank=1)["entity_id"].to_list() == ["red"] * 5
