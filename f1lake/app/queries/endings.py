"""How a race or sprint ended for a driver, in words that are right also where he died of it."""

import datetime as dt
from collections.abc import Mapping

import polars as pl

AFTER = dt.timedelta(days=3)
"""Lorenzo Bandini died three days after the race."""


def how_it_ended(tables: Mapping[str, pl.DataFrame], results: pl.LazyFrame) -> pl.LazyFrame:
    """Rows of silver/session_results whose `status_class` is text: `accident` where the driver died of it."""
    ended = pl.col("status_class").cast(pl.String)
    if "silver/departures" not in tables:
        return results.with_columns(status_class=ended)
    died = tables["silver/departures"].lazy().filter(pl.col("reason").cast(pl.String) == "died")
    is_fatal = pl.col("out_from").is_between("session_date", pl.col("session_date") + AFTER)
    return (
        results.join(died.select("season", "driver_id", "out_from"), on=["season", "driver_id"], how="left")
        .with_columns(
            status_class=pl.when(is_fatal & (ended != "classified")).then(pl.lit("accident")).otherwise(ended)
        )
        .drop("out_from")
    )
