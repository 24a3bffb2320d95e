"""Checks of what the second source, F1DB, is to the first. Without F1DB all of them pass: there is nothing to compare.

They warn, and stop nothing: F1DB is optional.
"""

import dagster as dg
import polars as pl

from f1lake.gold.source_differences import OF_FORMULA_2
from f1lake.raw.f1db_race_data import RACE, SPRINT
from f1lake.storage.lake import read

WARN = dg.AssetCheckSeverity.WARN
NAMED = 10


@dg.asset_check(
    asset=["silver", "f1db_drivers"],
    name="f1db_drivers_are_known",
    description="Whoever is classified or retired in a race or sprint of F1DB is a driver of the lake.",
)
def f1db_drivers_are_known() -> dg.AssetCheckResult:
    """Look for drivers without an id of the lake among those who raced, in seasons that the lake has results of."""
    raced = read("bronze/f1db_race_data").filter(
        pl.col("type").is_in([RACE, SPRINT]), pl.col("positionText").str.contains(r"^\d+$|^DNF$|^NC$")
    )
    seasons = read("silver/session_results").select("season").unique()
    who = read("silver/f1db_drivers").filter(pl.col("driver_id").is_null())
    unknown = (
        raced.join(seasons, on="season", how="semi")
        .join(who, left_on=["season", "driverId"], right_on=["season", "f1db_driver_id"], how="semi")
        .filter(~pl.any_horizontal((pl.col("season") == s) & (pl.col("round") == r) for s, r in OF_FORMULA_2))
        .select("season", "driverId").unique().sort("season", "driverId").collect()
    )  # fmt: skip
    return dg.AssetCheckResult(
        passed=unknown.is_empty(), severity=WARN,
        metadata={"unknown": ", ".join(f"{season} {who}" for season, who in unknown.head(NAMED).iter_rows())},
    )


@dg.asset_check(
    asset=["gold", "source_differences"],
    name="differences_are_decided",
    description="Where the two sources differ, a rule or a decision by name says which one is believed.",
)
def differences_are_decided() -> dg.AssetCheckResult:
    """Look for differences that nobody has decided."""
    every = read("gold/source_differences").collect()
    open_ = every.filter(pl.col("taken").is_null()).sort("season", "round", "driver_id")
    differences = [
        f"{row['season']}-{row['round']:02d} {row['session']} {row['driver_id']} {row['what']}: {row['silver']} in "
        f"silver, {row['f1db']} in F1DB"
        for row in open_.head(NAMED).to_dicts()
    ]
    counts = dict(every["what"].value_counts().sort("what").iter_rows())
    return dg.AssetCheckResult(
        passed=open_.is_empty(), severity=WARN, metadata={"undecided": "; ".join(differences), "differences": counts},
        description="; ".join(differences) or None,
    )


@dg.asset_check(
    asset=["silver", "retirements"],
    name="reasons_have_a_class",
    description="Every reason that F1DB gives belongs to one of our classes.",
)
def reasons_have_a_class() -> dg.AssetCheckResult:
    """Look for words that silver/retirements knows no class of."""
    unknown = read("silver/retirements").filter(pl.col("reason_class").is_null()).select("reason").unique().collect()
    words = unknown["reason"].sort().head(NAMED).to_list()
    return dg.AssetCheckResult(passed=not words, severity=WARN, metadata={"without a class": ", ".join(words)})


F1DB_CHECKS = [f1db_drivers_are_known, differences_are_decided, reasons_have_a_class]
