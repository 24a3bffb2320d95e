"""What if? The odds of both titles if something happened in future races.

The simulations of model/simulated_titles are run again with the assumptions. Each simulation is weighted by how much
more likely the published odds make its champion than the simulations alone, so that without assumptions the result is
the published odds.
"""

import datetime as dt
import functools
from collections.abc import Mapping, Sequence
from typing import TypedDict

import numpy as np
import polars as pl

from f1lake.failures import UsageError
from f1lake.model.learn.decision import CONSTRUCTOR, DRIVER
from f1lake.model.season.days import Season
from f1lake.model.season.known import Past, SeasonAhead, season_ahead, seasons_of_frames
from f1lake.model.season.simulate import Forced, Outcome
from f1lake.model.simulated_titles import simulated
from f1lake.partitions import event_key
from f1lake.settings import settings
from f1lake.silver.calendars import season_of
from f1lake.storage.lake import read, version

TABLES = {DRIVER: ("odds/title_odds", "driver_id"), CONSTRUCTOR: ("odds/constructor_title_odds", "constructor_id")}
INPUTS = (
    "silver/session_results", "silver/constructors", "silver/calendars", "silver/scoring_rules", "silver/season_state",
)  # fmt: skip


class Change(TypedDict, total=False):
    """Assumptions about one race: who takes which place (1 wins), who is not classified."""

    places: Mapping[int, str]
    retired: Sequence[str]


class WhatIfError(UsageError):
    """An assumption that is impossible, or about something unknown."""


def odds(as_of: dt.date | None, changes: Mapping[str, Change]) -> pl.DataFrame:
    """The odds of both titles as of a day with published odds (None: the latest), if `changes` happen.

    `changes` by race event, `{"2026-10": {"places": {1: "russell"}}, "2026-11": {"retired": ["antonelli"]}}`. One row
    per `title` (driver, constructor) and `entrant_id`, most probable first: `probability`, `probability_published`,
    `change`, `expected_points`, `expected_points_published`. Raises `WhatIfError`, and `TableMissingError` if there are
    no odds.
    """
    day = as_of or read("odds/title_odds").select(pl.col("as_of").max()).collect().item()
    ahead = season_ahead_on(day, tuple(version(name) or 0 for name in INPUTS)) if day else None
    if ahead is None:
        raise WhatIfError("there are no odds of {day}: choose a day of a race or sprint, or 1 January", day=day)
    drivers, constructors = simulated(ahead, forced(ahead, changes))
    rows = [_of_title(DRIVER, day, ahead.names, ahead.drivers.may_win, drivers)]
    if ahead.constructors is not None and constructors is not None:
        rows.append(_of_title(CONSTRUCTOR, day, ahead.teams, ahead.constructors.may_win, constructors))
    return pl.concat(rows)


def forced(ahead: SeasonAhead, changes: Mapping[str, Change]) -> Forced | None:
    """The changes as sessions × drivers; None without any."""
    if not changes:
        return None
    places, fails = (np.zeros((len(ahead.sessions.round), len(ahead.names)), kind) for kind in (np.int64, bool))
    races = {
        event_key(ahead.season, int(round_)): i
        for i, (round_, is_sprint) in enumerate(zip(ahead.sessions.round, ahead.sessions.is_sprint, strict=True))
        if not is_sprint
    }
    driver = {name: i for i, name in enumerate(ahead.names)}
    for event, change in changes.items():
        if event not in races:
            left = ", ".join(races) or "none"
            raise WhatIfError(
                "{event} is no race still to come on {day}; these are: {left}", event=event, day=ahead.as_of, left=left
            )
        taken, retired = change.get("places", {}), list(change.get("retired", ()))
        for name in [*retired, *taken.values()]:
            if name not in driver:
                raise WhatIfError(
                    "{name!r} does not drive in {season}; these do: {drivers}",
                    name=name, season=ahead.season, drivers=", ".join(ahead.names),
                )
        for place, name in taken.items():
            if name in retired:
                raise WhatIfError(
                    "{name} cannot take place {place} of {event} and retire from it",
                    name=name, place=place, event=event,
                )
            if not 1 <= place <= len(ahead.names):
                raise WhatIfError(
                    "there is no place {place} in {event}: {count} drive in {season}",
                    place=place, event=event, count=len(ahead.names), season=ahead.season,
                )
            if places[races[event], driver[name]]:
                raise WhatIfError("{name} cannot take two places of {event}", name=name, event=event)
            places[races[event], driver[name]] = place
        fails[races[event], [driver[name] for name in retired]] = True
    return Forced(places, fails)


def season_ahead_on(day: dt.date, versions: tuple[int, ...]) -> SeasonAhead | None:
    """What was known on a day, cached by the lake and the versions of the tables it is computed from."""
    past, seasons = _seasons(settings().lake, season_of(day), versions)
    season = seasons.get(season_of(day))
    return season_ahead(past, season, day) if season is not None and day in season.days() else None


@functools.lru_cache(maxsize=1)
def _seasons(lake: str, year: int, versions: tuple[int, ...]) -> tuple[Past, dict[int, Season]]:
    of_all = [read(name) for name in INPUTS[:2]]
    of_season = [read(name, [year]) for name in INPUTS[2:]]
    return seasons_of_frames(*of_all, *of_season, since=year)


def _of_title(title: str, day: dt.date, names: list[str], may_win: np.ndarray, outcome: Outcome) -> pl.DataFrame:
    table, key = TABLES[title]
    published = read(table, [season_of(day)]).filter(pl.col("as_of") == day)
    latest = pl.col("made_at") == pl.col("made_at").max()
    known = published.filter(latest).select(
        entrant_id=key, probability_published="probability", expected_points_published="expected_points"
    )
    simulated_share = (
        read("model/simulated_titles", [season_of(day)])
        .filter(pl.col("as_of") == day, pl.col("title") == title)
        .select("entrant_id", simulated="probability")
    )
    of_now = {"entrant_id": names, "share": outcome.shares(may_win), "expected_points": outcome.points.mean(axis=0)}
    weight = pl.when(pl.col("simulated") > 0).then(pl.col("probability_published") / pl.col("simulated")).otherwise(0.0)
    return (
        pl.LazyFrame(of_now)
        .join(known, on="entrant_id", maintain_order="left")
        .join(simulated_share, on="entrant_id", maintain_order="left")
        .with_columns(weighted=pl.col("share") * weight)
        .with_columns(probability=pl.col("weighted") / pl.col("weighted").sum())
        .select(
            "entrant_id", "probability", "probability_published", "expected_points", "expected_points_published",
            title=pl.lit(title), change=pl.col("probability") - pl.col("probability_published"),
        )
        .select(
            "title", "entrant_id", "probability", "probability_published", "change", "expected_points",
            "expected_points_published",
        )
        .sort("probability", "entrant_id", descending=[True, False])
        .collect()
    )
