"""Who takes part: in a season, as known on each of its days, and in a race that has not been held."""

import polars as pl

from f1lake.settings import settings

DAY = ["season", "as_of"]
ENTRY = ["season", "round", "driver_id", "constructor_id"]
TRANSFERS = {"season": pl.Int32, "driver_id": pl.String, "constructor_id": pl.String}


def held_by(days: pl.LazyFrame, rows: pl.LazyFrame) -> pl.LazyFrame:
    """For each of the `days` (`season`, `as_of`), the rows of its season up to that day, in the order of `rows`."""
    by_then = pl.col("session_date") <= pl.col("as_of")
    return days.join(rows, on="season", maintain_order="left_right").filter(by_then)


def entrants_on(days: pl.LazyFrame, held: pl.LazyFrame, first: pl.LazyFrame) -> pl.LazyFrame:
    """The drivers of each of the `days`: who has a row in `held`, as in the latest one; before any, the `first` entry.

    `first` has the drivers and cars of the first race of each season.
    """
    opening = days.join(held.select(DAY).unique(), on=DAY, how="anti").join(
        first, on="season", maintain_order="left_right"
    )
    return pl.concat([held, opening], how="diagonal").unique([*DAY, "driver_id"], keep="last", maintain_order=True)


def transfers() -> pl.LazyFrame:
    """The file of `F1LAKE_TRANSFERS`: who drives for whom from a season on; no constructor means that the driver
    leaves.
    """
    file = settings().transfers
    if file is None:
        return pl.LazyFrame(schema=TRANSFERS)
    return pl.read_csv(file, schema_overrides=TRANSFERS, columns=list(TRANSFERS)).lazy()


def expected(results: pl.LazyFrame, coming: pl.LazyFrame) -> pl.LazyFrame:
    """`ENTRY` of future races, `coming` (`season`, `round`, `day`), from silver/session_results.

    The drivers and cars of the latest race before the day, if necessary of the previous season. In the first race of a
    season, transfers apply.
    """
    raced = results.filter(pl.col("session") == "Race").select(*ENTRY, last="session_date")
    held = raced.select("last", day="last").unique().sort("day")
    before = (
        coming.select("season", "round", "day").sort("day")
        .join_asof(held, on="day", allow_exact_matches=False)
        .filter(pl.col("last").dt.year() >= pl.col("season") - 1)
        .join(raced.select("driver_id", "constructor_id", "last"), on="last")
    )
    moved = transfers().join(coming.filter(pl.col("round") == 1), on="season")
    stay = before.join(moved, on=["season", "driver_id"], how="anti")
    return pl.concat([stay.select(ENTRY), moved.drop_nulls("constructor_id").select(ENTRY)])


def first_entries(results: pl.LazyFrame, seasons: pl.LazyFrame) -> pl.LazyFrame:
    """`ENTRY` of the first race of seasons (`season`): the actual one if it has been held, else the expected one."""
    first = seasons.select("season", round=pl.lit(1, pl.Int32), day=pl.date(pl.col("season"), 1, 1)).unique()
    held = results.filter(pl.col("session") == "Race", pl.col("round") == 1).select(*ENTRY)
    missing = first.join(held, on="season", how="anti")
    return pl.concat([held.join(first, on="season", how="semi"), expected(results, missing)]).unique(
        ["season", "driver_id"], keep="first", maintain_order=True
    )
