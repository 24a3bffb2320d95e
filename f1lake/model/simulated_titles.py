"""model/simulated_titles: what thousands of simulations of the rest of each season say, day by day.

Nothing is fitted here but what `strength/` follows: a race makes its season's rows anew. How the rest of a
season is simulated is in `season/simulate.py`, what is known on a day in `season/days.py` and
`season/known.py`.
"""

import datetime as dt
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import dagster as dg
import dataframely as dy
import numpy as np
import polars as pl

from f1lake.model.learn.decision import CONSTRUCTOR, DRIVER, TITLES, sum_to_1
from f1lake.model.season.days import Season
from f1lake.model.season.known import Past, SeasonAhead, season_ahead, seasons_of_frames, with_fixed_constants
from f1lake.model.season.shares import ranks
from f1lake.model.season.simulate import INTERVAL, TITLE_SIMULATIONS, Forced, Outcome, Standing, titles
from f1lake.model.strength.parameters import FIRST_LEARNED
from f1lake.partitions import SAME_SEASON, SEASONS, UP_TO_SEASON
from f1lake.storage.contract import enforced, table

POINTS = {"unit": "points"}


class SimulatedTitles(dy.Schema):
    """Who becomes champion in the simulations, and what is known of the entrants that day; both titles.

    Days are those of abt/title_abt. Entrants are the drivers with a race or sprint row in the season so far, and their
    constructors; before the season those of its first race.
    """

    season = dy.Int32(primary_key=True, min=1950, description="year of the championship")
    as_of = dy.Date(primary_key=True, description="the day whose evening this is known on")
    title = dy.Enum(TITLES, primary_key=True, description="the drivers' title, or the constructors' (from 1958)")
    entrant_id = dy.String(primary_key=True, description="the source's id of the driver or constructor")
    constructor_id = dy.String(description="the driver's latest constructor; the constructor itself")
    round = dy.Int32(min=0, description="the round of `as_of`, 0 before the season")
    is_race_day = dy.Bool(description="whether a race was held on the day; not on a sprint's, nor before the season")
    position = dy.Int32(nullable=True, min=1, description="place in the championship; null before the season")
    points = dy.Float64(min=0, description="points that count so far", metadata=POINTS)
    points_gap = dy.Float64(
        description="points behind the leader; the leader has minus the lead over the second", metadata=POINTS
    )
    rounds_remaining = dy.Int32(min=0, description="races still to come", metadata={"unit": "rounds"})
    sprints_remaining = dy.Int32(min=0, description="sprints still to come", metadata={"unit": "sprints"})
    is_excluded = dy.Bool(description="whether arithmetic excludes the entrant, whose probability is exactly 0")
    is_out = dy.Bool(description="whether the driver can race no more, as known that evening: the points stand")
    probability = dy.Float64(min=0, max=1, description="share of the simulations in which the entrant is champion")
    probability_fixed = dy.Float64(
        min=0, max=1, description="the same with the strengths' constants of seasons to 2005, whatever the season"
    )
    expected_points = dy.Float64(description="mean of the simulated points in the end", metadata=POINTS)
    expected_points_low = dy.Float64(description="their 5 % quantile", metadata=POINTS)
    expected_points_high = dy.Float64(description="their 95 % quantile", metadata=POINTS)
    strength = dy.Float64(description="car + driver (of a constructor, the car), less the mean of the entrants")
    strength_rank = dy.Int32(min=1, description="place by estimated strength, of a driver with the car")
    car_rank = dy.Int32(min=1, description="place of the car among the cars by estimated strength")
    strongest_car_since = dy.Int32(
        nullable=True, min=0, metadata={"unit": "rounds"},
        description="the round from which on the car has been the strongest, 0: since before the season; else null",
    )

    probabilities_sum_to_1 = sum_to_1("probability", "season", "as_of", "title")

    @dy.rule()
    def the_excluded_have_0(cls) -> pl.Expr:
        """And nobody else."""
        return (pl.col("probability") == 0) == pl.col("is_excluded")


COLUMNS = {
    name: dtype for name, dtype in SimulatedTitles.create_empty().schema.items() if name != "strongest_car_since"
}
"""What is known of a day by itself."""


@dg.asset(
    **table("model/simulated_titles", SimulatedTitles),
    partitions_def=SEASONS,
    ins={
        "results": dg.AssetIn(["silver", "session_results"], partition_mapping=UP_TO_SEASON),
        "constructors": dg.AssetIn(["silver", "constructors"], partition_mapping=UP_TO_SEASON),
        "calendars": dg.AssetIn(["silver", "calendars"], partition_mapping=SAME_SEASON),
        "rules": dg.AssetIn(["silver", "scoring_rules"], partition_mapping=SAME_SEASON),
        "state": dg.AssetIn(["silver", "season_state"], partition_mapping=SAME_SEASON),
    },
)
@enforced(SimulatedTitles)
def simulated_titles(
    results: pl.LazyFrame, constructors: pl.LazyFrame, calendars: pl.LazyFrame, rules: pl.LazyFrame, state: pl.LazyFrame
) -> pl.DataFrame:
    """Every day of the seasons of the calendars, as many days at once as there are cores."""
    past, seasons = seasons_of_frames(results, constructors, calendars, rules, state)
    fixed = with_fixed_constants(past)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        days = [pool.submit(_of_day, past, fixed, s, day) for s in seasons.values() for day in s.days()]
        titles_of_days = [title for day in days for title in day.result()]
    rows = {name: [value for title in titles_of_days for value in title[name]] for name in COLUMNS}
    return _with_strongest_cars(pl.DataFrame(rows, COLUMNS))


