"""Simulates what is left of a season, or one race, thousands of times at once.

Takes strengths with their uncertainty, rates of retirement and the rules of the season; gives who finishes where and
who is champion. Where these come from belongs to `known.py`; nothing here knows of tables.
"""

from dataclasses import dataclass, field, replace

import numpy as np

TITLE_SIMULATIONS, RACE_SIMULATIONS = 1_000, 2_000
INTERVAL = (0.05, 0.95)
"""The quantiles that bound whatever is given with an interval."""
PSEUDO = 0.25
"""Added to the count of each entrant who can still win: never simulated is not impossible."""
FLOOR = 1e-6
"""The lower bound of probabilities that are divided or whose logarithm is taken."""
ALL_RESULTS = 99
NOT_CLASSIFIED = -1e3
FASTEST_LAP_FALLS = 0.8
SPRINT_FAILURES = 0.5
"""Failures in a sprint, relative to a race: it has a third of the distance, and about half as many cars fail."""

WIN, LOT = 1e-3, 1e-6
"""Weights of a win and of drawing lots, relative to a point: they only decide between equals."""


@dataclass(frozen=True)
class Entrants:
    """Who races, and how well: `mean` and `covariance` of car + driver, `team` the number of each one's team.

    One number a driver: `fails`, the probability not to be classified in a race, and `enters`, that the driver races
    at all. `drift_car` and `drift_driver` are the standard deviations of what a strength changes from one session to
    the next, `car_weekend` and `noise` of what a weekend adds for a car and for a driver.
    """

    mean: np.ndarray
    covariance: np.ndarray
    team: np.ndarray
    fails: np.ndarray
    enters: np.ndarray
    drift_car: float
    drift_driver: float
    car_weekend: float
    noise: float


@dataclass(frozen=True)
class Sessions:
    """The races and sprints ahead, in order: `points` (sessions × places), and `round` of each.

    `fastest_lap` is what the fastest lap of each brings, `fastest_lap_within` the last place that may take it.
    """

    points: np.ndarray
    round: np.ndarray
    is_sprint: np.ndarray
    fastest_lap: np.ndarray
    fastest_lap_within: int = ALL_RESULTS


@dataclass(frozen=True)
class Standing:
    """A championship so far, one number an entrant: `points` that count, `wins`, and who `may_win` it.

    `results` are the points of each of `rounds` (rounds × entrants), of which the `best_of` count: first round, last
    round, how many; empty: all. Of constructors, `cars` is how many of a team score in a race (None: all), `table`
    the points of a place if not those of the drivers, `not_counted` the sessions ahead without points for them. Of
    drivers, `is_out` can race no more: a substitute in the car takes what it brings, which counts for the team only.
    """

    points: np.ndarray
    wins: np.ndarray
    may_win: np.ndarray
    rounds: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    results: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))
    best_of: list[tuple[int, int, int]] = field(default_factory=list)
    cars: int | None = None
    table: np.ndarray | None = None
    not_counted: np.ndarray | None = None
    is_out: np.ndarray | None = None


@dataclass(frozen=True)
class Forced:
    """What is supposed to happen, sessions × drivers: the place a driver takes (from 1; 0: open), and who fails."""

    places: np.ndarray
    fails: np.ndarray


@dataclass(frozen=True)
class Finishes:
    """Who finishes where: `place` from 0 and `is_classified` (simulations × sessions × drivers), `fastest` by place."""

    place: np.ndarray
    is_classified: np.ndarray
    fastest: np.ndarray


@dataclass(frozen=True)
class Outcome:
    """The end of a championship in every simulation: `points` (simulations × entrants), and who is champion."""

    points: np.ndarray
    champion: np.ndarray

    def shares(self, may_win: np.ndarray) -> np.ndarray:
        """How often each entrant is champion, as probabilities: exactly 0 for those who cannot, 1 for the only one."""
        counted = np.bincount(self.champion, minlength=len(may_win)) + PSEUDO
        return np.where(may_win, counted, 0.0) / counted[may_win].sum()


