"""What is known on a day, as input of `simulate.py`: entrants, cars, strengths, and the sessions still to come.

Takes frames and returns arrays over the season's entrants; only `entries` stays a frame.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from f1lake.abt.entrants import first_entries
from f1lake.model.season.days import Held, Scored, Season, seasons_by_day
from f1lake.model.season.simulate import ALL_RESULTS, Entrants, Sessions, Standing
from f1lake.model.strength.follow import Field, Filter, State, field_of
from f1lake.model.strength.parameters import FIRST_LEARNED, FIXED, PUBLISHED
from f1lake.model.strength.reliability import Reliability, reliability
from f1lake.model.strength.scores import observed, with_cars


@dataclass(frozen=True)
class Past:
    """Strengths and reliability on the evening of every session of the whole history."""

    rows: pl.DataFrame
    field: Field
    filter: Filter
    states: dict[int, State]
    """By the number of the session: after each, or after those from the last one before a season on."""
    reliability: Reliability

    def state_before(
        self, day: dt.date, season: int, entrants: np.ndarray, *, is_open: bool = False
    ) -> tuple[State, int]:
        """The state just before the next session after a day, and the number of the last session held by then.

        `is_open`: the sessions of the day itself have not been held yet.
        """
        session = self.field.session_before(day, is_open=is_open)
        state = self.filter.beginning if session < 0 else self.states[session]
        return self.filter.ahead(state, season, entrants), session


@dataclass(frozen=True)
class SeasonAhead:
    """What is known on a day: entrants, sessions ahead, and both standings.

    `teams` names the constructors, `team` has each driver's index in it. Strengths are looked up by `entries`.
    """

    season: int
    as_of: dt.date
    round: int
    is_race_day: bool
    names: list[str]
    teams: list[str]
    team: np.ndarray
    car_strength: np.ndarray
    entrants: Entrants
    entries: pl.DataFrame
    sessions: Sessions
    drivers: Standing
    constructors: Standing | None
    position: list[int | None]
    constructor_position: list[int | None]

    def by_strengths_of(self, past: Past) -> "SeasonAhead":
        """The same day with the strengths of another past."""
        entrants, car_strength = _strengths(past, self.season, self.as_of, self.entries, self.team)
        return replace(self, entrants=entrants, car_strength=car_strength)


def past_of(
    results: pl.DataFrame, constructors: pl.DataFrame, *asked: pl.DataFrame, since: int | None = None
) -> Past:
    """The past, from all rows of silver/session_results and silver/constructors.

    `asked` are frames of entrants who may never have raced: `season`, `driver_id`, `constructor_id`. `since` is the
    season from which on days are asked about; the states of all others, 60 MB, are not kept.
    """
    rows = observed(results, constructors)
    everybody = pl.concat(frame.select("season", "driver_id", "constructor_id") for frame in (results, *asked))
    field = field_of(rows, with_cars(everybody, constructors))
    follow = Filter(field, PUBLISHED)
    states = dict(enumerate(follow.states())) if since is None else follow.states_for(since)
    return Past(rows, field, follow, states, reliability(rows, field))


def with_fixed_constants(past: Past) -> Past:
    """The same past, with strengths by the constants of seasons to 2005."""
    first = int(np.searchsorted(past.field.season, FIRST_LEARNED))
    follow = Filter(past.field, FIXED)
    start = past.states[first - 1] if first else None
    return replace(past, filter=follow, states=past.states | dict(enumerate(follow.states(start, first), first)))


def seasons_of_frames(
    results: pl.LazyFrame, constructors: pl.LazyFrame, calendars: pl.LazyFrame, rules: pl.LazyFrame,
    state: pl.LazyFrame, since: int | None = None,
) -> tuple[Past, dict[int, Season]]:
    """The past, and every season of silver/calendars; `state` is silver/season_state, `since` as in `past_of`."""
    first_entry, lineages = first_entries(results, calendars).collect(), constructors.collect()
    past = past_of(results.collect(), lineages, first_entry, since=since)
    first = with_cars(first_entry, lineages).lazy()
    return past, seasons_by_day(past.rows.lazy(), first, results, calendars, rules, state)


def season_ahead(past: Past, season: Season, as_of: dt.date) -> SeasonAhead | None:
    """What is known on the evening of `as_of`, a day of `season`; None if nobody's entry is known."""
    if as_of not in season.drivers:
        return None
    held = [session for session in season.held if session[0] <= as_of]
    drivers, teams_now = season.drivers[as_of], season.teams[as_of]
    teams = teams_now["constructor_id"].to_list()
    number = {name: i for i, name in enumerate(teams)}
    names, team = drivers["driver_id"].to_list(), np.array([number[name] for name in drivers["constructor_id"]])
    sessions = _sessions(season, as_of)
    entrants, car_strength = _strengths(past, season.season, as_of, drivers, team)
    rounds, results = _results(season.driver_scores, held, as_of, names)
    constructors = None
    if season.rules["has_constructors_title"]:
        constructors = _constructors_standing(season, held, as_of, teams_now, team, sessions)
    return SeasonAhead(
        season=season.season, as_of=as_of, round=held[-1][1] if held else 0,
        is_race_day=any(day == as_of and session == "Race" for day, _, session, _ in held),
        names=names, teams=teams, team=team,
        car_strength=car_strength,
        entrants=entrants,
        entries=drivers,
        sessions=sessions,
        drivers=Standing(
            drivers["points"].to_numpy(),
            drivers["wins"].to_numpy(),
            drivers["can_win_title"].to_numpy(),
            rounds,
            results,
            _best_of(season.rules["driver_best_of"]),
            is_out=drivers["is_out"].to_numpy(),
        ),
        constructors=constructors,
        position=drivers["position"].to_list(),
        constructor_position=teams_now["position"].to_list(),
    )  # fmt: skip


