"""model/simulated_races: what strengths and reliability alone say of every race, before qualifying and with the grid.

Nothing is fitted here but what `strength/` follows. A weekend's form, the car's and the driver's, is part of what
the grid shows: with the grid known, each one's pace is what strength and grid say together.
"""

import os
from concurrent.futures import ThreadPoolExecutor

import dagster as dg
import dataframely as dy
import numpy as np
import polars as pl

from f1lake.abt.race_abt import GRID, STAGES
from f1lake.model.season.known import Past, past_of
from f1lake.model.season.simulate import Entrants, Finishes, Sessions, finishes
from f1lake.model.strength.follow import FIELD_LEVEL_VAR
from f1lake.model.strength.scores import BEHIND_THE_GRID, place_scores
from f1lake.partitions import SAME_SEASON, SEASONS, UP_TO_SEASON
from f1lake.storage.contract import enforced, table

SIMULATIONS = 2_000
ON_PODIUM = 3
PSEUDO = 0.25
"""Whoever starts has at least so much of one simulation: never seen is not impossible."""


class SimulatedRaces(dy.Schema):
    """What the simulations say of the entrants of abt/race_abt."""

    season = dy.Int32(primary_key=True, min=1950, description="year of the championship")
    round = dy.Int32(primary_key=True, min=1, description="place in the season's calendar, from 1")
    stage = dy.Enum(STAGES, primary_key=True, description="what is known: before qualifying, or with the grid")
    driver_id = dy.String(primary_key=True, description="the source's id of the driver")
    pace = dy.Float64(description="expected pace on the weekend, less the mean of the entrants")
    pace_sd = dy.Float64(min=0, description="standard deviation of what is not known about the pace")
    car = dy.Float64(description="strength of the car, less the mean of the entrants")
    pace_rank = dy.Int32(min=1, description="place by `pace`")
    car_rank = dy.Int32(min=1, description="place of the car among the cars")
    p_retired = dy.Float64(min=0, max=1, description="that the driver is not classified")
    p_win = dy.Float64(min=0, max=1, description="that the driver wins")
    p_podium = dy.Float64(min=0, max=1, description="that the driver is among the first three")
    p_points = dy.Float64(min=0, max=1, description="that the driver takes a place with points")


@dg.asset(
    **table("model/simulated_races", SimulatedRaces),
    partitions_def=SEASONS,
    ins={
        "abt": dg.AssetIn(["abt", "race_abt"], partition_mapping=SAME_SEASON),
        "results": dg.AssetIn(["silver", "session_results"], partition_mapping=UP_TO_SEASON),
        "constructors": dg.AssetIn(["silver", "constructors"], partition_mapping=UP_TO_SEASON),
        "rules": dg.AssetIn(["silver", "scoring_rules"], partition_mapping=SAME_SEASON),
    },
)
@enforced(SimulatedRaces)
def simulated_races(
    abt: pl.LazyFrame, results: pl.LazyFrame, constructors: pl.LazyFrame, rules: pl.LazyFrame
) -> pl.DataFrame:
    """Every race and stage of the seasons of the run, as many at once as there are cores."""
    teams = constructors.select("season", "constructor_id", "lineage_id").collect()
    past = past_of(results.collect(), constructors.collect())
    places = rules.select("season", with_points=pl.col("race_points").list.len()).collect()
    columns = ["season", "round", "stage", "driver_id", "constructor_id", "known_on", "grid", "is_starting"]
    rows = (
        abt.select(columns).collect()
        .join(teams, on=["season", "constructor_id"], how="left")
        .join(places, on="season")
        .sort("season", "round", "stage", "driver_id")
    )
    races = rows.partition_by("season", "round", "stage", maintain_order=True)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return pl.concat([SimulatedRaces.create_empty(), *pool.map(lambda race: simulated_race(past, race), races)])


def simulated_race(past: Past, race: pl.DataFrame) -> pl.DataFrame:
    """The rows of one race and stage, from its entrants: `lineage_id`, `known_on`, `grid`, `is_starting`."""
    field = past.field
    season, known_on, with_points = race.select("season", "known_on", "with_points").row(0)
    p = past.filter.parameters(season)
    cars, drivers = field.codes_of(race["lineage_id"], race["driver_id"])
    state, session = past.state_before(known_on, season, np.union1d(cars, drivers), is_open=True)
    pace, covariance = state.together(cars, drivers)
    car = state.mean[state.places_of(cars)]
    covariance = covariance + p.team_weekend**2 * (cars[:, None] == cars) + p.weekend**2 * np.eye(len(cars))
    if race["stage"][0] == GRID:
        pace, covariance = given_grid(pace, covariance, _grid_scores(race), p.qualifying)
    starting = race["is_starting"].to_numpy()
    entrants = Entrants(
        pace, covariance, np.zeros(len(cars), np.int64), past.reliability.rates(session, cars), starting.astype(float),
        drift_car=0.0, drift_driver=0.0, car_weekend=0.0, noise=p.finish,
    )  # fmt: skip
    one = Sessions(np.zeros((1, 1)), np.ones(1, np.int64), np.zeros(1, bool), np.zeros(1))
    seed = 10 * known_on.toordinal() + STAGES.index(race["stage"][0])
    done = finishes(entrants, one, SIMULATIONS, np.random.default_rng(seed))
    return race.select("season", "round", "stage", "driver_id").with_columns(
        pace=pace - pace.mean(),
        pace_sd=np.sqrt(np.diag(covariance)),
        car=car - car.mean(),
        pace_rank=pl.Series(1 + np.argsort(np.argsort(-pace))).cast(pl.Int32),
        car_rank=pl.Series(car).rank("dense", descending=True).cast(pl.Int32),
        p_retired=entrants.fails,
        p_win=share_within(done, starting, 1),
        p_podium=share_within(done, starting, ON_PODIUM),
        p_points=share_within(done, starting, with_points),
    )


def given_grid(
    pace: np.ndarray, covariance: np.ndarray, grid: np.ndarray, noise: float
) -> tuple[np.ndarray, np.ndarray]:
    """Mean and covariance of the paces once the scores of the grid are seen (NaN: not seen)."""
    seen = np.flatnonzero(~np.isnan(grid))
    spread = covariance[np.ix_(seen, seen)] + noise**2 * np.eye(len(seen)) + FIELD_LEVEL_VAR
    gain = np.linalg.solve(spread, covariance[seen]).T
    return pace + gain @ (grid[seen] - pace[seen]), covariance - gain @ covariance[seen]


def share_within(done: Finishes, starting: np.ndarray, places: int) -> np.ndarray:
    """How often each entrant is classified within so many places of a race: sums to them, nobody above 1."""
    within = ((done.place < places) & done.is_classified)[:, 0].sum(axis=0) + PSEUDO
    return filled(np.where(starting, within, 0.0) / within.sum(), places)


def filled(share: np.ndarray, places: int) -> np.ndarray:
    """Shares scaled so that they sum to the number of places (or entrants, if fewer), none above 1."""
    possible, certain = share > 0, np.zeros(len(share), bool)
    if possible.sum() <= places:
        return possible.astype(float)
    share = share.copy()
    while True:
        still = possible & ~certain
        share[still] *= (places - certain.sum()) / share[still].sum()
        above = still & (share >= 1)
        if not above.any():
            return share
        share[above], certain = 1.0, certain | above


def _grid_scores(race: pl.DataFrame) -> np.ndarray:
    place = pl.when("is_starting").then("grid").otherwise(BEHIND_THE_GRID)
    return race.select(score=place_scores(place, ["season", "round"]))["score"].fill_null(np.nan).to_numpy()
