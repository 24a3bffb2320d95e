"""Checks that span tables. What one table must keep to is its contract, in the table's own file."""

import dagster as dg
import polars as pl

from f1lake.storage.lake import read


@dg.asset_check(
    asset=["bronze", "session_results"],
    name="no_race_is_missing",
    description="Every event of the schedule before the last published race has race results.",
)
def no_race_is_missing() -> dg.AssetCheckResult:
    """Compare the schedule with the results, in the seasons that have any."""
    races = read("bronze/session_results").filter(pl.col("session") == "Race").select("season", "round").unique()
    last = races.select(last=pl.struct("season", "round").max()).unnest("last")
    expected = (
        read("bronze/events")
        .select("season", "round")
        .join(last, how="cross", suffix="_last")
        .filter(
            pl.col("season").is_in(races.select("season").unique().collect()["season"].to_list())
            & ((pl.col("season") < pl.col("season_last")) | (pl.col("round") <= pl.col("round_last")))
        )
    )
    missing = expected.join(races, on=["season", "round"], how="anti").sort("season", "round").collect()
    return dg.AssetCheckResult(
        passed=missing.is_empty(),
        metadata={
            "races": races.select(pl.len()).collect().item(),
            "missing": ", ".join(f"{s}-{r:02d}" for s, r in zip(missing["season"], missing["round"], strict=True)),
        },
    )


CHECKS = [no_race_is_missing]
