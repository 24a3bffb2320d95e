import dagster as dg
import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from f1lake.abt import race_abt as module
from f1lake.abt.race_abt import AFTER_PRACTICE, BEFORE_QUALIFYING, GRID, QUALIFYING, RaceAbt, race_abt
from f1lake.model import simulated_races as simulated
from f1lake.model.learn.race import FRIDAY, LEARNERS, LOGIT, RaceFit, race_fit
from f1lake.model.learn.race_seen import race_rows
from f1lake.model.learn.stored import InputMissingError
from f1lake.model.race_model import race_model
from f1lake.model.race_scores import race_scores
from f1lake.model.race_versions import OFFERED, race_versions
from f1lake.model.registry import store
from f1lake.model.season.shares import filled
from f1lake.model.simulated_races import simulated_races
from f1lake.model.strength.practice import PRACTICE
from f1lake.odds.race_odds import race_odds
from f1lake.silver.constructor_features import constructor_features
from f1lake.silver.departures import departures
from f1lake.silver.driver_circuit_features import driver_circuit_features
from f1lake.silver.driver_features import driver_features
from f1lake.silver.driver_form import driver_form
from f1lake.silver.practice_results import PracticeResults
from f1lake.silver.race_pace import RacePace
from f1lake_tests.f1db import NO_PRACTICE
from f1lake_tests.model import small_history as small
from f1lake_tests.silver.small import frame

FIRST, LAST, ROUNDS = 1998, 2006, 4
RACE = ["season", "round", "stage"]


@pytest.fixture(scope="module", autouse=True)
def few_simulations():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(simulated, "RACE_SIMULATIONS", 200)
        yield


@pytest.fixture(scope="module")
def tables(made):
    """abt/race_abt and model/simulated_races of the made-up history, `held` races of the last season run."""

    def make(
        held: int = 2, change=lambda results: results, practice: pl.DataFrame = NO_PRACTICE
    ) -> tuple[pl.DataFrame, pl.DataFrame]:
        results = change(small.results(FIRST, LAST, ROUNDS, held))
        days, teams = small.events(FIRST, LAST, ROUNDS), small.constructors(FIRST, LAST)
        features = made(driver_features, results), made(constructor_features, results, teams)
        circuits = made(driver_circuit_features, results, days)
        form = made(driver_form, results, RacePace.create_empty())
        abt = made(race_abt, results, days, *features, circuits, form, made(departures), practice)
        return abt, made(simulated_races, abt, results, teams, small.rules(FIRST, LAST), practice, days)

    return make


@pytest.fixture(scope="module")
def both(tables):
    return tables()


def backtest(made, abt, races, first, last):
    context = dg.build_asset_context(partition_key_range=dg.PartitionKeyRange(str(first), str(last)))
    return made(race_model, context, abt, races).sort("learner", *RACE, "driver_id")


@pytest.fixture(scope="module")
def tested(made, both):
    return backtest(made, *both, FIRST, LAST)


def test_the_next_race_is_asked_about_before_qualifying_only(both):
    coming = both[0].filter(season=LAST, round=3)
    assert coming["stage"].unique().to_list() == ["before_qualifying"]
    assert coming.height == 6
    assert coming["is_winner"].null_count() == 6
    assert both[0].filter(season=LAST, round=4).is_empty()


@pytest.mark.parametrize("held", [0, 2])
def test_the_order_of_qualifying_is_known_of_the_next_race_and_no_grid(tables, held, monkeypatch):
    monkeypatch.setattr(module, "FEWEST_TIMES", 4)

    def qualified(results):
        next_race = small.results(FIRST, LAST, ROUNDS).filter(season=LAST, round=held + 1)
        return pl.concat([
            results,
            next_race.cast({"session": pl.String})
            .with_columns(session=pl.lit("Qualifying"), position=pl.col("grid"), grid=None, points=0.0, is_start=False)
            .with_columns(pl.col("driver_id").replace("fay", "newcomer"))
            .cast(dict(results.schema)),
        ])

    abt, races = tables(held, qualified)
    coming = abt.filter(season=LAST, round=held + 1)
    assert coming.group_by("stage").len().sort("stage")["len"].to_list() == [6, 6]
    assert coming.filter(stage=GRID).is_empty()
    assert sorted(coming.filter(stage=QUALIFYING)["grid"]) == [1, 2, 3, 4, 5, 6]
    assert set(coming["driver_id"]) == {"ann", "bea", "cyd", "dot", "eve", "newcomer"}
    assert coming["is_winner"].null_count() == 12
    assert races.filter(season=LAST, round=held + 1).height == 12


