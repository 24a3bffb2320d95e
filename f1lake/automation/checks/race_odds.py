"""Checks of race odds and of the constructors' title odds: valid, complete, and calibrated as before."""

import dagster as dg
import polars as pl

from f1lake.automation.checks.odds import drift, surprise
from f1lake.partitions import EVENT_KEY
from f1lake.storage.lake import read

RACES = 24
"""How many of the last races, about a season, are compared with the earlier ones."""
RACE = ("season", "round", "stage", "model_version")
WITHIN = 1e-6
COHERENT_WITHIN = 0.1
"""Win, podium and points are estimated separately and may disagree by this much."""


@dg.asset_check(
    asset=["odds", "race_odds"],
    name="probabilities_are_valid",
    description="For each race and stage the win probabilities sum to 1 and the podium probabilities to 3. Nobody is "
    "much likelier to win than to reach the podium, or to reach the podium than to score.",
)
def race_probabilities_are_valid() -> dg.AssetCheckResult:
    """Check every race in the table."""
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
    name="calibration_has_not_drifted",
    description=f"The winners of the last {RACES} races surprised the odds no more than earlier winners. Otherwise "
    "calibration has drifted and the models should be retrained.",
)
def race_calibration_has_not_drifted() -> dg.AssetCheckResult:
    """Each race counts once, with the mean of its stages."""
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
    named = races.with_columns(races=EVENT_KEY)
    return drift(named, "races", RACES)


@dg.asset_check(
    asset=["odds", "constructor_title_odds"],
    name="probabilities_are_valid",
    description="The odds of each day sum to 1, and constructors that can no longer win have exactly 0.",
)
def constructor_probabilities_are_valid() -> dg.AssetCheckResult:
    """Check every day in the table."""
    odds = read("odds/constructor_title_odds").collect()
    sums = odds.group_by("season", "as_of", "model_version").agg(pl.col("probability").sum())
    return _verdict({
        "days that do not sum to 1": sums.filter((pl.col("probability") - 1).abs() > WITHIN),
        "chances of the excluded": odds.filter("is_excluded", pl.col("probability") != 0),
    })


def _verdict(faults: dict[str, pl.DataFrame]) -> dg.AssetCheckResult:
    present = {name: f"{rows.height}, first {rows.row(0)[:3]}" for name, rows in faults.items() if rows.height}
    return dg.AssetCheckResult(
        passed=not present,
        description="; ".join(f"{name}: {rows}" for name, rows in present.items()) or None,
        metadata={name: rows.height for name, rows in faults.items()},
    )


RACE_ODDS_CHECKS = [
    race_probabilities_are_valid, next_race_has_odds, race_calibration_has_not_drifted,
    constructor_probabilities_are_valid,
]  # fmt: skip
