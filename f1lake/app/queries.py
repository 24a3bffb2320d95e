"""What the page shows, as frames: the title race of every season that has odds.

Everything is read through `storage.lake.read`. What does not belong here: keeping it current
(`live.py`), and colours, words and markup (`charts.py`, `texts.py`, `panels.py`).
"""

import polars as pl

from f1lake.storage.lake import read

TABLES = (
    "odds/title_odds", "silver/session_results", "silver/events", "silver/drivers", "silver/constructors",
    "gold/driver_standings",
)
"""The tables that the page is made of."""

CONTENDER = 0.05
"""Who ever had this probability is on the chart unless the visitor chooses otherwise."""

ALWAYS_SHOWN = 3


def read_title_race() -> pl.DataFrame:
    """The title race of all seasons with odds, from the lake; see `title_race`.

    Raises `TableMissingError` if one of `TABLES` was never materialized.
    """
    odds = read("odds/title_odds")
    of_those_seasons = pl.col("season").is_in(odds.select("season").collect()["season"].unique().to_list())
    return title_race(odds, *[read(name).filter(of_those_seasons) for name in TABLES[1:]]).collect()


def title_race(
    odds: pl.LazyFrame,
    results: pl.LazyFrame,
    events: pl.LazyFrame,
    drivers: pl.LazyFrame,
    constructors: pl.LazyFrame,
    standings: pl.LazyFrame,
) -> pl.LazyFrame:
    """One row a season, day (`as_of`) and driver, by season, day and falling probability.

    Beside the odds and their 90 % bounds (shares of 1): `change` since the day before (null on
    the first), the race or sprint of the day (`round`, `event_name`, `is_sprint`, `winner`: all
    null before the season), the driver (`given_name`, `family_name`, `full_name`, `driver_code` and
    `name`, short and the season's only one), the latest `team` with its `color`, and `season_points`, those
    of the latest standings. Where a season was scored by more than one model, only the one that
    scored last remains.
    """
    named = _named(drivers)
    last_model = pl.col("model_version").sort_by("made_at", "model_version").last().over("season")
    return (
        odds.filter(pl.col("model_version") == last_model)
        .join(_steps(results, events, named), on=["season", "as_of"], how="left")
        .join(named, on=["season", "driver_id"], how="left")
        .join(_teams(results, constructors), on=["season", "driver_id"], how="left")
        .join(_points(standings), on=["season", "driver_id"], how="left")
        .sort("season", "as_of")
        .with_columns(
            pl.col("full_name", "name").fill_null(pl.col("driver_id")),
            change=pl.col("probability").diff().over("season", "driver_id"),
        )
        .sort("season", "as_of", "probability", "driver_id", descending=[False, False, True, False])
    )


def seasons_with_odds(race: pl.DataFrame) -> list[int]:
    """Newest first."""
    return race["season"].unique().sort(descending=True).to_list()


def drivers_of(race: pl.DataFrame) -> pl.DataFrame:
    """The drivers of one season's race, the likeliest champion of the latest day first.

    Adds `best`, the highest probability a driver ever had, and `teammate`: 0 for the first of
    a team in this order, 1 for the next, and so on.
    """
    return (
        race.sort("as_of")
        .group_by("driver_id", maintain_order=True)
        .agg(pl.exclude("probability").last(), pl.col("probability").last(), best=pl.col("probability").max())
        .sort("probability", "best", "driver_id", descending=[True, True, False])
        .with_columns(teammate=pl.int_range(pl.len()).over(pl.col("team").fill_null(pl.col("driver_id"))))
    )


def contenders(race: pl.DataFrame) -> list[str]:
    """Whom the chart shows unless told otherwise: who ever had 5 %, and the first three of now."""
    shown = (pl.col("best") >= CONTENDER) | (pl.int_range(pl.len()) < ALWAYS_SHOWN)
    return drivers_of(race).filter(shown)["driver_id"].to_list()


def latest(race: pl.DataFrame) -> pl.DataFrame:
    """The rows of one season's latest day, the likeliest champion first."""
    return race.filter(pl.col("as_of") == pl.col("as_of").max())


def _named(drivers: pl.LazyFrame) -> pl.LazyFrame:
    """One row a season and driver: `Ralf Schumacher`, and `R. Schumacher` where there are two of the name."""
    family, given = pl.col("family_name"), pl.col("given_name")
    return drivers.select(
        "season", "driver_id", "given_name", "family_name", "driver_code",
        full_name=pl.format("{} {}", given, family),
        name=pl.when(pl.struct("season", "family_name").is_duplicated())
        .then(pl.format("{}. {}", given.str.head(1), family)).otherwise(family),
    )


def _steps(results: pl.LazyFrame, events: pl.LazyFrame, named: pl.LazyFrame) -> pl.LazyFrame:
    """One row a day of a race or sprint, with the event's name and who won."""
    return (
        results.with_columns(is_sprint=pl.col("session").cast(pl.String) == "Sprint")
        .filter(pl.col("session").cast(pl.String) != "Qualifying")
        .join(named, on=["season", "driver_id"], how="left")
        .group_by("season", "round", "is_sprint", as_of="session_date")
        .agg(winner=pl.col("name").filter(pl.col("position") == 1).sort().str.join(" / "))
        .join(events.select("season", "round", "event_name"), on=["season", "round"], how="left")
    )


def _teams(results: pl.LazyFrame, constructors: pl.LazyFrame) -> pl.LazyFrame:
    """One row a season and driver: the team of the driver's latest session."""
    teams = constructors.select("season", "constructor_id", "color", team="name")
    return (
        results.filter(pl.col("session_date").is_not_null())
        .sort("session_date")
        .group_by("season", "driver_id")
        .agg(pl.col("constructor_id").last())
        .join(teams, on=["season", "constructor_id"], how="left")
        .drop("constructor_id")
    )


def _points(standings: pl.LazyFrame) -> pl.LazyFrame:
    """One row a season and driver: the points after the latest round."""
    return (
        standings.filter(pl.col("round") == pl.col("round").max().over("season"))
        .select("season", "driver_id", season_points="points")
    )
