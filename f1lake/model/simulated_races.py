"""model/simulated_races: what strengths and reliability alone say of every race, at each stage.

Nothing is fitted here but what `strength/` follows. A weekend's form, the car's and the driver's, is part of what
qualifying shows: once it is known, each one's pace is what strength and qualifying say together.
"""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import dagster as dg
import dataframely as dy
import numpy as np
import polars as pl

from f1lake.abt.race_abt import AFTER_PRACTICE, BEFORE_QUALIFYING, GRID, KEY, QUALIFYING, race_key
from f1lake.model.season.known import Past, past_of, with_fixed_constants
from f1lake.model.season.shares import ranks
from f1lake.model.season.simulate import PSEUDO, RACE_SIMULATIONS, Entrants, Finishes, Sessions, finishes
from f1lake.model.strength.follow import FIELD_LEVEL_VAR
from f1lake.model.strength.parameters import FIRST_LEARNED
from f1lake.model.strength.practice import DRIVER, PRACTICE, practice_gaps
from f1lake.model.strength.scores import BEHIND_THE_GRID, place_scores, qualifying_scores, with_cars
from f1lake.partitions import SAME_SEASON, SEASONS, UP_TO_SEASON
from f1lake.storage.contract import enforced, table

ON_PODIUM = 3
DRAW = {BEFORE_QUALIFYING: 0, QUALIFYING: 1, GRID: 2}
"""By stage, which draw of chance it is: one for each stage that is simulated."""


class SimulatedRaces(dy.Schema):
    """What the simulations say of the entrants of abt/race_abt.

    After practice, which the strengths do not follow, they say what they said before, and the columns of practice what
    was seen: the logits make something of both. `pace_fixed` and `p_win_fixed` are `pace` and `p_win` with the
    strengths' constants of seasons to 2005.
    """

    locals().update(race_key())
    pace = dy.Float64(description="expected pace on the weekend, less the mean of the entrants")
    pace_sd = dy.Float64(min=0, description="standard deviation of what is not known about the pace")
    car = dy.Float64(description="strength of the car, less the mean of the entrants")
    pace_rank = dy.Int32(min=1, description="place by `pace`")
    car_rank = dy.Int32(min=1, description="place of the car among the cars")
    p_retired = dy.Float64(min=0, max=1, description="that the driver is not classified")
    p_win = dy.Float64(min=0, max=1, description="that the driver wins")
    p_podium = dy.Float64(min=0, max=1, description="that the driver is among the first three")
    p_points = dy.Float64(min=0, max=1, description="that the driver takes a place with points")
    pace_fixed = dy.Float64(description="`pace` with the constants of seasons to 2005")
    p_win_fixed = dy.Float64(min=0, max=1, description="`p_win` with the constants of seasons to 2005")
    locals().update(PRACTICE)


@dg.asset(
    **table("model/simulated_races", SimulatedRaces),
    partitions_def=SEASONS,
    ins={
        "abt": dg.AssetIn(["abt", "race_abt"], partition_mapping=SAME_SEASON),
        "results": dg.AssetIn(["silver", "session_results"], partition_mapping=UP_TO_SEASON),
        "constructors": dg.AssetIn(["silver", "constructors"], partition_mapping=UP_TO_SEASON),
        "rules": dg.AssetIn(["silver", "scoring_rules"], partition_mapping=SAME_SEASON),
        "practice": dg.AssetIn(["silver", "practice_results"], partition_mapping=SAME_SEASON),
        "calendar": dg.AssetIn(["silver", "events"], partition_mapping=SAME_SEASON),
    },
)
@enforced(SimulatedRaces)
def simulated_races(
    abt: pl.LazyFrame, results: pl.LazyFrame, constructors: pl.LazyFrame, rules: pl.LazyFrame,
    practice: pl.LazyFrame, calendar: pl.LazyFrame,
) -> pl.DataFrame:
    """Every race and stage of the seasons of the run, as many at once as there are cores."""
    columns = ["season", "round", "stage", "driver_id", "constructor_id", "known_on", "grid", "is_starting"]
    entrants, everybody, teams = abt.select(columns).collect(), results.collect(), constructors.collect()
    past = past_of(everybody, teams, entrants)
    places = rules.select("season", with_points=pl.col("race_points").list.len()).collect()
    stages = entrants.partition_by("stage", as_dict=True)
    practised = stages.pop((AFTER_PRACTICE,), entrants.clear())
    simulated = pl.concat([entrants.clear(), *stages.values()])
    rows = with_cars(shown(simulated, everybody), teams).join(places, on="season").sort(KEY)
    fixed = with_fixed_constants(past)
    races = rows.partition_by("season", "round", "stage", maintain_order=True)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        by_race = list(pool.map(lambda race: simulated_race(past, fixed, race), races))
    none = SimulatedRaces.create_empty().drop(PRACTICE)
    drawn = {name: [value for race in by_race for value in race[name]] for name in none.columns if name not in KEY}
    done = pl.concat([none, rows.select(KEY).hstack(pl.DataFrame(drawn, dict(none.drop(KEY).schema)))])
    seen = practised.select(KEY).join(practice_gaps(practice, calendar).collect(), on=DRIVER, how="left")
    before = done.filter(pl.col("stage") == BEFORE_QUALIFYING).drop("stage")
    after = seen.join(before, on=DRIVER)
    return pl.concat([done, after], how="diagonal").select(SimulatedRaces.column_names()).sort(KEY)


