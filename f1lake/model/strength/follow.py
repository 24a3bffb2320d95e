"""The strength of every car and driver on every day: a Gaussian state-space model, filtered and smoothed.

A car is a team under its successive names (`lineage_id`). The performance of a driver on a weekend is car + driver,
observed through the scores of `scores.py`. Filter: Kalman, "A new approach to linear filtering and prediction problems"
(1960); smoother: Rauch, Tung and Striebel (1965).
"""

import datetime as dt
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np
import polars as pl
from threadpoolctl import threadpool_limits

from f1lake.model.strength.parameters import NEW_RULES, NEW_RULES_KEPT, NEW_RULES_WINTER, Parameters, in_force

REMEMBERED_SEASONS = 2
"""Whoever has not raced for longer than this is no longer tracked, and returns with the last estimate and more
variance."""

FIELD_LEVEL_VAR = 4.0
"""Scores say nothing about the field as a whole: the common level of each session is almost unknown."""

ONE_THREAD = threadpool_limits.wrap(limits=1, user_api="blas")
"""On matrices of this size two threads use four times the CPU."""


@dataclass(frozen=True, eq=False)
class Field:
    """All races and sprints as arrays in chronological order: rows of entrants, split into sessions by `starts`.

    `car` and `driver` are codes into `names`, the `cars` first. `qualifying` and `finish` are scores, NaN where nothing
    was observed. `season` and `day` have one value per session, `starts` one more. Fields with the same content are
    equal.
    """

    names: list[str]
    cars: int
    season: np.ndarray
    day: np.ndarray
    starts: np.ndarray
    car: np.ndarray
    driver: np.ndarray
    qualifying: np.ndarray
    finish: np.ndarray

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Field) and self._digest == other._digest

    def __hash__(self) -> int:
        return hash(self._digest)

    @cached_property
    def _digest(self) -> bytes:
        arrays = (self.season, self.day, self.starts, self.car, self.driver, self.qualifying, self.finish)
        content = [repr((self.names, self.cars)).encode(), *(array.tobytes() for array in arrays)]
        return hashlib.sha256(b"".join(content)).digest()

    def rows(self, session: int) -> slice:
        """The rows of a session's entrants."""
        return slice(self.starts[session], self.starts[session + 1])

    def session_before(self, day: dt.date, *, is_open: bool = False) -> int:
        """The last session held by the evening of a day (`is_open`: by its morning); -1 before the first."""
        return int(np.searchsorted(self.day, np.datetime64(day), side="left" if is_open else "right")) - 1

    @cached_property
    def codes(self) -> tuple[dict[str, int], dict[str, int]]:
        """The codes of cars and of drivers by name."""
        cars = {name: i for i, name in enumerate(self.names[: self.cars])}
        return cars, {name: i + self.cars for i, name in enumerate(self.names[self.cars :])}

    def codes_of(self, cars: Iterable[str], drivers: Iterable[str]) -> tuple[np.ndarray, np.ndarray]:
        """The codes of entrants: their cars' and their own."""
        of_cars, of_drivers = self.codes
        return np.array([of_cars[name] for name in cars]), np.array([of_drivers[name] for name in drivers])