def finishes(
    entrants: Entrants, sessions: Sessions, simulations: int, chance: np.random.Generator, forced: Forced | None = None
) -> Finishes:
    """Who finishes where in every session. Those not classified have the places behind."""
    shown = performances(entrants, sessions, simulations, chance)
    fails = entrants.fails * np.where(sessions.is_sprint, SPRINT_FAILURES, 1.0)[:, None]
    drawn = chance.random(shown.shape, np.float32)
    is_classified = drawn < (entrants.enters * (1 - fails)).astype(np.float32)
    fastest = fastest_laps(sessions, simulations, chance)
    if forced is not None:
        is_classified = (is_classified & ~forced.fails) | (forced.places > 0)
    np.add(shown, NOT_CLASSIFIED, out=shown, where=~is_classified)
    order = np.argsort(-shown, axis=-1)
    if forced is not None:
        for session in np.flatnonzero(forced.places.any(axis=1)):
            order[:, session] = with_places(order[:, session], forced.places[session])
    place = np.empty(order.shape, np.int16)
    np.put_along_axis(place, order, np.arange(order.shape[-1], dtype=np.int16)[None, None], axis=-1)
    return Finishes(place, is_classified, fastest)


def with_places(order: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Orders of drivers (simulations × drivers) with some at the places supposed, all others as they came."""
    supposed = np.flatnonzero(places)
    others = order[~np.isin(order, supposed)].reshape(len(order), -1)
    at = places[supposed] - 1
    new = np.empty_like(order)
    new[:, at] = supposed
    new[:, np.setdiff1d(np.arange(order.shape[1]), at)] = others
    return new


def performances(
    entrants: Entrants, sessions: Sessions, simulations: int, chance: np.random.Generator
) -> np.ndarray:
    """What everybody shows in every session: simulations × sessions × drivers, the best highest.

    Strength as it may be today, drift of the car, the car's and the driver's weekend. The drift of a driver is
    small: it is drawn anew for each session, with its variance by then.
    """
    n, m, d = simulations, len(sessions.round), len(entrants.mean)
    teams, single = int(entrants.team.max()) + 1, np.float32
    root = np.linalg.cholesky(entrants.covariance + 1e-9 * np.eye(d)).astype(single)
    today = chance.standard_normal((n, 1, d), single) @ root.T + entrants.mean.astype(single)
    car = single(entrants.drift_car) * chance.standard_normal((n, m, teams), single).cumsum(axis=1)
    car += single(entrants.car_weekend) * chance.standard_normal((n, m, teams), single)
    noise = np.sqrt(entrants.noise**2 + entrants.drift_driver**2 * np.arange(1, m + 1)).astype(single)
    shown = chance.standard_normal((n, m, d), single) * noise[:, None]
    shown += today
    shown += car[:, :, entrants.team]
    return shown


def fastest_laps(sessions: Sessions, simulations: int, chance: np.random.Generator) -> np.ndarray:
    """The finishing place of whoever drives the fastest lap: simulations × sessions; -1 where it brings nothing.

    A fifth less likely from place to place: a rough figure, for one point.
    """
    if not sessions.fastest_lap.any():
        return np.full((simulations, len(sessions.round)), -1, np.int16)
    share = FASTEST_LAP_FALLS ** np.arange(min(sessions.fastest_lap_within, 20))
    return chance.choice(len(share), p=share / share.sum(), size=(simulations, len(sessions.round))).astype(np.int16)


def titles(
    entrants: Entrants, sessions: Sessions, drivers: Standing, constructors: Standing | None, simulations: int,
    seed: int, forced: Forced | None = None,
) -> tuple[Outcome, Outcome | None]:
    """Both championships at the end of the season. The same input gives the same numbers."""
    chance = np.random.default_rng(seed)
    finished = finishes(entrants, sessions, simulations, chance, forced)
    points = points_of(sessions, finished, sessions.points)
    is_win = (finished.place == 0) & finished.is_classified & ~sessions.is_sprint[:, None]
    ours = _decided(drivers, sessions, points, is_win.sum(axis=1), chance)
    if constructors is None:
        return ours, None
    return ours, constructors_title(entrants.team, sessions, constructors, finished, points, is_win, chance)


def constructors_title(
    team: np.ndarray, sessions: Sessions, standing: Standing, finished: Finishes, points: np.ndarray,
    is_win: np.ndarray, chance: np.random.Generator,
) -> Outcome:
    """Who is champion of the constructors: the points of all their cars, or of the best so many.

    `team` is the number of each driver's team, `points` and `is_win` are the drivers'.
    """
    if standing.table is not None:
        own_table = _wide(standing.table[None], sessions.points.shape[1])
        sessions = replace(sessions, fastest_lap=np.zeros_like(sessions.fastest_lap))
        points = points_of(sessions, finished, np.where(sessions.is_sprint[:, None], sessions.points, own_table))
    if standing.not_counted is not None and standing.not_counted.any():
        points = np.where(standing.not_counted[:, None], np.float32(0), points)
    number_of_teams = len(standing.points)
    of_car = np.eye(number_of_teams, dtype=np.float32)[team]
    if standing.cars is None:
        of_team = points @ of_car
    else:
        best = [_best(points[:, :, team == i], standing.cars) for i in range(number_of_teams)]
        of_team = np.stack(best, axis=2)
    wins = is_win.sum(axis=1, dtype=np.float32) @ of_car
    return _decided(standing, sessions, of_team, wins, chance)


def _best(points: np.ndarray, cars: int) -> np.ndarray:
    """The points of a team's best cars in every session."""
    if points.shape[2] > cars:
        points = -np.partition(-points, cars - 1, axis=2)[:, :, :cars]
    return points.sum(axis=2)


def points_of(sessions: Sessions, finished: Finishes, table: np.ndarray) -> np.ndarray:
    """Points of every session: simulations × sessions × drivers."""
    wide = _wide(table, max(finished.place.shape[-1], table.shape[1])).astype(np.float32)
    points = wide[np.arange(len(wide))[None, :, None], finished.place]
    if sessions.fastest_lap.any():
        is_fastest = finished.place == finished.fastest[..., None]
        points += is_fastest * sessions.fastest_lap[:, None].astype(np.float32)
    return points * finished.is_classified


def _wide(table: np.ndarray, width: int) -> np.ndarray:
    """A table of points with zeros for the places behind."""
    return np.pad(table, ((0, 0), (0, max(0, width - table.shape[1]))))


def _decided(
    standing: Standing, sessions: Sessions, points: np.ndarray, wins: np.ndarray, chance: np.random.Generator
) -> Outcome:
    """The end of a championship: most points that count, then most wins, then the lot, among those who may win."""
    if standing.is_out is not None:
        points, wins = points * ~standing.is_out, wins * ~standing.is_out
    total = points.sum(axis=1) if not standing.best_of else counted(standing, sessions.round, points)
    total += standing.points.astype(np.float32)
    score = total.astype(float) + WIN * (standing.wins + wins) + LOT * chance.random(total.shape)
    return Outcome(total, np.argmax(np.where(standing.may_win, score, -np.inf), axis=1))


def counted(standing: Standing, rounds: np.ndarray, points: np.ndarray) -> np.ndarray:
    """What the best results add, in the end, to the points that count today: simulations × entrants.

    `points` are those of the sessions ahead, `rounds` their rounds.
    """
    added = np.zeros((points.shape[0], points.shape[2]), np.float32)
    for first, last, results in standing.best_of:
        held = standing.results[(standing.rounds >= first) & (standing.rounds <= last)].astype(np.float32)
        best = -np.sort(-held, axis=0)[:results]
        both = np.concatenate(
            [points[:, (rounds >= first) & (rounds <= last)], np.broadcast_to(best, (len(points), *best.shape))], axis=1
        )
        if both.shape[1] > results:
            both = -np.partition(-both, results - 1, axis=1)[:, :results]
        added += both.sum(axis=1) - best.sum(axis=0)
    return added