def shown(entrants: pl.DataFrame, results: pl.DataFrame) -> pl.DataFrame:
    """The entrants with the `score` of what qualifying showed: its times, else the places; null before it."""
    times = qualifying_scores(results)
    is_timed = times.select("season", "round", is_timed=pl.lit(value=True)).unique()
    place = pl.when("is_starting").then("grid").otherwise(BEHIND_THE_GRID)
    by_place = place_scores(place, ["season", "round", "stage"])
    return (
        entrants.join(times, on=["season", "round", "driver_id"], how="left")
        .join(is_timed, on=["season", "round"], how="left")
        .with_columns(score=pl.when("is_timed").then("time_score").otherwise(by_place))
        .with_columns(score=pl.when(pl.col("stage") != BEFORE_QUALIFYING).then("score"))
    )


def simulated_race(past: Past, fixed: Past, race: pl.DataFrame) -> dict[str, list[float]]:
    """What is simulated of one race and stage, a list a column, one value an entrant.

    `race` has `season`, `stage`, `driver_id`, `car`, `known_on`, `score`, `is_starting` and `with_points`.
    """
    now = Drawn.of(past, race)
    then = Drawn.of(fixed, race) if race["season"][0] >= FIRST_LEARNED else now
    with_points = race["with_points"][0]
    columns = {
        "pace": now.pace - now.pace.mean(),
        "pace_sd": now.pace_sd,
        "car": now.car - now.car.mean(),
        "pace_rank": ranks(now.pace),
        "car_rank": 1 + np.unique(-now.car, return_inverse=True)[1],
        "p_retired": now.fails,
        "p_win": now.share_within(1),
        "p_podium": now.share_within(ON_PODIUM),
        "p_points": now.share_within(with_points),
        "pace_fixed": then.pace - then.pace.mean(),
        "p_win_fixed": then.share_within(1),
    }
    return {name: values.tolist() for name, values in columns.items()}


@dataclass(frozen=True)
class Drawn:
    """A race drawn many times, one number an entrant: `pace`, its standard deviation, and the strength of the `car`.

    `fails` is the probability not to be classified, `starting` whether the driver starts, `done` the finishes drawn.
    """

    pace: np.ndarray
    pace_sd: np.ndarray
    car: np.ndarray
    fails: np.ndarray
    starting: np.ndarray
    done: Finishes

    @classmethod
    def of(cls, past: Past, race: pl.DataFrame) -> "Drawn":
        """Draw a race from what was known before its weekend, and from what qualifying showed."""
        season, known_on, stage = (race[name][0] for name in ("season", "known_on", "stage"))
        cars, drivers = past.field.codes_of(race["car"], race["driver_id"])
        state, session = past.state_before(known_on, season, np.union1d(cars, drivers), is_open=True)
        p = past.filter.parameters(season)
        pace, covariance = state.together(cars, drivers)
        car = state.mean[state.places_of(cars)]
        covariance = covariance + p.team_weekend**2 * (cars[:, None] == cars) + p.weekend**2 * np.eye(len(cars))
        score = race["score"].fill_null(np.nan).to_numpy()
        pace, covariance = given_qualifying(pace, covariance, score, p.qualifying)
        starting = race["is_starting"].to_numpy()
        entrants = Entrants(
            pace, covariance, np.zeros(len(cars), np.int64), past.reliability.rates(session, cars),
            starting.astype(float), drift_car=0.0, drift_driver=0.0, car_weekend=0.0, noise=p.finish,
        )  # fmt: skip
        one = Sessions(np.zeros((1, 1)), np.ones(1, np.int64), np.zeros(1, bool), np.zeros(1))
        seed = np.random.default_rng(10 * known_on.toordinal() + DRAW[stage])
        done = finishes(entrants, one, RACE_SIMULATIONS, seed)
        return cls(pace, np.sqrt(np.diag(covariance)), car, entrants.fails, starting, done)

    def share_within(self, places: int) -> np.ndarray:
        """How often each entrant is classified within so many places; they sum to about that number."""
        within = ((self.done.place < places) & self.done.is_classified)[:, 0].sum(axis=0) + PSEUDO
        within = np.where(self.starting, within, 0.0)
        return np.minimum(within / within.sum() * places, 1.0)


def given_qualifying(
    pace: np.ndarray, covariance: np.ndarray, score: np.ndarray, noise: float
) -> tuple[np.ndarray, np.ndarray]:
    """Mean and covariance of the paces once the scores of qualifying are seen (NaN: not seen)."""
    seen = np.flatnonzero(~np.isnan(score))
    spread = covariance[np.ix_(seen, seen)] + noise**2 * np.eye(len(seen)) + FIELD_LEVEL_VAR
    gain = np.linalg.solve(spread, covariance[seen]).T
    return pace + gain @ (score[seen] - pace[seen]), covariance - gain @ covariance[seen]
