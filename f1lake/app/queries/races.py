"""One race: its odds at each stage that is known, its weekend, and what its circuit has seen."""

import datetime as dt
from collections.abc import Mapping

import polars as pl

from f1lake.app.queries.endings import how_it_ended
from f1lake.app.queries.names import TEAM_NAME, drivers_named, full_names
from f1lake.clock import SESSION_LENGTH

Tables = Mapping[str, pl.DataFrame]

SESSIONS = (
    "first_practice_start", "second_practice_start", "third_practice_start", "sprint_qualifying_start",
    "sprint_start", "qualifying_start", "race_start",
)
LAST_WINNERS = 6
A_DAY = dt.timedelta(days=1)


def calendar(tables: Tables) -> pl.DataFrame:
    """Every event with a date and `is_held`, whether its race has results, in order of the dates."""
    held = _raced(tables).select("season", "round").unique().with_columns(is_held=True)
    return (
        tables["silver/events"].lazy().join(held, on=["season", "round"], how="left")
        .with_columns(pl.col("is_held").fill_null(False))
        .drop_nulls("event_date")
        .sort("event_date")
        .collect()
    )


def to_come(tables: Tables) -> pl.DataFrame:
    """The events of the present season that have no results yet, in order; of the next, where that one is over.

    The present is the lake's: that of its last results, not of the clock.
    """
    events = calendar(tables)
    held = events.filter("is_held")
    if held.is_empty():
        return events
    later = events.filter(pl.col("event_date") > held["event_date"].max(), ~pl.col("is_held"))
    return later.filter(pl.col("season") == pl.col("season").min())


def awaited(tables: Tables, now: dt.datetime) -> dict | None:
    """The event whose race should be over by now and has no results yet, the first if there are several."""
    coming = to_come(tables)
    if coming.is_empty():
        return None
    start = pl.coalesce("race_start", pl.col("event_date").cast(pl.Datetime("us", "UTC")) + A_DAY)
    over = coming.filter(start + SESSION_LENGTH <= now)
    return over.row(0, named=True) if over.height else None


def race_odds(tables: Tables, season: int, round_: int) -> pl.DataFrame:
    """The odds of a race at its stages, with names, teams, and the result where there is one; likeliest first."""
    odds = tables["odds/race_odds"].filter(pl.col("season") == season, pl.col("round") == round_)
    results = how_it_ended(tables, _raced(tables).filter(pl.col("season") == season, pl.col("round") == round_))
    return (
        odds.lazy()
        .join(drivers_named(tables), on=["season", "driver_id"], how="left")
        .join(_teams(tables), on=["season", "constructor_id"], how="left")
        .join(results.select("driver_id", "status_class", finished="position"), on="driver_id", how="left")
        .rename({"driver_id": "id"})
        .with_columns(pl.col("name", "full_name").fill_null(pl.col("id")))
        .sort("stage", "p_win", "p_podium", "id", descending=[False, True, True, False])
        .collect()
    )


def rounds_with_odds(tables: Tables, season: int) -> list[int]:
    """The rounds of a season that have odds, in order."""
    return tables["odds/race_odds"].filter(pl.col("season") == season)["round"].unique().sort().to_list()


def seasons_with_odds(tables: Tables) -> list[int]:
    """The seasons that have race odds, newest first."""
    return tables["odds/race_odds"]["season"].unique().sort(descending=True).to_list()


def winners_here(tables: Tables, circuit_id: str, before: tuple[int, int]) -> pl.DataFrame:
    """The last winners at a circuit before a season's round, latest first."""
    return (
        _here(tables, circuit_id, before)
        .filter(pl.col("position") == 1)
        .sort("season", "round", descending=True)
        .head(LAST_WINNERS)
        .join(_teams(tables), on=["season", "constructor_id"], how="left", maintain_order="left")
        .with_columns(
            name=pl.col("driver_id").replace_strict(full_names(tables), default=None).fill_null(pl.col("driver_id"))
        )
        .collect()
    )


def records_here(tables: Tables, circuit_id: str, before: tuple[int, int]) -> pl.DataFrame:
    """What each driver did at a circuit before a season's round: `starts`, `wins`, `podiums`, `best`."""
    is_in, place = pl.col("status_class").cast(pl.String) == "classified", pl.col("position")
    return _here(tables, circuit_id, before).filter("is_start").group_by("driver_id").agg(
        starts=pl.len(), wins=(place == 1).sum(), podiums=(place <= 3).sum(), best=place.filter(is_in).min(),
    ).collect()


def _here(tables: Tables, circuit_id: str, before: tuple[int, int]) -> pl.LazyFrame:
    """The results of the races at a circuit before a season's round."""
    season, round_ = before
    is_before = (pl.col("season") < season) | ((pl.col("season") == season) & (pl.col("round") < round_))
    events = tables["silver/events"].lazy().filter(pl.col("circuit_id") == circuit_id, is_before)
    return _raced(tables).join(events.select("season", "round"), on=["season", "round"], how="semi")


def _raced(tables: Tables) -> pl.LazyFrame:
    return tables["silver/session_results"].lazy().filter(pl.col("session").cast(pl.String) == "Race")


def _teams(tables: Tables) -> pl.LazyFrame:
    return tables["silver/constructors"].lazy().select("season", "constructor_id", "color", team=TEAM_NAME)
