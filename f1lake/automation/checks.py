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
    races = (
        read("bronze/session_results")
        .filter(pl.col("session").cast(pl.String) == "Race")
        .select("season", "round")
        .unique()
        .sort("season", "round")
        .collect()
    )
    last_season, last_round = races.row(-1)
    expected = (
        read("bronze/events", races["season"].unique().to_list())
        .select("season", "round")
        .filter((pl.col("season") < last_season) | (pl.col("round") <= last_round))
        .collect()
    )
    missing = expected.join(races, on=["season", "round"], how="anti").sort("season", "round")
    return dg.AssetCheckResult(
        passed=missing.is_empty(),
        metadata={
            "races": races.height,
            "missing": ", ".join(f"{s}-{r:02d}" for s, r in zip(missing["season"], missing["round"], strict=True)),
        },
    )


CHECKS = [no_race_is_missing]
