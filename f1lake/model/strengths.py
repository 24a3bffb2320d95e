"""How strong every car and driver was on every day: a Gaussian state-space model, filtered and smoothed.

A car is a team under its successive names (`lineage_id`); what a driver shows on a weekend is car + driver. The
orders of the grid and of the classified observe it. Retirements are `reliability.py`'s business, what follows for
races and titles that of `simulate.py`. Kalman, "A new approach to linear filtering and prediction problems" (1960);
the smoother is that of Rauch, Tung and Striebel (1965).
"""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import polars as pl
from scipy.linalg import cho_factor, cho_solve
from scipy.special import ndtri
from threadpoolctl import threadpool_limits

REMEMBERED_SEASONS = 2
"""Who has not raced for longer is no longer followed, and returns with what was known last, but less surely."""

FIELD_LEVEL_VAR = 4.0
"""Places say nothing about the field as a whole: each session's common level is all but unknown."""

BEHIND_THE_GRID = 1000

ONE_THREAD = threadpool_limits.wrap(limits=1, user_api="blas")
"""Two threads spend four times the processor on matrices of this size."""


@dataclass(frozen=True)
class Parameters:
    """Standard deviations of what moves strengths and of what blurs them, in those of a field's scores.

    `_race` is the drift from one session to the next, `_winter` that from season to season; a winter keeps
    `car_kept` of what a car is better or worse than the rest. Newcomers scatter by `new_` around `_mean`. `weekend`
    is shared by grid and finish of a driver, `team_weekend` by a team's drivers; `grid` and `finish` are what is
    left. The values are those of `strength_parameters.py` on the sessions up to 2005.
    """

    car_race: float = 0.0827
    car_winter: float = 0.2180
    car_kept: float = 0.7202
    driver_race: float = 0.0569
    driver_winter: float = 0.2129
    new_car_mean: float = -0.4422
    new_car: float = 0.4352
    new_driver_mean: float = -0.6293
    new_driver: float = 0.4224
    weekend: float = 0.2040
    team_weekend: float = 0.1788
    grid: float = 0.4685
    finish: float = 0.6482


FITTED = Parameters()


@dataclass(frozen=True)
class Field:
    """All races and sprints as arrays in the order of time: rows of entrants, cut into sessions by `starts`.

    `car` and `driver` are codes into `names`, the `cars` first; `grid` and `finish` are scores, NaN where there is
    nothing to see. `season` and `day` have one value a session, `starts` one more.
    """

    names: list[str]
    cars: int
    season: np.ndarray
    day: np.ndarray
    starts: np.ndarray
    car: np.ndarray
    driver: np.ndarray
    grid: np.ndarray
    finish: np.ndarray

    def rows(self, session: int) -> slice:
        """Where the entrants of a session stand."""
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


