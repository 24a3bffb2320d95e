"""What is known on a day, as `simulate.py` takes it: who races, in what, how well, and what is left of the season.

Frames end here: what comes out are arrays over the season's entrants.
"""

import datetime as dt
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from f1lake.abt.entrants import first_entries
from f1lake.model.season.simulate import ALL_RESULTS, Entrants, Sessions, Standing
from f1lake.model.strength.follow import Field, Filter, State, field_of
from f1lake.model.strength.parameters import FIRST_LEARNED, FIXED, PUBLISHED
from f1lake.model.strength.reliability import Reliability, reliability
from f1lake.model.strength.scores import observed, with_cars
from f1lake.silver.calendars import RACE_TO_COME, SPRINT_TO_COME, before_season, known_on
from f1lake.silver.championship import championship, constructor_scores, driver_scores

ENTRY_KEPT = 0.5
"""Who missed the latest race enters the next one with half the probability, and so on."""


@dataclass(frozen=True)
class Past:
    """Strengths and reliability on the evening of every session of the whole history."""

    rows: pl.DataFrame
    field: Field
    filter: Filter
    states: list[State]
    reliability: Reliability

    def state_before(
        self, day: dt.date, season: int, entrants: np.ndarray, *, is_open: bool = False
    ) -> tuple[State, int]:
        """The state just before the next session after a day, and the number of the last session held by then.

        `is_open`: the day itself is yet to come.
        """
        session = self.field.session_before(day, is_open=is_open)
        state = self.filter.beginning if session < 0 else self.states[session]
        return self.filter.ahead(state, season, entrants), session


@dataclass(frozen=True)
class Season:
    """One season's frames, all days of it: what `season_ahead` cuts to what is known on one.

    `calendar` holds the whole calendar once for each of these days, as known then.
    """

    season: int
    entries: pl.DataFrame
    first_entry: pl.DataFrame
    calendar: pl.DataFrame
    rules: dict[str, Any]
    driver_state: pl.DataFrame
    constructor_state: pl.DataFrame
    driver_scores: pl.DataFrame
    constructor_scores: pl.DataFrame

    def days(self) -> list[dt.date]:
        """The day before the season, and those of its races and sprints held so far."""
        return self.calendar["as_of"].unique().sort().to_list()


@dataclass(frozen=True)
class SeasonAhead:
    """Who may still win what on a day: entrants (with the codes of their cars), what is left, and the standings.

    `teams` names the constructors, `team` says which each driver drives for.
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
        """The same day as other constants tell it."""
        entrants, car_strength = _strengths(past, self.season, self.as_of, self.entries, self.team)
        return replace(self, entrants=entrants, car_strength=car_strength)


def past_of(results: pl.DataFrame, constructors: pl.DataFrame, *asked: pl.DataFrame) -> Past:
    """From all rows of silver/session_results and silver/constructors.

    `asked` name who will be asked about and may never have raced: `season`, `driver_id`, `constructor_id`.
    """
    rows = observed(results, constructors)
    everybody = pl.concat(frame.select("season", "driver_id", "constructor_id") for frame in (results, *asked))
    field = field_of(rows, with_cars(everybody, constructors))
    follow = Filter(field, PUBLISHED)
    return Past(rows, field, follow, follow.states(), reliability(rows, field))


def with_fixed_constants(past: Past) -> Past:
    """The same past as the constants of seasons to 2005 tell it."""
    first = int(np.searchsorted(past.field.season, FIRST_LEARNED))
    follow = Filter(past.field, FIXED)
    start = past.states[first - 1] if first else None
    return replace(past, filter=follow, states=past.states[:first] + follow.states(start, first))


def seasons_of_frames(
    results: pl.LazyFrame, constructors: pl.LazyFrame, calendars: pl.LazyFrame, rules: pl.LazyFrame,
    state: pl.LazyFrame,
) -> tuple[Past, dict[int, Season]]:
    """The past, and every season of silver/calendars with its frames; `state` is silver/season_state."""
    rule_rows = rules.join(calendars, on="season", how="semi").collect()
    first_entry = first_entries(results, calendars).collect()
    everybody, teams = results.collect(), constructors.collect()
    past = past_of(everybody, teams, first_entry)
    results = results.join(calendars.select("season").unique(), on="season", how="semi")
    held = past.rows.lazy().select("season", as_of="session_date").unique()
    days = pl.concat([before_season(calendars), held])
    frames = {
        "entries": past.rows,
        "first_entry": with_cars(first_entry, teams),
        "calendar": known_on(days, calendars).sort("as_of", "event_date", nulls_last=True).collect(),
        "driver_state": state.collect(),
        "constructor_state": championship(results, rules, "constructor", with_hindsight=False).collect(),
        "driver_scores": driver_scores(results).collect(),
        "constructor_scores": constructor_scores(results, rules).collect(),
    }
    return past, {
        (season := row["season"]): Season(season, rules=row, **{k: f.filter(season=season) for k, f in frames.items()})
        for row in rule_rows.iter_rows(named=True)
    }


def season_ahead(past: Past, season: Season, as_of: dt.date) -> SeasonAhead | None:
    """What is known on the evening of `as_of`; before the season's first session, by `first_entry`.

    None if that is not known either.
    """
    held = season.entries.filter(pl.col("session_date") <= as_of)
    entries = _entries(held, season.first_entry)
    if entries.is_empty():
        return None
    round_now = 0 if held.is_empty() else held.sort("session_date")["round"][-1]
    teams = entries["constructor_id"].unique().sort().to_list()
    number = {name: i for i, name in enumerate(teams)}
    names, team = entries["driver_id"].to_list(), np.array([number[name] for name in entries["constructor_id"]])
    sessions = _sessions(season, as_of)
    drivers_now = _on_day(season.driver_state, as_of, "driver_id", names)
    entrants, car_strength = _strengths(past, season.season, as_of, entries, team)
    teams_now = _on_day(season.constructor_state, as_of, "id", teams)
    has_title = season.rules["has_constructors_title"]
    return SeasonAhead(
        season=season.season, as_of=as_of, round=round_now,
        is_race_day=bool(((held["session_date"] == as_of) & (held["session"] == "Race")).any()),
        names=names, teams=teams, team=team,
        car_strength=car_strength,
        entrants=entrants,
        entries=entries,
        sessions=sessions,
        drivers=_drivers_standing(season, held, names, drivers_now),
        constructors=_constructors_standing(season, held, teams, team, teams_now, sessions) if has_title else None,
        position=drivers_now["position"].to_list(),
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


def _entries(held: pl.DataFrame, first: pl.DataFrame) -> pl.DataFrame:
    """Drivers with their latest car, and `enters`: how surely they enter a race, by those they entered."""
    races = held.filter(pl.col("session") == "Race")
    latest = (first if held.is_empty() else held).group_by("driver_id", maintain_order=True).agg(
        pl.col("constructor_id", "car").last()
    )
    if races.is_empty():
        return latest.with_columns(enters=pl.lit(1.0)).sort("driver_id")
    rounds = races.sort("session_date", descending=True)["round"].unique(maintain_order=True)
    age = {r: i for i, r in enumerate(rounds.to_list())}
    weight = ENTRY_KEPT ** pl.col("round").replace_strict(age, return_dtype=pl.Float64)
    whole = sum(ENTRY_KEPT**i for i in range(len(rounds)))
    entered = races.group_by("driver_id").agg(enters=(weight.sum() / whole).clip(0, 1))
    both = latest.join(entered, on="driver_id", how="left")
    return both.with_columns(pl.col("enters").fill_null(0.0)).sort("driver_id")


def _sessions(season: Season, as_of: dt.date) -> Sessions:
    """The races and sprints still to come, in order, by the calendar as known that day and the season's rules."""
    rules = season.rules
    ahead: list[tuple[int, bool, list[float], float]] = []
    known = season.calendar.filter(as_of=as_of).select("round", sprint=SPRINT_TO_COME, race=RACE_TO_COME)
    for round_, has_sprint, has_race in known.iter_rows():
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