def test_before_qualifying_nobody_knows_the_grid(both):
    before = both[0].filter(stage="before_qualifying")
    assert before["grid"].null_count() == before.height
    assert both[0].filter(stage=GRID, round=1)["grid"].null_count() == 0


def test_one_wins_three_reach_the_podium_and_the_places_with_points_are_filled(tested):
    sums = tested.group_by("learner", *RACE).agg(pl.col("p_win", "p_podium", "p_points").sum())
    assert sums["p_win"].to_list() == pytest.approx([1] * sums.height)
    assert sums["p_podium"].to_list() == pytest.approx([3] * sums.height)
    assert sums["p_points"].to_list() == pytest.approx([6] * sums.height)
    assert set(sums["learner"]) == set(LEARNERS) - {FRIDAY}


@pytest.fixture(scope="module")
def practised(tables):
    """The tables of a lake with practice, where who is fastest in practice wins."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "FEWEST_TIMES", 4)
        yield tables(practice=telling_practice(held=3))


def telling_practice(held: int, sessions: int = 3, first: int = FIRST) -> pl.DataFrame:
    """silver/practice_results in the order in which the races ended, those of the next race by name."""
    order = small.results(first, LAST, ROUNDS, held).select("season", "round", "driver_id", place="position")
    return pl.concat([
        frame(PracticeResults, [
            {"season": season, "round": round_, "session": f"Practice {n}", "f1db_driver_id": who, "driver_id": who,
             "best_ms": 80_000 + 300 * place + n}
            for season, round_, who, place in order.iter_rows()
        ])
        for n in range(1, sessions + 1)
    ])  # fmt: skip


def test_after_practice_the_entrants_are_those_of_before_and_the_simulation_says_the_same(practised):
    abt, races = practised
    before, after = (races.filter(stage=stage).drop("stage") for stage in (BEFORE_QUALIFYING, AFTER_PRACTICE))
    assert after.height == before.height == abt.filter(stage=AFTER_PRACTICE).height
    assert_frame_equal(before.drop(PRACTICE), after.drop(PRACTICE))
    assert before["practice_mean"].null_count() == before.height
    assert after["practice_mean"].null_count() == 0
    assert abt.filter(season=LAST, round=3, stage=AFTER_PRACTICE)["grid"].null_count() == 6


def test_practice_is_learned_from_and_friday_alone_has_a_logit_of_its_own(made, practised, tables, monkeypatch):
    tested = backtest(made, *practised, LAST, LAST)
    cost = (
        tested.filter(pl.col("is_winner").fill_null(value=False))
        .group_by("stage", "learner").agg(-pl.col("p_win").log().mean()).sort("stage", "learner")
    )
    of = {(stage, learner): loss for stage, learner, loss in cost.iter_rows()}
    assert of[AFTER_PRACTICE, LOGIT] < of[BEFORE_QUALIFYING, LOGIT]
    assert of[AFTER_PRACTICE, FRIDAY] < of[BEFORE_QUALIFYING, LOGIT]
    assert (BEFORE_QUALIFYING, FRIDAY) not in of
    monkeypatch.setattr(module, "FEWEST_TIMES", 4)
    known = telling_practice(held=3)
    of_friday = known.filter(~((pl.col("season") == LAST) & (pl.col("session") == "Practice 3")))
    odds = backtest(made, *tables(practice=of_friday), LAST, LAST).filter(stage=AFTER_PRACTICE, season=LAST)
    ours, friday = (odds.filter(learner=name).drop("learner") for name in (LOGIT, FRIDAY))
    assert_frame_equal(ours.select(*RACE, "driver_id", "p_win"), friday.select(*RACE, "driver_id", "p_win"))


def test_a_later_practice_changes_nothing_earlier(made, practised, tables, monkeypatch):
    monkeypatch.setattr(module, "FEWEST_TIMES", 4)
    known = telling_practice(held=3)
    is_last = (pl.col("season") == LAST) & (pl.col("round") == 3)
    other = known.with_columns(best_ms=pl.when(is_last).then(200_000 - pl.col("best_ms")).otherwise("best_ms"))
    abt, races = tables(practice=PracticeResults.cast(other))
    now, then = (backtest(made, *both_, LAST, LAST).filter(pl.col("round") < 3) for both_ in (practised, (abt, races)))
    columns = [*RACE, "driver_id", "learner", "p_win", "p_podium", "p_points"]
    assert_frame_equal(now.select(columns), then.select(columns), check_exact=True)


def test_with_too_few_seasons_of_practice_there_are_no_odds_after_it(made, tables, monkeypatch):
    monkeypatch.setattr(module, "FEWEST_TIMES", 4)
    abt, races = tables(practice=telling_practice(held=3).filter(pl.col("season") >= LAST - 3))
    tested = backtest(made, abt, races, LAST, LAST)
    assert set(tested["stage"]) == {BEFORE_QUALIFYING, GRID}


def test_each_season_is_judged_by_those_before_it(tested):
    assert tested["season"].unique().sort().to_list() == list(range(FIRST + 5, LAST + 1))
    assert (tested["fitted_through"] < tested["season"]).all()


def test_later_races_change_no_earlier_probability(made, tested, tables):
    earlier = backtest(made, *tables(held=1), LAST, LAST).filter(round=1)
    now = tested.filter(season=LAST, round=1)
    columns = [*RACE, "driver_id", "learner", "p_win", "p_podium", "p_points"]
    assert_frame_equal(earlier.select(columns), now.select(columns), check_exact=True)


def test_the_better_driver_in_the_better_car_is_the_favourite(tested):
    best = tested.filter(learner="logit").sort("p_win", descending=True).unique(RACE, keep="first")
    assert (best["driver_id"] == "ann").mean() > 0.7


def test_who_failed_to_qualify_has_exactly_nothing_once_the_grid_is_known(made, both):
    abt, races = both
    first_race = (pl.col("season") == LAST) & (pl.col("round") == 1) & (pl.col("stage") == GRID)
    last = first_race & (pl.col("driver_id") == "ann")
    without = RaceAbt.cast(abt.with_columns(is_starting=pl.when(last).then(False).otherwise("is_starting")))
    odds = backtest(made, without, races, LAST, LAST).filter(last)
    assert set(odds.select("p_win", "p_podium", "p_points").to_numpy().ravel()) == {0.0}


def test_a_stored_fit_says_the_same(both, tmp_path):
    rows = race_rows(both[0].lazy(), both[1].lazy())
    fit = race_fit(rows.filter(pl.col("season") < LAST))
    assert fit is not None
    fit.save(tmp_path / "fit")
    asked = rows.filter(season=LAST)
    again = RaceFit.load(tmp_path / "fit").probabilities(asked.reverse())
    assert_frame_equal(again, fit.probabilities(asked), check_exact=True)


def test_races_that_were_not_simulated_are_a_clear_error(both):
    with pytest.raises(InputMissingError, match=r"\[2006\]"):
        race_rows(both[0].lazy(), both[1].lazy().filter(pl.col("season") < LAST))


def test_every_learner_is_scored_on_the_same_races(made, tested):
    scores = made(race_scores, tested)
    whole = scores.filter(period="to_2005", target="win")
    assert set(whole["decisions"]) == {3 * ROUNDS}
    assert whole.height == 2 * len(set(LEARNERS) - {FRIDAY})
    assert scores.filter(learner="grid_frequency")["gain"].abs().max() == 0


@pytest.mark.usefixtures("empty_store")
def test_the_fit_of_all_finished_seasons_is_registered_and_publishes_what_was_measured(made, both, tested):
    finished = pl.DataFrame({"season": range(FIRST, LAST)}, schema={"season": pl.Int32})
    trained = made(race_versions, *both, finished, tested, made(race_scores, tested))
    assert trained["learner"].to_list() == list(OFFERED)
    assert trained.select("fitted_through", "seasons").unique().rows() == [(LAST - 1, LAST - FIRST)]
    store.crown(RaceFit.NAME, 1)
    odds = made(race_odds, *both, tested)
    same = odds.join(tested.filter(learner=OFFERED[0]), on=[*RACE, "driver_id"], suffix="_tested")
    assert same.height == odds.height == tested.filter(learner=OFFERED[0]).height
    assert same["p_win"].to_list() == pytest.approx(same["p_win_tested"].to_list(), abs=1e-12)
    assert set(odds.filter(season=LAST)["model_version"]) == {"1"}


def test_shares_fill_the_places_and_none_exceeds_one():
    starting = np.array([True, True, True, False])
    shares = filled(np.array([0.9, 0.05, 0.05, 0.0]), np.zeros(4), np.full(4, 2), starting, np.zeros(4, int))
    assert shares.sum() == pytest.approx(2)
    assert shares.max() <= 1
    assert shares[3] == 0