@dataclass(frozen=True)
class State:
    """Strengths on the evening of a session: of `entities` (codes of `Field`), jointly normal.

    `seen` is the season of each one's last start; `prior_mean` and `prior_var` are what is known of everybody else.
    """

    season: int
    entities: np.ndarray
    mean: np.ndarray
    covariance: np.ndarray
    seen: np.ndarray
    prior_mean: np.ndarray
    prior_var: np.ndarray

    def places_of(self, codes: np.ndarray) -> np.ndarray:
        """Where entities stand in `entities`; all of them must be there."""
        place = np.full(len(self.prior_mean), -1)
        place[self.entities] = np.arange(len(self.entities))
        return place[codes]

    def together(self, cars: np.ndarray, drivers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mean and covariance of car + driver, for pairs of codes."""
        c, d = self.places_of(cars), self.places_of(drivers)
        with_all = self.covariance[:, c] + self.covariance[:, d]
        return self.mean[c] + self.mean[d], with_all[c] + with_all[d]


def observed(results: pl.DataFrame, constructors: pl.DataFrame) -> pl.DataFrame:
    """Races and sprints, one row an entrant, by day and driver: with `car`, `grid_score` and `finish_score`.

    From silver/session_results and silver/constructors. Who failed to qualify stands behind the grid; who started
    from the pit lane or was withdrawn shows no grid, who was not classified no finish.
    """
    grid = pl.when(pl.col("status_class") == "failed_to_qualify").then(BEHIND_THE_GRID).when("is_start").then("grid")
    finish = pl.when(pl.col("status_class") == "classified").then("position")
    return (
        with_cars(results.filter(pl.col("session") != "Qualifying"), constructors)
        .with_columns(grid_score=_normal_score(grid), finish_score=_normal_score(finish))
        .sort("session_date", "session", "driver_id")
    )


def with_cars(results: pl.DataFrame, constructors: pl.DataFrame) -> pl.DataFrame:
    """Rows of silver/session_results with `car`, the lineage of the constructor."""
    cars = constructors.select("season", "constructor_id", car="lineage_id")
    return results.join(cars, on=["season", "constructor_id"])


def _normal_score(place: pl.Expr) -> pl.Expr:
    of_session = ["session_date", "session"]
    return normal_scores(place.rank("average").over(of_session), place.count().over(of_session))


def normal_scores(rank: pl.Expr, count: pl.Expr) -> pl.Expr:
    """The place in a field as a quantile of the normal distribution, null without one: first of 20 is 1.96."""
    return ((count - rank + 0.5) / count).map_batches(
        lambda share: pl.Series(ndtri(share.to_numpy())), return_dtype=pl.Float64
    ).fill_nan(None)


def field_of(rows: pl.DataFrame, entrants: pl.DataFrame | None = None) -> Field:
    """The rows of `observed` as arrays; `entrants`, rows of `with_cars`, name those too who have never raced."""
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
        grid=rows["grid_score"].fill_null(np.nan).to_numpy(),
        finish=rows["finish_score"].fill_null(np.nan).to_numpy(),
    )


class Filter:
    """Follows the strengths of a field from session to session, seeing nothing later."""

    def __init__(self, field: Field, parameters: Parameters = FITTED) -> None:
        self.field, self.parameters = field, parameters
        p, is_car = parameters, np.arange(len(field.names)) < field.cars
        self.race_var = np.where(is_car, p.car_race, p.driver_race) ** 2
        self.winter_var = np.where(is_car, p.car_winter, p.driver_winter) ** 2
        self.kept = np.where(is_car, p.car_kept, 1.0)
        nobody = np.zeros(0, np.int64)
        self.beginning = State(
            season=int(field.season[0]) if len(field.season) else 0,
            entities=nobody, mean=np.zeros(0), covariance=np.zeros((0, 0)), seen=nobody,
            prior_mean=np.where(is_car, p.new_car_mean, p.new_driver_mean),
            prior_var=np.where(is_car, p.new_car, p.new_driver) ** 2,
        )  # fmt: skip

    def run(self) -> Iterator[tuple[State, State, float]]:
        """For each session the state just before and after it, and the log likelihood of what was seen in it."""
        state = self.beginning
        for session, season in enumerate(self.field.season):
            rows = self.field.rows(session)
            before = self.ahead(state, int(season), np.union1d(self.field.car[rows], self.field.driver[rows]))
            state, likelihood = self.seeing(
                before, self.field.car[rows], self.field.driver[rows], self.field.grid[rows], self.field.finish[rows]
            )
            yield before, state, likelihood

    def ahead(self, state: State, season: int, entrants: np.ndarray) -> State:
        """The state just before the next session: drift, the winters between, who leaves and who comes."""
        for winter in range(state.season + 1, season + 1):
            state = self._winter(state, winter)
        entities, covariance = state.entities, state.covariance.copy()
        covariance[np.diag_indices_from(covariance)] += self.race_var[entities]
        new = np.setdiff1d(entrants, entities)
        n, m = len(entities), len(new)
        grown = np.zeros((n + m, n + m))
        grown[:n, :n] = covariance
        grown[range(n, n + m), range(n, n + m)] = state.prior_var[new]
        return replace(
            state,
            entities=np.append(entities, new),
            mean=np.append(state.mean, state.prior_mean[new]),
            covariance=grown,
            seen=np.append(state.seen, np.full(m, season)),
        )

    def _winter(self, state: State, season: int) -> State:
        """The first of January of a season."""
        stays = state.seen >= season - REMEMBERED_SEASONS
        left, entities = state.entities[~stays], state.entities[stays]
        prior_mean, prior_var = state.prior_mean.copy(), state.prior_var.copy()
        prior_mean[left] = state.mean[~stays]
        prior_var[left] = np.diag(state.covariance)[~stays] + REMEMBERED_SEASONS * self.winter_var[left]
        kept = self.kept[entities]
        covariance = kept[:, None] * state.covariance[np.ix_(stays, stays)] * kept
        covariance[np.diag_indices_from(covariance)] += self.winter_var[entities]
        return State(season, entities, kept * state.mean[stays], covariance, state.seen[stays], prior_mean, prior_var)

    def seeing(
        self, state: State, cars: np.ndarray, drivers: np.ndarray, grid: np.ndarray, finish: np.ndarray
    ) -> tuple[State, float]:
        """The state after the scores of a session (NaN where there is nothing to see), and their log likelihood."""
        p = self.parameters
        c, d = state.places_of(cars), state.places_of(drivers)
        seen = state.seen.copy()
        seen[c] = seen[d] = state.season
        scores = np.concatenate([grid, finish])
        there = np.flatnonzero(~np.isnan(scores))
        if not len(there):
            return replace(state, seen=seen), 0.0
        is_finish, who = there >= len(cars), there % len(cars)
        c, d = c[who], d[who]
        with_all = state.covariance[:, c] + state.covariance[:, d]
        spread = with_all[c] + with_all[d]
        spread += p.team_weekend**2 * (c[:, None] == c) + p.weekend**2 * (d[:, None] == d)
        spread += FIELD_LEVEL_VAR * (is_finish[:, None] == is_finish)
        spread[np.diag_indices_from(spread)] += np.where(is_finish, p.finish, p.grid) ** 2
        surprise = scores[there] - state.mean[c] - state.mean[d]
        root = cho_factor(spread, lower=True, check_finite=False)
        gain = cho_solve(root, np.column_stack([surprise, with_all.T]), check_finite=False)
        covariance = state.covariance - with_all @ gain[:, 1:]
        likelihood = -np.log(np.diag(root[0])).sum() - (surprise @ gain[:, 0] + len(there) * np.log(2 * np.pi)) / 2
        return replace(
            state, mean=state.mean + with_all @ gain[:, 0], covariance=(covariance + covariance.T) / 2, seen=seen
        ), float(likelihood)

    @ONE_THREAD
    def states(self) -> list[State]:
        """The state after each session."""
        return [after for _, after, _ in self.run()]

    @ONE_THREAD
    def smoothed(self) -> list[State]:
        """The state after each session as all sessions tell it, later ones too."""
        runs = list(self.run())
        smooth = [runs[-1][1]] if runs else []
        for (_, after, _), (ahead, _, _) in zip(runs[-2::-1], runs[:0:-1], strict=True):
            later = smooth[-1]
            stay = np.flatnonzero(np.isin(after.entities, ahead.entities))
            then = ahead.places_of(after.entities[stay])
            kept = np.where(ahead.season > after.season, self.kept[after.entities[stay]], 1.0) ** (
                ahead.season - after.season
            )
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
