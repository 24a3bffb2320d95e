"""Checks that compare tables with each other. What can be checked in one table alone is in its contract.

A check that has rows to check and finds nothing to compare them with fails.
"""

from collections.abc import Iterator

import dagster as dg
import polars as pl

from f1lake.raw.session_results import POINTS_WITHIN
from f1lake.storage.lake import read

RECOUNTED_DAYS = 7


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
    description="Silver and bronze have the same drivers in each session.",
)
def every_row_is_in_bronze() -> dg.AssetCheckResult:
    """Compare the drivers of each session; silver has one row per driver, even for one who drove several cars."""
    session = ["season", "round", "session", "driver_id"]
    in_bronze, in_silver = (
        read(table).select(*session[:2], pl.col("session").cast(pl.String), driver_id=driver).unique().collect()
        for table, driver in [("bronze/session_results", "driverId"), ("silver/session_results", "driver_id")]
    )
    invented = in_silver.join(in_bronze, on=session, how="anti")
    lost = in_bronze.join(in_silver, on=session, how="anti")
    return dg.AssetCheckResult(
        passed=invented.is_empty() and lost.is_empty() and not in_bronze.is_empty(),
        metadata={"rows": in_silver.height, "only in silver": invented.height, "only in bronze": lost.height},
    )


@dg.asset_check(
    asset=["gold", "driver_standings"],
    name="final_points_are_official",
    description="After the last round of each season the official points are the same, within a hundredth.",
)
def final_points_are_official() -> dg.AssetCheckResult:
    """Compare with the standings in bronze; docs/standings-differences.md lists differences in earlier rounds."""
    official = read("bronze/driver_standings").select("season", "round", "points", driver_id="driverId").collect()
    ours = read("gold/driver_standings").select("season", "round", "driver_id", ours="points").collect()
    both = official.join(ours, on=["season", "round", "driver_id"])
    differing = both.filter((pl.col("points") - pl.col("ours")).abs() > POINTS_WITHIN).sort("season", "driver_id")
    return dg.AssetCheckResult(
        passed=differing.is_empty() and (both.height > 0 or ours.is_empty()),
        metadata={
            "compared": both.height,
            "differing": ", ".join(f"{row['season']} {row['driver_id']}" for row in differing.to_dicts()),
        },
    )


@dg.asset_check(
    asset=["gold", "driver_career"],
    name="careers_are_the_sum_of_seasons",
    description="All careers together have the races, wins and points of all race and sprint results.",
)
def careers_are_the_sum_of_seasons() -> dg.AssetCheckResult:
    """Compare three totals; a missing career or one that is counted twice changes them."""
    race = pl.col("session").cast(pl.String) == "Race"
    results = read("silver/session_results").filter("is_start").select(
        races=race.sum(), wins=(race & (pl.col("position") == 1)).sum(), points=pl.col("points").sum()
    ).collect().row(0, named=True)  # fmt: skip
    careers = read("gold/driver_career").select(pl.col("races", "wins", "points").sum()).collect().row(0, named=True)
    return dg.AssetCheckResult(
        passed=results["races"] > 0 and all(abs(results[name] - careers[name]) <= POINTS_WITHIN for name in results),
        metadata={"of the results": results, "of the careers": careers},
    )


@dg.asset_check(
    asset=["gold", "driver_standings"],
    name="standings_are_the_sum_of_results",
    description="After every round, wins and points (dropped ones included) are the sums of the results so far.",
)
def standings_are_the_sum_of_results() -> dg.AssetCheckResult:
    """Add up the results by driver without the rules; decisions on points are in silver/scoring_rules."""
    race = pl.col("session").cast(pl.String) == "Race"
    scored = read("silver/session_results").filter(pl.col("points").is_not_null()).select(
        "season", "driver_id", "points", result_round="round", wins=(race & (pl.col("position") == 1)).cast(pl.Int32)
    )
    decided = (
        read("silver/scoring_rules").select("season", decision="driver_decisions")
        .explode("decision", empty_as_null=True).unnest("decision").drop_nulls("id")
        .select("season", "points", driver_id="id", result_round="from_round", wins=pl.lit(0, pl.Int32))
    )
    standings = read("gold/driver_standings").with_columns(points=pl.col("points") + pl.col("points_dropped"))
    sums = (
        standings.select("season", "round", "driver_id")
        .join(pl.concat([scored, decided], how="diagonal_relaxed"), on=["season", "driver_id"])
        .filter(pl.col("result_round") <= pl.col("round"))
        .group_by("season", "round", "driver_id").agg(pl.col("points", "wins").sum())
    )
    both = standings.join(sums, on=["season", "round", "driver_id"], how="left", suffix="_summed").collect()
    differing = both.filter(
        ((pl.col("points") - pl.col("points_summed")).abs() > POINTS_WITHIN) | (pl.col("wins") != pl.col("wins_summed"))
        | pl.col("points_summed").is_null()
    )
    rows = differing.sort("season", "round", "driver_id").head(10).to_dicts()
    return dg.AssetCheckResult(
        passed=differing.is_empty(),
        metadata={
            "compared": both.height,
            "differing": ", ".join(f"{row['season']}-{row['round']:02d} {row['driver_id']}" for row in rows),
        },
    )


