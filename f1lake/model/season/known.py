"""What is known on a day, as `simulate.py` takes it: who races, in what, how well, and what is left of the season.

Frames end here: what comes out are arrays over the season's entrants.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
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

DAY = ["season", "as_of"]
SO_FAR = (pl.col("points").fill_null(0), pl.col("wins").fill_null(0))
Held = tuple[dt.date, int, str, int]
"""A session held: day, round, session, and the most cars that a team entered."""
Scored = tuple[dt.date, int, str, int]
"""Who scored: day, round, driver or constructor, hundredths of points."""


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
    """One season, as known on each day of it: what `season_ahead` puts together.

    By day: `drivers` and `teams` that may still race, with their standing, and the `calendar`: round, and whether its
    sprint and its race are to come. Of the whole season: the sessions held, and who scored.
    """

    season: int
    rules: dict[str, Any]
    drivers: dict[dt.date, pl.DataFrame]
    teams: dict[dt.date, pl.DataFrame]
    calendar: dict[dt.date, pl.DataFrame]
    held: list[Held]
    driver_scores: list[Scored]
    constructor_scores: list[Scored]

    def days(self) -> list[dt.date]:
        """The day before the season, and those of its races and sprints held so far."""
        return sorted(self.calendar)


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
    """The past, and every season of silver/calendars; `state` is silver/season_state."""
    first_entry = first_entries(results, calendars).collect()
    everybody, lineages = results.collect(), constructors.collect()
    past = past_of(everybody, lineages, first_entry)
    of_seasons = calendars.select("season").unique()
    rows, results = (frame.join(of_seasons, on="season", how="semi") for frame in (past.rows.lazy(), results))
    held = rows.group_by("season", "session_date", "round", "session", "constructor_id").len().group_by(
        "season", "session_date", "round", "session"
    ).agg(pl.col("len").max()).sort("session_date")  # fmt: skip
    days = pl.concat([before_season(calendars), held.select("season", as_of="session_date").unique()])
    entries = entries_on(days, rows, with_cars(first_entry, lineages).lazy())
    state_of_teams = championship(results, rules, "constructor", with_hindsight=False).rename({"id": "constructor_id"})
    calendar = known_on(days, calendars).sort("as_of", "event_date", nulls_last=True)
    drivers = _by_day(entries.join(state, on=[*DAY, "driver_id"], how="left").sort("driver_id").select(
        *DAY, "driver_id", "constructor_id", "car", "enters", "position", *SO_FAR,
        pl.col("can_win_title").fill_null(value=True), pl.col("is_out").fill_null(value=False),
    ))  # fmt: skip
    teams = _by_day(
        entries.select(*DAY, "constructor_id").unique()
        .join(state_of_teams, on=[*DAY, "constructor_id"], how="left").sort("constructor_id")
        .select(*DAY, "constructor_id", "position", *SO_FAR, pl.col("is_excluded").fill_null(value=False))
    )
    ahead = _by_day(calendar.select(*DAY, "round", SPRINT_TO_COME.alias("sprint"), RACE_TO_COME.alias("race")))
    of_drivers, of_constructors = (
        _rows_by_season(scores.filter(pl.col("points") > 0).select(*DAY, "round", "id", "points"))
        for scores in (driver_scores(results), constructor_scores(results, rules))
    )
    sessions = _rows_by_season(held)
    seasons = rules.join(of_seasons, on="season", how="semi").collect()
    return past, {
        (season := row["season"]): Season(
            season, row, drivers[season], teams[season], ahead[season], sessions[season], of_drivers[season],
            of_constructors[season],
        )
        for row in seasons.iter_rows(named=True)
    }


def entries_on(days: pl.LazyFrame, rows: pl.LazyFrame, first: pl.LazyFrame) -> pl.LazyFrame:
    """The drivers of each of the `days` (`season`, `as_of`) with their latest car: those of `rows` by then.

    `enters` is how surely a driver enters a race, by those entered so far. Before the season's first session the
    drivers are those of `first`, its first entry.
    """
    key, held_by_then = [*DAY, "driver_id"], pl.col("session_date") <= pl.col("as_of")
    held = days.join(rows, on="season", maintain_order="left_right").filter(held_by_then)
    age = pl.col("session_date").rank("dense", descending=True).over(DAY).cast(pl.Int32) - 1
    races = held.filter(pl.col("session") == "Race").with_columns(weight=ENTRY_KEPT**age)
    share = pl.col("weight").sum().over(key) / pl.col("weight").unique().sum().over(DAY)
    entered = races.select(*key, enters=share.clip(0, 1)).unique()
    before_it = days.join(held.select(DAY).unique(), on=DAY, how="anti")
    opening = before_it.join(first, on="season", maintain_order="left_right")
    no_race_yet = pl.col("enters").is_null().all().over(DAY)
    return (
        pl.concat([frame.select(*key, "constructor_id", "car") for frame in (held, opening)])
        .unique(key, keep="last", maintain_order=True)
        .join(entered, on=key, how="left")
        .with_columns(enters=pl.when(no_race_yet).then(1.0).otherwise(pl.col("enters").fill_null(0.0)))
    )


def _by_day(frame: pl.LazyFrame) -> dict[int, dict[dt.date, pl.DataFrame]]:
    """The rows of each day, by season."""
    seasons: dict[int, dict[dt.date, pl.DataFrame]] = defaultdict(dict)
    for (season, day), rows in frame.collect().partition_by(DAY, as_dict=True, include_key=False).items():
        seasons[season][day] = rows
    return seasons


def _rows_by_season(frame: pl.LazyFrame) -> dict[int, list[tuple[Any, ...]]]:
    """Rows without their first column, the season, by it."""
    seasons: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
    for season, *row in frame.collect().iter_rows():
        seasons[season].append(tuple(row))
    return seasons


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
    """As for drivers; who can still win is bounded from above: first places for as many cars as entered so far.

    Before the season these are the cars of the entry.
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
