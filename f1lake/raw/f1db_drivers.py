"""raw/f1db_drivers: who the drivers of F1DB's seasons are, to know them by name and birthday."""

from collections.abc import Iterator

import dagster as dg
import dataframely as dy
import polars as pl

from f1lake.partitions import SEASONS
from f1lake.raw.f1db import OfRelease, collected_release
from f1lake.storage.contract import enforced, table
from f1lake.upstream.f1db.tables import Archive

TABLE = "raw/f1db_drivers"


class F1dbDrivers(OfRelease):
    """The drivers of each season in F1DB, those who only practised too."""

    driverId = dy.String(primary_key=True, description="F1DB's id of the driver; it may change between releases")
    name = dy.String(description="name as it is used")
    firstName = dy.String(description="given name")
    lastName = dy.String(description="family name")
    abbreviation = dy.String(nullable=True, description="three letters of the timing screens")
    permanentNumber = dy.String(nullable=True, description="the driver's permanent number, since 2014")
    dateOfBirth = dy.Date(nullable=True, description="day of birth")
    dateOfDeath = dy.Date(nullable=True, description="day of death")
    nationalityCountryId = dy.String(nullable=True, description="F1DB's id of the country")


OWN = [
    "name", "firstName", "lastName", "abbreviation", "permanentNumber", "dateOfBirth", "dateOfDeath",
    "nationalityCountryId",
]  # fmt: skip


@dg.asset(**table(TABLE, F1dbDrivers, kinds={"parquet"}), partitions_def=SEASONS, output_required=False)
@enforced(F1dbDrivers)
def f1db_drivers(context: dg.AssetExecutionContext) -> Iterator[dg.Output[dict[str, pl.DataFrame]]]:
    """The run's seasons of the newest release."""
    yield from collected_release(context, TABLE, F1dbDrivers, read)


def read(archive: Archive) -> pl.DataFrame:
    """The drivers of every season, as text: those entered, and those of its test drivers."""
    entered = archive.read("seasons-entrants-drivers", ["year", "driverId"]).rename({"year": "season"}).unique()
    drivers = archive.read("drivers", ["id", *OWN]).rename({"id": "driverId"})
    return entered.join(drivers, on="driverId", maintain_order="left").sort("season", "driverId")
