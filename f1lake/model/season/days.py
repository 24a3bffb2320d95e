"""What is known on each day of a season, as frames: who has raced in it, where they stand, and what is left.

All days of all seasons are put together at once. What is simulated of one of them is in `known.py`.
"""

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import polars as pl

from f1lake.abt.entrants import DAY, entrants_on, held_by
from f1lake.silver.calendars import RACE_TO_COME, SPRINT_TO_COME, before_season, calendars_on
from f1lake.silver.championship import championship, constructor_scores, driver_scores

ENTRY_KEPT = 0.5
"""Weight of a race relative to the next one, in the probability that a driver enters: who missed only the latest of
many races gets one half."""

Held = tuple[dt.date, int, str, int]
"""A session held: day, round, session, and the most cars that a team entered."""
Scored = tuple[dt.date, int, str, int]
"""Who scored: day, round, driver or constructor, hundredths of points."""


@dataclass(frozen=True)
class Season:
    """One season by day.

    `drivers` and `teams`: who has raced so far (before it, the first entry) with their standing. `calendar`: each
    round, and whether its sprint and its race are to come. Of the whole season: the sessions held, and who scored.
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


def seasons_by_day(
    rows: pl.LazyFrame, first: pl.LazyFrame, results: pl.LazyFrame, calendars: pl.LazyFrame, rules: pl.LazyFrame,
    state: pl.LazyFrame,
) -> dict[int, Season]:
    """Every season of silver/calendars.

    From the rows of `scores.observed`, the `first` entry of each season with cars, and the silver tables
    session_results, scoring_rules and season_state.
    """
    so_far = pl.col("points", "wins").fill_null(0)
    of_seasons = calendars.select("season").unique()
    rows, results = (
        frame.join(of_seasons, on="season", how="semi", maintain_order="left") for frame in (rows, results)
    )
    held = rows.group_by("season", "session_date", "round", "session", "constructor_id").len().group_by(
        "season", "session_date", "round", "session"
    ).agg(pl.col("len").max()).sort("session_date")  # fmt: skip
    days = pl.concat([before_season(calendars), held.select("season", as_of="session_date").unique()])
    entries = entries_on(days, rows, first)
    state_of_teams = championship(results, rules, "constructor", with_hindsight=False).rename({"id": "constructor_id"})
    calendar = calendars_on(days, calendars).sort("as_of", "event_date", nulls_last=True)
    drivers = _by_day(entries.join(state, on=[*DAY, "driver_id"], how="left").sort("driver_id").select(
        *DAY, "driver_id", "constructor_id", "car", "enters", "position", so_far,
        pl.col("can_win_title").fill_null(value=True), pl.col("is_out").fill_null(value=False),
    ))  # fmt: skip
    teams = _by_day(
        entries.select(*DAY, "constructor_id").unique()
        .join(state_of_teams, on=[*DAY, "constructor_id"], how="left").sort("constructor_id")
        .select(*DAY, "constructor_id", "position", so_far, pl.col("is_excluded").fill_null(value=False))
    )
    ahead = _by_day(calendar.select(*DAY, "round", SPRINT_TO_COME.alias("sprint"), RACE_TO_COME.alias("race")))
    of_drivers, of_constructors = (
        _rows_by_season(scores.filter(pl.col("points") > 0).select(*DAY, "round", "id", "points"))
        for scores in (driver_scores(results), constructor_scores(results, rules))
    )
    sessions = _rows_by_season(held)
    seasons = rules.join(of_seasons, on="season", how="semi").collect()
    return {
        (season := row["season"]): Season(
            season, row, drivers[season], teams[season], ahead[season], sessions[season], of_drivers[season],
            of_constructors[season],
        )
        for row in seasons.iter_rows(named=True)
    }


def entries_on(days: pl.LazyFrame, rows: pl.LazyFrame, first: pl.LazyFrame) -> pl.LazyFrame:
    """The drivers who have a row up to each of the `days` (`season`, `as_of`), in their latest car.

    `enters` is the probability that the driver enters a race, from the races entered so far. Before the season's first
    session it is 1 for everybody in `first`, the entry of the first race.
    """
    key, held = [*DAY, "driver_id"], held_by(days, rows)
    age = pl.col("session_date").rank("dense", descending=True).over(DAY).cast(pl.Int32) - 1
    races = held.filter(pl.col("session") == "Race").with_columns(weight=ENTRY_KEPT**age)
    share = pl.col("weight").sum().over(key) / pl.col("weight").unique().sum().over(DAY)
    entered = races.select(*key, enters=share.clip(0, 1)).unique()
    no_race_yet = pl.col("enters").is_null().all().over(DAY)
    return (
        entrants_on(days, held, first).select(*key, "constructor_id", "car")
        .join(entered, on=key, how="left")
        .with_columns(enters=pl.when(no_race_yet).then(1.0).otherwise(pl.col("enters").fill_null(0.0)))
    )


def _by_day(frame: pl.LazyFrame) -> dict[int, dict[dt.date, pl.DataFrame]]:
    """The rows of each day, by season."""
    seasons: dict[int, dict[dt.date, pl.DataFrame]] = defaultdict(dict)
    for (season, day), rows in frame.collect().partition_by("season", "as_of", as_dict=True, include_key=False).items():
        seasons[season][day] = rows
    return seasons


def _rows_by_season(frame: pl.LazyFrame) -> dict[int, list[tuple[Any, ...]]]:
    """Rows without their first column, the season, by it."""
    seasons: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
    for season, *row in frame.collect().iter_rows():
        seasons[season].append(tuple(row))
    return seasons
