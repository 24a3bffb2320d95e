"""Checks that span tables. What one table must keep to is its contract, in the table's own file."""

import dagster as dg
import polars as pl

from f1lake.storage.lake import read

WITHIN = 0.011
"""Points in the source are rounded to the hundredth (25.14); sums of them differ by as much."""


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
    if races.is_empty():
        return dg.AssetCheckResult(passed=False, description="bronze/session_results has no race at all")
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


@dg.asset_check(
    asset=["silver", "session_results"],
    name="every_row_is_in_bronze",
    description="No driver is in a session of silver who is not in bronze, and none of bronze is lost.",
)
def every_row_is_in_bronze() -> dg.AssetCheckResult:
    """Compare who is in which session; silver has one row for a driver of several cars."""
    session = ["season", "round", "session", "driver_id"]
    in_bronze, in_silver = (
        read(table).select(*session[:2], pl.col("session").cast(pl.String), driver_id=driver).unique().collect()
        for table, driver in [("bronze/session_results", "driverId"), ("silver/session_results", "driver_id")]
    )
    invented = in_silver.join(in_bronze, on=session, how="anti")
    lost = in_bronze.join(in_silver, on=session, how="anti")
    return dg.AssetCheckResult(
        passed=invented.is_empty() and lost.is_empty(),
        metadata={"rows": in_silver.height, "only in silver": invented.height, "only in bronze": lost.height},
    )


@dg.asset_check(
    asset=["gold", "driver_standings"],
    name="final_points_are_official",
    description="After the last round of each season the source has the same points, within a hundredth.",
)
def final_points_are_official() -> dg.AssetCheckResult:
    """Compare with bronze's standings; on the way to the last round they differ in docs/standings-differences.md."""
    official = read("bronze/driver_standings").select("season", "round", "points", driver_id="driverId").collect()
    ours = read("gold/driver_standings").select("season", "round", "driver_id", ours="points").collect()
    both = official.join(ours, on=["season", "round", "driver_id"])
    differing = both.filter((pl.col("points") - pl.col("ours")).abs() > WITHIN).sort("season", "driver_id")
    return dg.AssetCheckResult(
        passed=differing.is_empty(),
        metadata={
            "compared": both.height,
            "differing": ", ".join(f"{row['season']} {row['driver_id']}" for row in differing.to_dicts()),
        },
    )


@dg.asset_check(
    asset=["gold", "driver_career"],
    name="careers_are_the_sum_of_seasons",
    description="Races, wins and points of all careers are those of all race and sprint results.",
)
def careers_are_the_sum_of_seasons() -> dg.AssetCheckResult:
    """Compare three totals; a career left out or counted twice changes them."""
    race = pl.col("session").cast(pl.String) == "Race"
    results = read("silver/session_results").filter("is_start").select(
        races=race.sum(), wins=(race & (pl.col("position") == 1)).sum(), points=pl.col("points").sum()
    ).collect().row(0, named=True)  # fmt: skip
    careers = read("gold/driver_career").select(pl.col("races", "wins", "points").sum()).collect().row(0, named=True)
    return dg.AssetCheckResult(
        passed=all(abs(results[name] - careers[name]) <= WITHIN for name in results),
        metadata={"of the results": results, "of the careers": careers},
    )


CHECKS = [no_race_is_missing, every_row_is_in_bronze, final_points_are_official, careers_are_the_sum_of_seasons]