def _on_day(state: pl.DataFrame, as_of: dt.date, key: str, names: list[str]) -> pl.DataFrame:
    """The standings of a day in the order of `names`; null for those without a row."""
    return pl.DataFrame({key: names}).join(state.filter(as_of=as_of), on=key, how="left", maintain_order="left")


def _drivers_standing(season: Season, held: pl.DataFrame, names: list[str], now: pl.DataFrame) -> Standing:
    rounds, results = _results(season.driver_scores, held, names)
    return Standing(
        now["points"].fill_null(0).to_numpy(),
        now["wins"].fill_null(0).to_numpy(),
        now["can_win_title"].fill_null(value=True).to_numpy(),
        rounds,
        results,
        _best_of(season.rules["driver_best_of"]),
        is_out=now["is_out"].fill_null(value=False).to_numpy(),
    )


def _constructors_standing(
    season: Season, held: pl.DataFrame, teams: list[str], team: np.ndarray, now: pl.DataFrame, sessions: Sessions
) -> Standing:
    """As for drivers; who can still win is bounded from above: first places for as many cars as entered so far.

    Before the season these are the cars of the entry.
    """
    rules, only_best = season.rules, season.rules["constructor_cars"]
    rounds, results = _results(season.constructor_scores, held, teams)
    points = now["points"].fill_null(0).to_numpy() / 100
    entered = held.group_by("round", "session", "constructor_id").len()["len"].to_list() or np.bincount(team).tolist()
    cars = only_best or max(2, *entered)
    most = sessions.points[:, :cars].sum() + (0 if rules["constructor_race_points"] else sessions.fastest_lap.sum())
    table = rules["constructor_race_points"]
    is_excluded = now["is_excluded"].fill_null(value=False).to_numpy()
    return Standing(
        points,
        now["wins"].fill_null(0).to_numpy(),
        (points + most >= points[~is_excluded].max(initial=0)) & ~is_excluded,
        rounds,
        results,
        _best_of(rules["constructor_best_of"]),
        cars=only_best,
        table=None if table is None else np.array(table, float),
        not_counted=np.isin(sessions.round, rules["not_for_constructors"]),
    )


def _results(scores: pl.DataFrame, held: pl.DataFrame, names: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """The rounds held, and the points of each (rounds × entrants)."""
    rounds = held["round"].unique().sort().to_list()
    table = np.zeros((len(rounds), len(names)))
    at, who = {r: i for i, r in enumerate(rounds)}, {name: i for i, name in enumerate(names)}
    of_day = scores.filter(pl.col("as_of").is_in(held["session_date"].unique().implode()), pl.col("points") > 0)
    for round_, name, points in of_day.select("round", "id", "points").iter_rows():
        if name in who:
            table[at[round_], who[name]] += points / 100
    return np.array(rounds, np.int64), table


def _best_of(rules: list[dict[str, int]]) -> list[tuple[int, int, int]]:
    return [(rule["first_round"], rule["last_round"], rule["results"]) for rule in rules]
