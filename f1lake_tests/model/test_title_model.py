import math

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from f1lake.model.learn.stored import InputMissingError
from f1lake.model.learn.title import LEARNERS, ODDS, PUBLISHED, STATURE_WINS
from f1lake_tests.model.small import DRIVERS, ROUNDS, backtest, simulated, title_abt, with_sprint_day


@pytest.fixture(scope="module")
def abt() -> pl.DataFrame:
    return with_sprint_day(title_abt(), 2003)


@pytest.fixture(scope="module")
def tested(made, abt) -> pl.DataFrame:
    return backtest(made, abt, 1991, 2007)


def test_every_entrant_of_every_day_has_a_probability_and_they_sum_to_one(abt, tested):
    asked = abt.filter(pl.col("season") >= 2001).select("season", "as_of", "driver_id")
    days = tested.group_by("learner", "as_of").agg(pl.col("probability").sum())
    assert tested.height == len(LEARNERS) * asked.height
    assert days["probability"].to_list() == pytest.approx([1.0] * days.height)


def test_seasons_with_fewer_than_ten_before_them_have_no_backtest(tested):
    assert tested["season"].unique().sort().to_list() == list(range(2001, 2008))
    assert tested.filter(season=2001).select("fitted_from", "fitted_through").row(0) == (1991, 2000)


def test_a_season_alone_gives_the_rows_of_the_whole_range(made, abt, tested):
    alone = backtest(made, abt.filter(pl.col("season") <= 2004), 2004, 2004)
    assert_frame_equal(alone, tested.filter(season=2004), check_exact=True)


def test_no_season_sees_its_own_result_or_anything_later(made, abt, tested):
    own_or_later = pl.col("season") >= 2004
    other_results = abt.with_columns(
        is_champion=pl.when(own_or_later).then(pl.col("driver_id") == "dot").otherwise("is_champion"),
        points_all_last_40=pl.when(pl.col("season") > 2004).then(99.0).otherwise("points_all_last_40"),
    )
    changed = backtest(made, other_results, 2004, 2004)
    running = pl.col("round") < ROUNDS
    before, after = (rows.filter(running, season=2004).drop("is_champion") for rows in (tested, changed))
    assert_frame_equal(after, before, check_exact=True)


def test_later_days_do_not_change_earlier_odds(made, abt, tested):
    until_then = pl.col("as_of") <= pl.date(2004, 5, 1)
    earlier = backtest(made, abt.filter((pl.col("season") < 2004) | until_then), 2004, 2004)
    assert_frame_equal(earlier, tested.filter(until_then, season=2004), check_exact=True)


def test_the_same_again_is_the_same(made, abt, tested):
    assert_frame_equal(backtest(made, abt, 2006, 2007), tested.filter(pl.col("season") >= 2006), check_exact=True)


def test_what_is_decided_is_certain(tested):
    over = tested.filter(pl.col("season") < 2007, pl.col("round") == ROUNDS)
    certain = over["is_champion"].cast(pl.Float64).to_list()
    assert [over[name].to_list() for name in ODDS] == [certain] * 3


def test_who_cannot_win_any_more_has_exactly_nothing(made, abt):
    last = (pl.col("season") == 2004) & (pl.col("round") == ROUNDS - 1)
    is_out = last & (pl.col("entrant_id") == "dot")
    shares = pl.col("probability", "probability_fixed")
    excluded = simulated(abt).with_columns(pl.when(~is_out).then(shares).otherwise(0.0), is_excluded=is_out)
    tested = backtest(made, abt, 2004, 2004, excluded).filter(last)
    assert set(tested.filter(driver_id="dot")["probability"]) == {0.0}
    assert tested.filter(pl.col("driver_id") != "dot")["probability"].min() > 0


def test_sprint_days_have_odds_that_do_not_count(tested):
    sprint = tested.filter(pl.col("as_of") == pl.date(2003, 4, 30))
    assert sprint.height == len(LEARNERS) * len(DRIVERS)
    assert not sprint["is_scored"].any()
    # before the season, and after all races but the last
    assert tested.filter("is_scored", season=2003)["as_of"].n_unique() == ROUNDS
    assert not tested.filter(season=2007)["is_scored"].any()  # still running


def test_before_the_season_the_points_alone_know_nothing(tested):
    before = tested.filter(pl.col("round") == 0, pl.col("learner") == "points_leader")
    assert before["probability"].to_list() == pytest.approx([1 / len(DRIVERS)] * before.height)
    assert set(before["part"]) == {"before_season"}


def test_what_is_published_is_better_than_knowing_nothing_where_form_tells(tested):
    published = tested.filter("is_scored", "is_champion", learner=PUBLISHED)
    assert -published["probability"].log().mean() < math.log(len(DRIVERS))


def test_a_renamed_feature_is_a_clear_error(made, abt):
    with pytest.raises(InputMissingError, match=STATURE_WINS):
        backtest(made, abt.rename({STATURE_WINS: "wins"}), 2004, 2004)