def _of_day(past: Past, fixed: Past, season: Season, day: dt.date) -> list[dict[str, Any]]:
    ahead = season_ahead(past, season, day)
    if ahead is None:
        return []
    outcomes = simulated(ahead)
    is_learned = season.season >= FIRST_LEARNED
    return _rows(ahead, outcomes, simulated(ahead.by_strengths_of(fixed)) if is_learned else outcomes)


def _with_strongest_cars(simulated: pl.DataFrame) -> pl.DataFrame:
    """The rows in order, with since when in its season the strongest car has been it."""
    is_strongest, of_car = pl.col("car_rank") == 1, ["season", "constructor_id"]
    of_constructors = pl.col("title").cast(pl.String) == CONSTRUCTOR
    changes = (is_strongest != is_strongest.shift().over(of_car)).fill_null(value=True)
    cars = simulated.filter(of_constructors | ~of_constructors.any().over("season")).unique(
        ["season", "as_of", "constructor_id"], keep="first", maintain_order=True
    )
    since = (
        cars.sort("as_of").with_columns(stretch=changes.cast(pl.Int32).cum_sum().over(of_car))
        .with_columns(strongest_car_since=pl.col("round").first().over(*of_car, "stretch"))
        .filter(is_strongest).select("as_of", *of_car, "strongest_car_since")
    )  # fmt: skip
    in_order = simulated.join(since, on=["as_of", *of_car], how="left").sort("season", "as_of", "title", "entrant_id")
    return in_order.select(SimulatedTitles.column_names())


def simulated(
    ahead: SeasonAhead, forced: Forced | None = None
) -> tuple[Outcome, Outcome | None]:
    """Simulate the rest of a season, both titles; the same day gives the same numbers."""
    seed = ahead.as_of.toordinal()
    return titles(
        ahead.entrants, ahead.sessions, ahead.drivers, ahead.constructors, TITLE_SIMULATIONS, seed, forced
    )


def _rows(
    ahead: SeasonAhead, outcomes: tuple[Outcome, Outcome | None], fixed: tuple[Outcome, Outcome | None]
) -> list[dict[str, Any]]:
    """One dict a title: `COLUMNS`, each with one value an entrant."""
    drivers, constructors = outcomes
    own = ahead.entrants.mean
    car_rank = ranks(ahead.car_strength)
    rows = [_of_title(
        ahead, DRIVER, ahead.names, [ahead.teams[i] for i in ahead.team], ahead.position, ahead.drivers, drivers,
        fixed[0], own, car_rank[ahead.team],
    )]  # fmt: skip
    if ahead.constructors is not None and constructors is not None and fixed[1] is not None:
        rows.append(_of_title(
            ahead, CONSTRUCTOR, ahead.teams, ahead.teams, ahead.constructor_position, ahead.constructors,
            constructors, fixed[1], ahead.car_strength, car_rank,
        ))  # fmt: skip
    return rows


def _of_title(
    ahead: SeasonAhead, title: str, names: Sequence[str], teams: Sequence[str], position: list[int | None],
    standing: Standing, outcome: Outcome, fixed: Outcome, strength: np.ndarray, car_rank: np.ndarray,
) -> dict[str, Any]:
    points, is_sprint = standing.points, ahead.sessions.is_sprint
    others = np.sort(points)[::-1]
    lead = others[0] - points
    if len(others) > 1:
        lead = np.where(lead > 0, lead, others[1] - points)
    low, high = np.quantile(outcome.points, INTERVAL, axis=0)
    of_day = {
        "season": ahead.season, "as_of": ahead.as_of, "title": title, "round": ahead.round,
        "is_race_day": ahead.is_race_day, "rounds_remaining": int((~is_sprint).sum()),
        "sprints_remaining": int(is_sprint.sum()),
    }  # fmt: skip
    of_entrants = {
        "entrant_id": names, "constructor_id": teams, "position": position,
        "points": points, "points_gap": np.round(lead, 2) + 0.0,
        "is_excluded": ~standing.may_win,
        "is_out": np.zeros(len(names), bool) if standing.is_out is None else standing.is_out,
        "probability": outcome.shares(standing.may_win),
        "probability_fixed": fixed.shares(standing.may_win),
        "expected_points": outcome.points.mean(axis=0), "expected_points_low": low, "expected_points_high": high,
        "strength": strength - strength.mean(), "strength_rank": ranks(strength), "car_rank": car_rank,
    }  # fmt: skip
    every = {name: [value] * len(names) for name, value in of_day.items()} | of_entrants
    return {name: value.tolist() if isinstance(value, np.ndarray) else value for name, value in every.items()}