def _strengths(
    past: Past, season: int, as_of: dt.date, entries: pl.DataFrame, team: np.ndarray
) -> tuple[Entrants, np.ndarray]:
    """The entrants as `simulate.py` takes them, and the strength of each team's car."""
    p = past.filter.parameters(season)
    cars, drivers = past.field.codes_of(entries["car"], entries["driver_id"])
    state, session = past.state_before(as_of, season, np.union1d(cars, drivers))
    mean, covariance = state.together(cars, drivers)
    entrants = Entrants(
        mean, covariance, team, past.reliability.rates(session, cars), entries["enters"].to_numpy(),
        drift_car=p.car_race, drift_driver=p.driver_race, car_weekend=p.team_weekend,
        noise=float(np.hypot(p.weekend, p.finish)),
    )  # fmt: skip
    _, first = np.unique(team, return_index=True)
    return entrants, state.mean[state.places_of(cars[first])]


def _sessions(season: Season, as_of: dt.date) -> Sessions:
    """The races and sprints still to come, in order, by the calendar as known that day and the season's rules."""
    rules = season.rules
    ahead: list[tuple[int, bool, list[float], float]] = []
    for round_, has_sprint, has_race in season.calendar[as_of].iter_rows():
        if has_sprint:
            ahead.append((round_, True, rules["sprint_points"], 0.0))
        if has_race:
            twice = 2 if round_ in rules["double_points_rounds"] else 1
            ahead.append((round_, False, [twice * x for x in rules["race_points"]], rules["fastest_lap_points"]))
    points = np.zeros((len(ahead), max([len(places) for _, _, places, _ in ahead], default=1)))
    for i, (_, _, places, _) in enumerate(ahead):
        points[i, : len(places)] = places
    return Sessions(
        points,
        np.array([round_ for round_, *_ in ahead], np.int64),
        np.array([is_sprint for _, is_sprint, *_ in ahead], bool),
        np.array([fastest for *_, fastest in ahead], float),
        rules["fastest_lap_within"] or ALL_RESULTS,
    )


def _constructors_standing(
    season: Season, held: Sequence[Held], as_of: dt.date, now: pl.DataFrame, team: np.ndarray, sessions: Sessions
) -> Standing:
    """As for drivers. Who can still win is an upper bound: each team takes the first places with all its cars.

    That is the highest number of cars of a team so far; before the season, of the entry.
    """
    rules, only_best = season.rules, season.rules["constructor_cars"]
    rounds, results = _results(season.constructor_scores, held, as_of, now["constructor_id"].to_list())
    points = now["points"].to_numpy() / 100
    cars = only_best or max(2, *([most for *_, most in held] or np.bincount(team).tolist()))
    most = sessions.points[:, :cars].sum() + (0 if rules["constructor_race_points"] else sessions.fastest_lap.sum())
    table = rules["constructor_race_points"]
    is_excluded = now["is_excluded"].to_numpy()
    return Standing(
        points,
        now["wins"].to_numpy(),
        (points + most >= points[~is_excluded].max(initial=0)) & ~is_excluded,
        rounds,
        results,
        _best_of(rules["constructor_best_of"]),
        cars=only_best,
        table=None if table is None else np.array(table, float),
        not_counted=np.isin(sessions.round, rules["not_for_constructors"]),
    )


def _results(
    scores: Sequence[Scored], held: Sequence[Held], as_of: dt.date, names: list[str]
) -> tuple[np.ndarray, np.ndarray]:
    """The rounds held, and the points of each (rounds × entrants)."""
    rounds = sorted({round_ for _, round_, *_ in held})
    table = np.zeros((len(rounds), len(names)))
    at, who = {r: i for i, r in enumerate(rounds)}, {name: i for i, name in enumerate(names)}
    for day, round_, name, points in scores:
        if day <= as_of and name in who:
            table[at[round_], who[name]] += points / 100
    return np.array(rounds, np.int64), table


def _best_of(rules: list[dict[str, int]]) -> list[tuple[int, int, int]]:
    return [(rule["first_round"], rule["last_round"], rule["results"]) for rule in rules]