@dataclass(frozen=True, eq=False)
class State:
    """Strengths on the evening of a session: of `entities` (codes of `Field`), jointly normal.

    `seen` is the season of each one's last start. `last_mean` and `last_var` are the last estimates of those who are
    not tracked any more, NaN for newcomers.
    """

    season: int
    entities: np.ndarray
    mean: np.ndarray
    covariance: np.ndarray
    seen: np.ndarray
    last_mean: np.ndarray
    last_var: np.ndarray

    def places_of(self, codes: np.ndarray) -> np.ndarray:
        """Positions of entities in `entities`; all of them must be there."""
        place = np.full(len(self.last_mean), -1)
        place[self.entities] = np.arange(len(self.entities))
        return place[codes]

    def together(self, cars: np.ndarray, drivers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mean and covariance of car + driver, for pairs of codes."""
        c, d = self.places_of(cars), self.places_of(drivers)
        with_all = self.covariance[:, c] + self.covariance[:, d]
        return self.mean[c] + self.mean[d], with_all[c] + with_all[d]


def field_of(rows: pl.DataFrame, entrants: pl.DataFrame | None = None) -> Field:
    """The rows of `observed` as arrays; `entrants`, rows of `with_cars`, add names that have never raced."""
    cars, drivers = ((rows if entrants is None else entrants)[name].unique().sort() for name in ("car", "driver_id"))
    session = rows.select(pl.struct("session_date", "session").rle_id()).to_series().to_numpy().astype(np.int64)
    starts = np.flatnonzero(np.diff(session, prepend=-1))

    def codes(column: str, names: pl.Series, first: int) -> np.ndarray:
        known = {name: first + i for i, name in enumerate(names)}
        return rows[column].replace_strict(known, return_dtype=pl.Int64).to_numpy()

    return Field(
        names=[*cars, *drivers],
        cars=len(cars),
        season=rows["season"].to_numpy()[starts],
        day=rows["session_date"].to_numpy()[starts],
        starts=np.append(starts, rows.height),
        car=codes("car", cars, 0),
        driver=codes("driver_id", drivers, len(cars)),
        qualifying=rows["qualifying_score"].fill_null(np.nan).to_numpy(),
        finish=rows["finish_score"].fill_null(np.nan).to_numpy(),
    )


class Filter:
    """Tracks the strengths of a field from session to session without looking ahead.

    `constants` by the first season in which they apply.
    """

    def __init__(self, field: Field, constants: Mapping[int, Parameters]) -> None:
        self.field, self.constants = field, constants
        self.is_car = np.arange(len(field.names)) < field.cars
        nobody, unknown = np.zeros(0, np.int64), np.full(len(field.names), np.nan)
        self.beginning = State(
            season=int(field.season[0]) if len(field.season) else 0,
            entities=nobody, mean=np.zeros(0), covariance=np.zeros((0, 0)), seen=nobody,
            last_mean=unknown, last_var=unknown,
        )  # fmt: skip

    def parameters(self, season: int) -> Parameters:
        """The constants of a season."""
        return in_force(self.constants, season)

    def run(self, start: State | None = None, first: int = 0) -> Iterator[tuple[State, State, float]]:
        """For each session the state just before and after it, and the log likelihood of its scores.

        From session `first` on, with `start` as the state before it; otherwise for all sessions.
        """
        field, state = self.field, start or self.beginning
        for session in range(first, len(field.season)):
            rows, before = field.rows(session), self.before(session, state)
            scores = field.qualifying[rows], field.finish[rows]
            state, likelihood = self.seeing(before, field.car[rows], field.driver[rows], *scores)
            yield before, state, likelihood

    def before(self, session: int, state: State) -> State:
        """The state just before a session, from that after the previous one."""
        rows = self.field.rows(session)
        entrants = np.union1d(self.field.car[rows], self.field.driver[rows])
        return self.ahead(state, int(self.field.season[session]), entrants)

    def ahead(self, state: State, season: int, entrants: np.ndarray) -> State:
        """The state just before the next session: drift, winters in between, who leaves and who arrives."""
        for winter in range(state.season + 1, season + 1):
            state = self._winter(state, winter)
        p, entities = self.parameters(season), state.entities
        new = np.setdiff1d(entrants, entities)
        n, m = len(entities), len(new)
        covariance = np.zeros((n + m, n + m))
        covariance[:n, :n] = state.covariance
        last_mean, last_var, is_car = state.last_mean[new], state.last_var[new], self.is_car[new]
        mean = np.where(np.isnan(last_mean), np.where(is_car, p.new_car_mean, p.new_driver_mean), last_mean)
        var = np.where(np.isnan(last_var), np.where(is_car, p.new_car, p.new_driver) ** 2, last_var)
        drift = np.where(self.is_car[entities], p.car_race, p.driver_race) ** 2
        covariance[np.diag_indices(n + m)] += np.append(drift, var)
        return replace(
            state,
            entities=np.append(entities, new),
            mean=np.append(state.mean, mean),
            covariance=covariance,
            seen=np.append(state.seen, np.full(m, season)),
        )

    def winter(self, season: int, entities: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """How much of entities' strengths the winter before a season keeps, and the variance that it adds."""
        p, is_new, is_car = self.parameters(season), season in NEW_RULES, self.is_car[entities]
        kept = np.where(is_car, NEW_RULES_KEPT if is_new else p.car_kept, 1.0)
        moves = np.where(is_car, p.car_winter * (NEW_RULES_WINTER if is_new else 1.0), p.driver_winter)
        return kept, moves**2

    def _winter(self, state: State, season: int) -> State:
        """The first of January of a season."""
        stays = state.seen >= season - REMEMBERED_SEASONS
        left, entities = state.entities[~stays], state.entities[stays]
        last_mean, last_var = state.last_mean.copy(), state.last_var.copy()
        last_mean[left] = state.mean[~stays]
        last_var[left] = np.diag(state.covariance)[~stays] + REMEMBERED_SEASONS * self.winter(season, left)[1]
        kept, moves = self.winter(season, entities)
        covariance = kept[:, None] * state.covariance[np.ix_(stays, stays)] * kept
        covariance[np.diag_indices_from(covariance)] += moves
        return State(season, entities, kept * state.mean[stays], covariance, state.seen[stays], last_mean, last_var)

    def seeing(
        self, state: State, cars: np.ndarray, drivers: np.ndarray, qualifying: np.ndarray, finish: np.ndarray
    ) -> tuple[State, float]:
        """The state after the scores of a session (NaN where nothing was observed), and their log likelihood."""
        from scipy.linalg import cho_factor, cho_solve  # half a second of every process that follows nothing

        p = self.parameters(state.season)
        c, d = state.places_of(cars), state.places_of(drivers)
        seen = state.seen.copy()
        seen[c] = seen[d] = state.season
        scores = np.concatenate([qualifying, finish])
        there = np.flatnonzero(~np.isnan(scores))
        if not len(there):
            return replace(state, seen=seen), 0.0
        is_finish, who = there >= len(cars), there % len(cars)
        c, d = c[who], d[who]
        with_all = state.covariance[:, c] + state.covariance[:, d]
        spread = with_all[c] + with_all[d]
        spread += p.team_weekend**2 * (c[:, None] == c) + p.weekend**2 * (d[:, None] == d)
        spread += FIELD_LEVEL_VAR * (is_finish[:, None] == is_finish)
        spread[np.diag_indices_from(spread)] += np.where(is_finish, p.finish, p.qualifying) ** 2
        surprise = scores[there] - state.mean[c] - state.mean[d]
        root = cho_factor(spread, lower=True, check_finite=False)
        gain = cho_solve(root, np.column_stack([surprise, with_all.T]), check_finite=False)
        covariance = state.covariance - with_all @ gain[:, 1:]
        likelihood = -np.log(np.diag(root[0])).sum() - (surprise @ gain[:, 0] + len(there) * np.log(2 * np.pi)) / 2
        return replace(
            state, mean=state.mean + with_all @ gain[:, 0], covariance=(covariance + covariance.T) / 2, seen=seen
        ), float(likelihood)

    def states(self, start: State | None = None, first: int = 0) -> list[State]:
        """The state after each session, as `run`; cached, because several tables of a run need it."""
        return _states(self.field, tuple(self.constants.items()), start, first)

    @ONE_THREAD
    def states_for(self, season: int) -> dict[int, State]:
        """The states that days from a season on are asked about, by the number of their session."""
        first = int(np.searchsorted(self.field.season, season)) - 1
        return {session: after for session, (_, after, _) in enumerate(self.run()) if session >= first}

    @ONE_THREAD
    def smoothed(self) -> list[State]:
        """The state after each session given all sessions, later ones included."""
        states = self.states()
        smooth = states[-1:]
        for session in range(len(states) - 2, -1, -1):
            after, later, ahead = states[session], smooth[-1], self.before(session + 1, states[session])
            stay = np.flatnonzero(np.isin(after.entities, ahead.entities))
            entities = after.entities[stay]
            then = ahead.places_of(entities)
            kept = np.ones(len(stay))
            for season in range(after.season + 1, ahead.season + 1):
                kept *= self.winter(season, entities)[0]
            across = after.covariance[:, stay] * kept
            back = np.linalg.solve(ahead.covariance[np.ix_(then, then)], across.T).T
            change = later.covariance[np.ix_(then, then)] - ahead.covariance[np.ix_(then, then)]
            smooth.append(
                replace(
                    after,
                    mean=after.mean + back @ (later.mean[then] - ahead.mean[then]),
                    covariance=after.covariance + back @ change @ back.T,
                )
            )
        return smooth[::-1]


@lru_cache(maxsize=2)
@ONE_THREAD
def _states(
    field: Field, constants: tuple[tuple[int, Parameters], ...], start: State | None, first: int
) -> list[State]:
    return [after for _, after, _ in Filter(field, dict(constants)).run(start, first)]
