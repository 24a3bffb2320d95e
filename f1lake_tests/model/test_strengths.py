import numpy as np
import polars as pl
import pytest

from f1lake.model.strength.estimate import maximum_likelihood
from f1lake.model.strength.follow import Filter, field_of
from f1lake.model.strength.parameters import FIXED, TO_2005
from f1lake.model.strength.scores import observed
from f1lake_tests.model import small_history as small


@pytest.fixture(scope="module")
def rows():
    return observed(small.results(2000, 2003, 8), small.constructors(2000, 2003))


@pytest.fixture(scope="module")
def states(rows):
    return [after for _, after, _ in Filter(field_of(rows), FIXED).run()]


def strength(field, state, name):
    return state.mean[state.places_of(np.array([field.names.index(name)]))[0]]


def test_places_become_normal_scores_and_who_was_not_classified_shows_no_finish(rows):
    race = rows.filter(season=2000, round=1)
    ranked = race.sort("grid")["qualifying_score"].to_list()
    assert ranked == sorted(ranked, reverse=True)
    assert ranked[0] == pytest.approx(-ranked[-1])
    assert race.filter(pl.col("status_class") == "retired")["finish_score"].null_count() == (
        race.filter(pl.col("status_class") == "retired").height
    )


def test_who_failed_to_qualify_stands_behind_the_grid_and_the_pit_lane_shows_nothing():
    race = small.results(2000, 2000, 1).with_columns(
        grid=pl.when(pl.col("driver_id").is_in(["ann", "bea"])).then(None).otherwise("grid"),
        status_class=pl.when(pl.col("driver_id") == "ann").then(pl.lit("failed_to_qualify")).otherwise("status_class")
        .cast(pl.Enum(["classified", "retired", "not_classified", "disqualified", "excluded", "withdrawn",
                       "failed_to_qualify"])),
    )  # fmt: skip
    score = dict(observed(race, small.constructors(2000, 2000)).select("driver_id", "qualifying_score").iter_rows())
    assert score["bea"] is None
    assert score["ann"] == min(value for value in score.values() if value is not None)


def test_better_cars_and_drivers_are_found(rows, states):
    field = field_of(rows)
    found = {name: strength(field, states[-1], name) for name in field.names}
    assert found["ann"] > found["bea"]
    assert found["red"] > found["green"] > found["blue"]
    together = {d: found[d] + found[car] for d, car in small.DRIVERS.items()}
    assert sorted(together, key=lambda d: -together[d])[0] == "ann"
    assert sorted(together, key=lambda d: together[d])[0] == "fay"


def test_later_sessions_change_no_earlier_state(rows, states):
    until = rows.filter(pl.col("season") <= 2001)
    earlier = [after for _, after, _ in Filter(field_of(until), FIXED).run()]
    assert len(earlier) == 16
    for ours, theirs in zip(earlier, states, strict=False):
        assert np.array_equal(ours.mean, theirs.mean)
        assert np.array_equal(ours.covariance, theirs.covariance)


@pytest.mark.parametrize(("season", "first"), [(2000, 0), (2002, 15), (2003, 23)])
def test_days_from_a_season_on_are_asked_about_its_states_and_the_last_one_before_it(rows, states, season, first):
    kept = Filter(field_of(rows), FIXED).states_for(season)
    assert list(kept) == list(range(first, 32))
    for session, state in kept.items():
        assert np.array_equal(state.mean, states[session].mean)
        assert np.array_equal(state.covariance, states[session].covariance)


def test_a_winter_makes_less_sure_and_a_session_surer(rows):
    spread = [(np.diag(before.covariance).mean(), np.diag(after.covariance).mean(), after.season)
              for before, after, _ in Filter(field_of(rows), FIXED).run()]  # fmt: skip
    assert all(after < before for before, after, _ in spread)
    winters = [i for i in range(1, len(spread)) if spread[i][2] > spread[i - 1][2]]
    assert len(winters) == 3
    assert all(spread[i][0] > spread[i - 1][1] + TO_2005.driver_race**2 for i in winters)


def test_who_was_away_for_years_returns_with_what_was_known_and_less_surely():
    rows = observed(small.results(2000, 2006, 6), small.constructors(2000, 2006))
    rows = rows.filter((pl.col("driver_id") != "ann") | ~pl.col("season").is_between(2001, 2005))
    field = field_of(rows)
    runs = list(Filter(field, FIXED).run())
    code = np.array([field.names.index("ann")])
    last_followed = 3 * 6 - 1  # he last raced in 2000 and is remembered for two seasons more
    left, back = runs[last_followed][1], next(before for before, _, _ in runs if before.season == 2006)
    assert back.mean[back.places_of(code)] == pytest.approx(left.mean[left.places_of(code)])
    variance = [np.diag(state.covariance)[state.places_of(code)][0] for state in (left, back)]
    assert variance[1] > variance[0] + TO_2005.driver_winter**2


def test_hindsight_ends_where_the_filter_ends_and_is_surer_before(rows, states):
    smooth = Filter(field_of(rows), FIXED).smoothed()
    assert np.array_equal(smooth[-1].mean, states[-1].mean)
    for seen, now in zip(smooth[:-1], states[:-1], strict=True):
        assert (np.diag(seen.covariance) <= np.diag(now.covariance) + 1e-12).all()


def test_maximum_likelihood_is_likelier_than_where_it_began(rows):
    field = field_of(rows)

    def likelihood(parameters):
        return sum(likelihood for _, _, likelihood in Filter(field, {1950: parameters}).run())

    assert likelihood(maximum_likelihood(field, FIXED, 2000, 2003, iterations=3)) > likelihood(TO_2005)
