"""The title races, of drivers and of constructors: every season that has odds, day by day."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from f1lake.app.queries.names import TEAM_NAME, drivers_named

Tables = Mapping[str, pl.DataFrame]

CONTENDER = 0.05
"""Who ever had this probability is on the chart unless the visitor chooses otherwise."""

ALWAYS_SHOWN, MOST_SHOWN = 3, 10

TERMS: Mapping[str, Any] = {
    "position": pl.Int32, "points": pl.Float64, "points_gap": pl.Float64, "rounds_remaining": pl.Int32,
    "strongest_car_since": pl.Int32, "expected_points": pl.Float64, "expected_points_low": pl.Float64,
    "expected_points_high": pl.Float64, "is_out": pl.Boolean,
}
"""Why an entrant has these odds: null in odds that an earlier version of f1lake made."""


@dataclass(frozen=True)
class Source:
    """Where one championship is."""

    odds: str
    entrant: str


KINDS = {
    "drivers": Source("odds/title_odds", "driver_id"),
    "constructors": Source("odds/constructor_title_odds", "constructor_id"),
}


def race(kind: str, tables: Tables) -> pl.DataFrame:
    """One row a season, day (`as_of`) and entrant (`id`), by season, day and falling probability (then points).

    Beside the odds and their 90 % bounds (shares of 1) and `TERMS`: `change` since the day before (null
    on the first), the race or sprint of the day (`round`, `event_name`, `is_sprint`, `winner`, `winner_team`: all
    null before the season), and the entrant: `name`, short and the season's only one, `full_name`,
    `given_name`, `family_name`, `code` (three letters, made of the name before there were codes), the latest
    `team` with `team_id` and `color`.
    """
    source = KINDS[kind]
    odds = tables[source.odds].lazy()
    missing = [pl.lit(None, dtype).alias(name) for name, dtype in TERMS.items() if name not in odds.collect_schema()]
    entrants = _drivers(tables) if kind == "drivers" else _constructors(tables)
    return (
        odds.with_columns(missing)
        .select(
            "season", "as_of", "model_version", "made_at", "probability", "probability_low", "probability_high",
            *TERMS, id=source.entrant,
        )
        .join(_days(tables), on=["season", "as_of"], how="left")
        .join(entrants, on=["season", "id"], how="left")
        .sort("season", "as_of")
        .with_columns(
            pl.col("full_name", "name").fill_null(pl.col("id")),
            change=pl.col("probability").diff().over("season", "id"),
        )
        .sort(
            "season", "as_of", "probability", "points", "id", descending=[False, False, True, True, False],
            nulls_last=True,
        )
        .collect()
    )


def seasons(title: pl.DataFrame) -> list[int]:
    """Newest first."""
    return title["season"].unique().sort(descending=True).to_list()


def entrants(title: pl.DataFrame) -> pl.DataFrame:
    """The entrants of one season's title, the latest day's favourite first; `best` is the highest chance so far."""
    return (
        title.sort("as_of")
        .group_by("id", maintain_order=True)
        .agg(pl.exclude("probability").last(), pl.col("probability").last(), best=pl.col("probability").max())
        .sort("probability", "points", "best", "id", descending=[True, True, True, False], nulls_last=True)
    )


def contenders(title: pl.DataFrame) -> list[str]:
    """Whom the chart shows unless told otherwise: who ever had 5 %, and the first three of now; ten at most."""
    shown = (pl.col("best") >= CONTENDER) | (pl.int_range(pl.len()) < ALWAYS_SHOWN)
    return entrants(title).filter(shown).head(MOST_SHOWN)["id"].to_list()


def shown(title: pl.DataFrame, wanted: Sequence[str]) -> list[str]:
    """Those asked for who are in this season, likeliest first; else the contenders."""
    known = entrants(title).filter(pl.col("id").is_in(list(wanted)))["id"].to_list()
    return known or contenders(title)


def latest(title: pl.DataFrame) -> pl.DataFrame:
    """The rows of one season's latest day, the likeliest champion first."""
    return title.filter(pl.col("as_of") == pl.col("as_of").max())


def days(title: pl.DataFrame) -> pl.DataFrame:
    """The days of one season's race in order: before the season, and each race and sprint with its winner."""
    columns = ["as_of", "round", "event_name", "is_sprint", "winner", "winner_team"]
    return title.select(columns).unique("as_of").sort("as_of")


def decided(title: pl.DataFrame) -> int | None:
    """The place in `days` of the day on which one season's title was won; None while it is open."""
    certain = title.group_by("as_of").agg(pl.col("probability").max()).sort("as_of")["probability"] == 1
    return certain.arg_max() if certain.any() else None


def departed(tables: Tables, after: dt.date | None, day: dt.date) -> pl.DataFrame:
    """Who could race no more, as known on the evening of a day and not yet on that of the day `after`, in order.

    `id`, `full_name`, `reason` (died, injured, retired) and `out_from`.
    """
    known = tables["silver/departures"].lazy().filter(season=day.year).filter(pl.col("out_from") <= day)
    return (
        (known if after is None else known.filter(pl.col("out_from") > after))
        .join(drivers_named(tables), on=["season", "driver_id"])
        .select("full_name", "out_from", id="driver_id", reason=pl.col("reason").cast(pl.String))
        .sort("out_from", "id")
        .collect()
    )


def _days(tables: Tables) -> pl.LazyFrame:
    """One row a day of a race or sprint, with the event's name, who won and for whom."""
    results = tables["silver/session_results"].lazy().with_columns(pl.col("session").cast(pl.String))
    winner = pl.col("position") == 1
    events = tables["silver/events"].lazy().select("season", "round", "event_name")
    return (
        results.filter(pl.col("session") != "Qualifying")
        .join(drivers_named(tables), on=["season", "driver_id"], how="left")
        .join(_teams(tables), on=["season", "constructor_id"], how="left")
        .group_by("season", "round", is_sprint=pl.col("session") == "Sprint", as_of="session_date")
        .agg(
            winner=pl.col("name").filter(winner).sort().str.join(" / "),
            winner_team=pl.col("team").filter(winner).first(),
        )
        .join(events, on=["season", "round"], how="left")
    )


def _drivers(tables: Tables) -> pl.LazyFrame:
    """The drivers of each season as `id`, with the team of their latest session."""
    teams = (
        tables["silver/session_results"].lazy()
        .filter(pl.col("session_date").is_not_null())
        .sort("session_date")
        .group_by("season", "driver_id")
        .agg(pl.col("constructor_id").last())
        .join(_teams(tables), on=["season", "constructor_id"], how="left")
        .rename({"constructor_id": "team_id"})
    )
    letters = pl.col("family_name").str.split(" ").list.last().str.head(3).str.to_uppercase()
    return (
        drivers_named(tables)
        .join(teams, on=["season", "driver_id"], how="left")
        .rename({"driver_id": "id"})
        .with_columns(code=pl.coalesce("driver_code", letters))
        .drop("driver_code")
    )


def _constructors(tables: Tables) -> pl.LazyFrame:
    """The constructors of each season as `id`."""
    name, nothing = pl.col("team"), pl.lit(None, pl.String)
    return _teams(tables).select(
        "season", "team", "color", id="constructor_id", team_id="constructor_id", name=name, full_name=name,
        given_name=nothing, family_name=name, code=name.str.head(3).str.strip_chars().str.to_uppercase(),
    )


def _teams(tables: Tables) -> pl.LazyFrame:
    return tables["silver/constructors"].lazy().select("season", "constructor_id", "color", team=TEAM_NAME)
