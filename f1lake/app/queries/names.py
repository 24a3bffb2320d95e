"""Who is meant by an id: drivers by season, and in all their career."""

from collections.abc import Mapping

import polars as pl

TEAM_NAME = pl.col("name").str.strip_suffix(" F1 Team")
"""What fans call a team: the source says `Haas F1 Team`."""


def drivers_named(tables: Mapping[str, pl.DataFrame]) -> pl.LazyFrame:
    """One row a season and driver: `Ralf Schumacher`, and `R. Schumacher` where there are two of the name."""
    family, given = pl.col("family_name"), pl.col("given_name")
    return tables["silver/drivers"].lazy().select(
        "season", "driver_id", "given_name", "family_name", "driver_code",
        full_name=pl.format("{} {}", given, family),
        name=pl.when(pl.struct("season", "family_name").is_duplicated())
        .then(pl.format("{}. {}", given.str.head(1), family)).otherwise(family),
    )


def full_names(tables: Mapping[str, pl.DataFrame]) -> dict[str, str]:
    """The full name of every driver since 1950, as in the latest season."""
    latest = tables["silver/drivers"].sort("season").unique("driver_id", keep="last")
    return dict(latest.select("driver_id", pl.format("{} {}", "given_name", "family_name")).iter_rows())


def team_names(tables: Mapping[str, pl.DataFrame]) -> dict[str, str]:
    """The name of every constructor since 1950, as in the latest season."""
    latest = tables["silver/constructors"].sort("season").unique("constructor_id", keep="last")
    return dict(latest.select("constructor_id", TEAM_NAME).iter_rows())
