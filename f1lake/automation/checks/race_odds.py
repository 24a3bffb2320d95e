"""Checks of the odds of races, and of the constructors' title: that they are odds, are there, and keep their word."""

import dagster as dg
import polars as pl

from f1lake.automation.checks.odds import drift, surprise
from f1lake.storage.lake import read

RACES = 24
"""Over how many of the last races, about a season, calibration is compared with those before."""
RACE = ("season", "round", "stage", "model_version")
WITHIN = 1e-6
COHERENT_WITHIN = 0.1
"""Winning, the podium and points are estimated apart: they may contradict each other a little, not more."""


@dg.asset_check(
    asset=["odds", "race_odds"],
    name="are_sane",
    description="Of each race and stage the chances to win sum to 1 and those of a podium to 3, and nobody is much "
    "likelier to win than to reach the podium, or to reach it than to score.",
)
def race_odds_are_sane() -> dg.AssetCheckResult:
    """Every race in the table."""
    odds = read("odds/race_odds").collect()
    sums = odds.group_by(RACE).agg(pl.col("p_win", "p_podium").sum(), entrants=pl.len())
    podium = pl.min_horizontal("entrants", 3)
    return _verdict({
        "races whose winners do not sum to 1": sums.filter((pl.col("p_win") - 1).abs() > WITHIN),
        "races whose podiums do not sum to 3": sums.filter((pl.col("p_podium") - podium).abs() > WITHIN),
        "likelier to win than on the podium": odds.filter(pl.col("p_win") > pl.col("p_podium") + COHERENT_WITHIN),
        "likelier on the podium than to score": odds.filter(pl.col("p_podium") > pl.col("p_points") + COHERENT_WITHIN),
    })


@dg.asset_check(
    asset=["odds", "race_odds"],
    name="follow_the_results",
    description="The next race of the season, the first without results, has odds.",
)
def next_race_has_odds() -> dg.AssetCheckResult:
    """After the last race of a season there is no next one until the first of the new season is known."""
    races = read("silver/session_results").filter(pl.col("session").cast(pl.String) == "Race")
    season, last = races.select("season", "session_date").sort("session_date").last().collect().row(0)
    later = pl.col("event_date") > last
    coming = read("silver/events").filter(pl.col("season") == season, later).sort("event_date").collect()
    if coming.is_empty():
        return dg.AssetCheckResult(passed=True, metadata={"next race": "none in this season"})
    following = coming.row(0, named=True)
    odds = read("odds/race_odds").filter(pl.col("season") == season, pl.col("round") == following["round"]).collect()
    name = f"{following['event_name']} {season}-{following['round']:02d}"
    return dg.AssetCheckResult(
        passed=odds.height > 0,
        description=None if odds.height else f"{name} has no odds: the job `refresh` over {season} makes them",
        metadata={"next race": name, "entrants": odds["driver_id"].n_unique()},
    )


@dg.asset_check(
    asset=["odds", "race_odds"],
    name="keep_their_word",
    description=f"The winners of the last {RACES} races were no more of a surprise to the odds than those before. If "
    "they were, calibration has drifted, and the models should be trained anew.",
)
def race_odds_keep_their_word() -> dg.AssetCheckResult:
    """A race counts once, with the mean of its stages."""
    won = read("silver/session_results").filter(pl.col("session").cast(pl.String) == "Race", pl.col("position") == 1)
    winners = won.select("season", "round", "driver_id", happened=pl.lit(True))
    held = won.select("season", "round").unique()
    rows = (
        read("odds/race_odds")
        .join(held, on=["season", "round"])
        .join(winners, on=["season", "round", "driver_id"], how="left")
        .select(*RACE, probability="p_win", happened=pl.col("happened").fill_null(False))
        .collect()
    )
    races = surprise(rows, RACE).group_by("season", "round").agg(pl.col("surprise").mean()).sort("season", "round")
    named = races.with_columns(races=pl.format("{}-{}", "season", pl.col("round").cast(pl.String).str.zfill(2)))
    return drift(named, "races", RACES)


@dg.asset_check(
    asset=["odds", "constructor_title_odds"],
    name="are_sane",
    description="Of each day the odds sum to 1, and constructors that arithmetic excludes have exactly 0.",
)
def constructor_odds_are_sane() -> dg.AssetCheckResult:
    """Every decision in the table."""
    odds = read("odds/constructor_title_odds").collect()
    sums = odds.group_by("season", "as_of", "model_version").agg(pl.col("probability").sum())
    return _verdict({
        "days that do not sum to 1": sums.filter((pl.col("probability") - 1).abs() > WITHIN),
        "excluded with a chance": odds.filter("is_excluded", pl.col("probability") != 0),
    })


def _verdict(faults: dict[str, pl.DataFrame]) -> dg.AssetCheckResult:
    found = {name: f"{rows.height}, first {rows.row(0)[:3]}" for name, rows in faults.items() if rows.height}
    return dg.AssetCheckResult(
        passed=not found,
        description="; ".join(f"{name}: {rows}" for name, rows in found.items()) or None,
        metadata={name: rows.height for name, rows in faults.items()},
    )


RACE_ODDS_CHECKS = [race_odds_are_sane, next_race_has_odds, race_odds_keep_their_word, constructor_odds_are_sane]
