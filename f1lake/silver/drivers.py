"""silver/drivers: who the drivers are. What they did is in `session_results` and `driver_features`."""

import dagster as dg
import dataframely as dy
import polars as pl

from f1lake.partitions import SAME_SEASON, SEASONS
from f1lake.storage.contract import enforced, table


class Drivers(dy.Schema):
    """The drivers of every season, one row for each who is in a race, sprint or qualifying of it."""

    season = dy.Int32(primary_key=True, min=1950, description="year of the championship")
    driver_id = dy.String(primary_key=True, description="the source's id of the driver")
    given_name = dy.String(description="given name")
    family_name = dy.String(description="family name")
    driver_code = dy.String(nullable=True, description="three letters of the timing screens")
    nationality = dy.String(
        nullable=True, description="nationality, as an adjective", metadata={"from": ["driverNationality"]}
    )
    date_of_birth = dy.Date(nullable=True, description="day of birth")


@dg.asset(
    **table("silver/drivers", Drivers),
    partitions_def=SEASONS,
    ins={"results": dg.AssetIn(["bronze", "session_results"], partition_mapping=SAME_SEASON)},
)
@enforced(Drivers)
def drivers(results: pl.LazyFrame) -> pl.LazyFrame:
    """The drivers of each season, named as in the last of their rows."""
    return (
        results.filter(pl.col("round") == pl.col("round").max().over("season", "driverId"))
        .sort("round", "session", "number")
        .select(
            "season",
            driver_id="driverId",
            given_name="givenName",
            family_name="familyName",
            driver_code="driverCode",
            nationality="driverNationality",
            date_of_birth="dateOfBirth",
        )
        .unique(["season", "driver_id"], keep="last", maintain_order=True)
        .sort("season", "driver_id")
    )
