"""model/season/simulate: rests of seasons whose outcome is known by hand, and what must hold of every one."""

import numpy as np
import pytest

from f1lake.model.season.simulate import (
    Entrants,
    Finishes,
    Forced,
    Sessions,
    Standing,
    constructors_title,
    counted,
    finishes,
    points_of,
    titles,
)


def entrants(*mean: float, fails: float = 0.0, noise: float = 1e-3, team: tuple[int, ...] = (), sd: float = 0.0):
    n = len(mean)
    return Entrants(
        mean=np.array(mean), covariance=np.eye(n) * sd**2, team=np.array(team or range(n)), fails=np.full(n, fails),
        enters=np.ones(n), drift_car=0.0, drift_driver=0.0, car_weekend=0.0, noise=noise,
    )  # fmt: skip


def sessions(*points: tuple[float, ...], sprints: tuple[int, ...] = (), fastest: float = 0.0) -> Sessions:
    rounds = np.arange(1, len(points) + 1)
    is_sprint = np.isin(rounds, sprints)
    table = np.array(points, float).reshape(len(points), -1)
    return Sessions(table, rounds, is_sprint, np.where(is_sprint, 0.0, fastest))


def standing(*points: float, may_win: tuple[bool, ...] = (), **more) -> Standing:
    may = np.array(may_win or [True] * len(points))
    return Standing(np.array(points), np.zeros(len(points), int), may, **more)


RACE = (10.0, 6.0, 4.0)


def test_who_is_surely_faster_wins_all_and_takes_the_title():
    drivers, _ = titles(entrants(2.0, 1.0, 0.0), sessions(RACE, RACE), standing(0, 7, 0), None, 200, 1)
    assert (drivers.points == [20, 19, 8]).all()
    assert drivers.shares(np.array([True] * 3))[0] == pytest.approx(200.25 / 200.75)


def test_the_excluded_have_exactly_0_and_the_only_one_exactly_1():
    open_ = standing(30, 29, 0, may_win=(True, True, False))
    drivers, _ = titles(entrants(0, 0, 5.0, sd=1.0), sessions(RACE), open_, None, 500, 1)
    shares = drivers.shares(open_.may_win)
    assert shares[2] == 0
    assert 0 < shares[0] < 1
    assert shares.sum() == pytest.approx(1)
    decided = np.array([True, False, False])
    assert drivers.shares(decided).tolist() == [1, 0, 0]


def test_equal_points_go_to_more_wins():
    # one race left: 6 points make the second equal to the leader, who has a win more by winning
    ahead = titles(entrants(1.0, 0.0), sessions((6.0, 6.0)), standing(10, 10), None, 100, 1)[0]
    assert (ahead.champion == 0).all()


def test_a_race_of_double_points_and_a_sprint_count_by_their_own_tables():
    both = sessions((50.0, 36.0), (8.0, 7.0), sprints=(2,))
    drivers, _ = titles(entrants(1.0, 0.0), both, standing(0, 0), None, 10, 1)
    assert (drivers.points == [58, 43]).all()


def test_who_is_never_classified_scores_nothing():
    never = Entrants(**(vars(entrants(2.0, 1.0)) | {"fails": np.array([1.0, 0.0])}))
    drivers, _ = titles(never, sessions(RACE, RACE), standing(0, 0), None, 100, 1)
    assert (drivers.points == [0, 20]).all()


def test_sprints_are_failed_half_as_often():
    often = finishes(entrants(0, 0, fails=0.4), sessions(RACE, RACE, sprints=(1,)), 4000, np.random.default_rng(1))
    assert (~often.is_classified).mean(axis=(0, 2)) == pytest.approx([0.2, 0.4], abs=0.02)


def test_only_the_best_results_count():
    # 9, 6 and 4 so far, of which the best two count (15); a win makes it 18, a second changes nothing
    held = standing(15, 12, rounds=np.array([1, 2, 3]), results=np.array([[9, 6], [6, 6], [4, 0]]), best_of=[(1, 9, 2)])
    points = np.array([[[9.0, 6.0]], [[6.0, 9.0]]], np.float32)
    assert counted(held, np.array([4]), points).tolist() == [[3, 0], [0, 3]]


def test_results_count_in_their_own_stretch_of_the_season():
    held = standing(9, 0, rounds=np.array([1]), results=np.array([[9, 0]]), best_of=[(1, 2, 1), (3, 4, 1)])
    points = np.array([[[9.0, 0.0], [6.0, 9.0], [9.0, 4.0]]], np.float32)  # rounds 2, 3 and 4
    assert counted(held, np.array([2, 3, 4]), points).tolist() == [[9, 9]]


def test_of_constructors_the_best_car_counts_or_all_of_them():
    place = np.array([[[0, 1, 2]]], np.int16)
    done = Finishes(place, np.ones((1, 1, 3), bool), np.full((1, 1), -1, np.int16))
    race, team = sessions(RACE), np.array([0, 0, 1])
    points = points_of(race, done, race.points)

    def total(now: Standing) -> list[float]:
        chance = np.random.default_rng(1)
        return constructors_title(team, race, now, done, points, place == 0, chance).points.tolist()[0]

    assert total(standing(0, 0)) == [16, 4]
    assert total(standing(0, 0, cars=1)) == [10, 4]
    assert total(standing(0, 0, cars=1, table=np.array([8.0, 6.0, 4.0]))) == [8, 4]
    assert total(standing(1, 0, not_counted=np.array([True]))) == [1, 0]


def test_the_fastest_lap_goes_to_one_of_the_classified_within_the_places():
    within = Sessions(np.array([[0.0]]), np.array([1]), np.array([False]), np.array([1.0]), fastest_lap_within=2)
    drivers, _ = titles(entrants(2.0, 1.0, 0.0), within, standing(0, 0, 0), None, 2000, 1)
    assert set(drivers.points.sum(axis=1)) == {1.0}
    assert drivers.points[:, 2].sum() == 0
    assert drivers.points[:, 0].mean() == pytest.approx(1 / 1.8, abs=0.04)


def test_what_is_supposed_to_happen_happens():
    force = Forced(places=np.array([[0, 1]]), fails=np.array([[True, False]]))
    done = finishes(entrants(5.0, 0.0), sessions(RACE), 50, np.random.default_rng(1), force)
    assert (done.place[:, 0, 1] == 0).all()
    assert not done.is_classified[:, 0, 0].any()


def test_the_places_supposed_are_taken_and_the_others_keep_their_order_around_them():
    force = Forced(places=np.array([[2, 0, 0, 1]]), fails=np.zeros((1, 4), bool))
    done = finishes(entrants(9.0, 6.0, 3.0, 0.0), sessions(RACE), 50, np.random.default_rng(1), force)
    assert (done.place[:, 0] == [1, 2, 3, 0]).all()


def test_more_uncertain_strengths_make_a_title_race_more_open():
    def leader(sd: float) -> float:
        outcome, _ = titles(entrants(1.0, 0.0, noise=0.3, sd=sd), sessions(*[RACE] * 5), standing(0, 0), None, 4000, 1)
        return outcome.shares(np.array([True, True]))[0]

    assert leader(0.01) > leader(1.0) > 0.5


def test_the_same_seed_gives_the_same_numbers_and_another_one_others():
    def points(seed: int) -> np.ndarray:
        return titles(entrants(0, 0, 0, sd=1.0), sessions(RACE, RACE), standing(0, 0, 0), None, 50, seed)[0].points

    assert np.array_equal(points(7), points(7))
    assert not np.array_equal(points(7), points(8))