@dg.asset_check(
    asset=["gold", "constructor_career"],
    name="titles_are_the_champions",
    description="Constructors have the titles that silver/champions gives them, which comes from another source.",
)
def titles_are_the_champions() -> dg.AssetCheckResult:
    """Compare the winners of each title: careers apply the rules, champions are official (except for 1958-78)."""
    champions = read("silver/champions").drop_nulls("constructor_id").select("season", "constructor_id").collect()
    careers = read("gold/constructor_career").select("constructor_id", season="title_seasons")
    careers = careers.explode("season", empty_as_null=True).drop_nulls("season").select("season", "constructor_id")
    titles = careers.collect()
    careers = titles.join(champions, on="season", how="semi")
    differing = pl.concat([champions.join(careers, on=["season", "constructor_id"], how="anti"),
                           careers.join(champions, on=["season", "constructor_id"], how="anti")])  # fmt: skip
    return dg.AssetCheckResult(
        passed=differing.is_empty() and (titles.is_empty() or not champions.is_empty()),
        metadata={
            "titles": champions.height,
            "differing": ", ".join(f"{season} {who}" for season, who in sorted(differing.iter_rows())),
        },
    )


@dg.asset_check(
    asset=["silver", "driver_features"],
    name="features_match_a_recount",
    description=f"On {RECOUNTED_DAYS} days over the history, features equal a plain count of the results by then.",
)
def features_match_a_recount() -> dg.AssetCheckResult:
    """Count a few measures over two windows directly from the rows of the results."""
    columns = ["season", "round", "driver_id", "session_date", "position", "points", "is_start"]
    results = read("silver/session_results").filter(pl.col("session").cast(pl.String) != "Qualifying")
    results = results.select(columns).collect()
    features = read("silver/driver_features")
    days = features.select(pl.col("as_of").unique().sort()).collect()["as_of"]
    days = days.gather_every(max(1, days.len() // RECOUNTED_DAYS))
    features = features.filter(pl.col("as_of").is_in(days.implode())).collect()
    compared, differing = 0, []
    for day in days:
        stored = features.filter(pl.col("as_of") == day)
        held = results.filter(pl.col("session_date") <= day)
        last_10 = held.select("season", "round").unique().sort("season", "round").tail(10)
        for window, rows in {"life": held, "last_10": held.join(last_10, on=["season", "round"], how="semi")}.items():
            measures = {
                "sessions": pl.len().cast(pl.Int32), "wins": (pl.col("position") == 1).sum().cast(pl.Int32),
                "points": pl.col("points").sum(), "avg_position": pl.col("position").mean(),
            }  # fmt: skip
            names = [f"{name}_all_{window}" for name in measures]
            counted = rows.filter("is_start").group_by("driver_id").agg(
                measure.alias(name) for name, measure in zip(names, measures.values(), strict=True)
            )
            both = stored.select("driver_id", *names).join(counted, on="driver_id", how="left", suffix="_recounted")
            wrong = [
                (pl.col(name).fill_null(0) - pl.col(f"{name}_recounted").fill_null(0)).abs() > POINTS_WITHIN
                for name in names
            ]
            differing += [f"{day} {who} {window}" for who in both.filter(pl.any_horizontal(wrong))["driver_id"]]
            compared += both.height * len(names)
    return dg.AssetCheckResult(
        passed=compared > 0 and not differing, metadata={"compared": compared, "differing": ", ".join(differing[:10])}
    )


ORIGINS = {
    "silver/events": ("bronze/events", {"season": "season", "round": "round"}),
    "silver/drivers": ("bronze/session_results", {"season": "season", "driver_id": "driverId"}),
    "silver/constructors": ("bronze/session_results", {"season": "season", "constructor_id": "constructorId"}),
    "silver/champions": ("bronze/driver_standings", {"season": "season", "driver_id": "driverId"}),
    "silver/pit_stops": ("bronze/pit_stops", {"season": "season", "round": "round", "driver_id": "driverId"}),
    "silver/race_pace": ("bronze/laps", {"season": "season", "round": "round", "driver_id": "driverId"}),
}
"""The table of bronze that each row of a silver table comes from, and the columns that identify it: ours, theirs."""


@dg.multi_asset_check(
    name="rows_from_bronze",
    specs=[
        dg.AssetCheckSpec("no_row_without_bronze", asset=table.split("/"), description=f"Every row is from {origin}.")
        for table, (origin, _) in ORIGINS.items()
    ],
    can_subset=True,
)
def no_row_without_bronze(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
    """Look for rows of silver without a row in bronze."""
    for key in sorted(context.selected_asset_check_keys):
        origin, names = ORIGINS[key.asset_key.to_user_string()]
        ours = read(key.asset_key.to_user_string()).select(names.keys()).unique()
        theirs = read(origin).select(pl.col(source).alias(name) for name, source in names.items()).unique()
        invented = ours.join(theirs, on=list(names), how="anti").sort(list(names)).collect()
        yield dg.AssetCheckResult(
            check_name=key.name, asset_key=key.asset_key, passed=invented.is_empty(),
            metadata={"only in silver": ", ".join(" ".join(map(str, row)) for row in invented.head(10).iter_rows())},
        )


CHECKS = [
    no_race_is_missing, every_row_is_in_bronze, no_row_without_bronze, features_match_a_recount,
    final_points_are_official, standings_are_the_sum_of_results, careers_are_the_sum_of_seasons,
    titles_are_the_champions,
]  # fmt: skip
