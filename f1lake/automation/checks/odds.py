"""Checks of the odds themselves: that they are odds, move only for a reason, and keep their word.

What one table must keep to is its contract (probabilities sum to 1 as they are written); here is what
takes other tables, another version, or many seasons to see.
"""

from collections.abc import Sequence

import dagster as dg
import numpy as np
import polars as pl

from f1lake.storage.lake import read, read_version, version

JUMP = 0.05
"""Odds of a day that is over move by less, unless a result was corrected: new draws move them by a hundredth."""
RECENT_SEASONS, FEWEST_EARLIER = 3, 10
"""How many of the last seasons are compared with those before, and how many these must be to say anything."""
SURPRISED = 3.0
"""Standard errors of more surprise than before beyond which odds have drifted: by chance once in 700 looks."""
ENTRANT = ("season", "as_of", "driver_id", "model_version")
FLOOR = 1e-15
RETRAIN = "Train anew: `f1lake train` and `f1lake odds`, or in the UI the job `train`, then `odds`; a race never does"


@dg.asset_check(
    asset=["odds", "title_odds"],
    description="Of each day the odds sum to 1, it is a day of a race or sprint or before the season, and who can no "
    "longer win the title by silver/season_state has exactly 0.",
)
def are_sane() -> dg.AssetCheckResult:
    """Every decision in the table; those of the newest day are shown, most probable first."""
    odds, results = read("odds/title_odds").collect(), read("silver/session_results")
    state = read("silver/season_state").select("season", "as_of", "driver_id", "can_win_title").collect()
    raced = results.filter(pl.col("session").cast(pl.String) != "Qualifying")
    held = raced.select("season", as_of="session_date").unique().collect()
    sums = odds.group_by("season", "as_of", "model_version").agg(pl.col("probability").sum())
    first = held.group_by("season").agg(begins=pl.col("as_of").min())  # 1 January, or the day before a race on it
    faults = {
        "days that do not sum to 1": sums.filter((pl.col("probability") - 1).abs() > 1e-6),
        "days without a session": sums.join(first, on="season")
        .filter(pl.col("as_of") >= pl.col("begins"))
        .join(held, on=["season", "as_of"], how="anti"),
        "excluded with a chance": odds.filter(pl.col("probability") != 0)
        .join(state.filter(~pl.col("can_win_title")), on=["season", "as_of", "driver_id"], how="semi")
        .select(*ENTRANT, "probability"),
    }
    found = {name: _told(rows) for name, rows in faults.items() if rows.height}
    return dg.AssetCheckResult(
        passed=not found,
        description="; ".join(f"{name}: {rows}" for name, rows in found.items()) or None,
        metadata={
            "newest odds": _newest(odds),
            "days": sums.height,
            **{name: rows.height for name, rows in faults.items()},
        },
    )


@dg.asset_check(
    asset=["odds", "title_odds"],
    description="The odds of a day that is over are what the table's version before had, unless a result of the season "
    "was corrected since: no jump without a new session.",
)
def move_only_for_a_reason() -> dg.AssetCheckResult:
    """Compare the two newest versions of the table, by season, day, driver and model."""
    newest = version("odds/title_odds") or 0
    before = read_version("odds/title_odds", newest - 1) if newest else None
    if before is None:
        return dg.AssetCheckResult(passed=True, metadata={"compared": 0})
    both = (
        read("odds/title_odds")
        .join(before, on=ENTRANT, suffix="_before")
        .select(*ENTRANT, "made_at_before", change=pl.col("probability") - pl.col("probability_before"))
        .collect()
    )
    jumps = both.filter(pl.col("change").abs() > JUMP)
    if version("gold/result_corrections") is not None:
        corrections = read("gold/result_corrections").group_by("season").agg(pl.col("seen_at").max()).collect()
        jumps = jumps.join(corrections, on="season", how="left")
        jumps = jumps.filter(pl.col("seen_at").is_null() | (pl.col("seen_at") < pl.col("made_at_before")))
    largest = jumps.sort(pl.col("change").abs(), descending=True)
    return dg.AssetCheckResult(
        passed=jumps.is_empty(),
        severity=dg.AssetCheckSeverity.WARN,
        description=f"without a new session or correction: {_told(largest)}" if jumps.height else None,
        metadata={"compared": both.height, "jumps": jumps.height, "versions": f"{newest - 1} and {newest}"},
    )


@dg.asset_check(
    asset=["odds", "title_odds"],
    description=f"In the last {RECENT_SEASONS} finished seasons what happened was no more of a surprise to the odds "
    "than in those before. If it was, their calibration has drifted, and the models should be trained anew.",
)
def keep_their_word() -> dg.AssetCheckResult:
    """Days of one season share one outcome, so that a season counts once, with its mean."""
    champions = read("silver/champions").select("season", champion="driver_id")
    rows = read("odds/title_odds").join(champions, on="season").select(
        "season", "as_of", "probability", happened=pl.col("driver_id") == pl.col("champion")
    )  # fmt: skip
    days = surprise(rows.collect(), ["season", "as_of"])
    return drift(days.group_by("season").agg(pl.col("surprise").mean()).sort("season"), "season", RECENT_SEASONS)


def surprise(rows: pl.DataFrame, decision: Sequence[str]) -> pl.DataFrame:
    """By how much more surprising each decision was than its own odds said it would be: [*decision, surprise].

    From one row an entrant with `probability` and `happened`. The surprise is the log loss of what happened
    less the mean log loss under the odds themselves, their entropy; 0 on average where odds are calibrated.
    Spiegelhalter compares a score with its expectation so (Probabilistic prediction in patient management and
    clinical trials, Statistics in Medicine 5, 1986), there Brier's, here the logarithmic.
    """
    p = pl.col("probability")
    entropy = -(p * p.clip(FLOOR, 1).log()).sum()
    log_loss = -p.filter("happened").sum().clip(FLOOR, 1).log()
    return rows.group_by(decision).agg(surprise=log_loss - entropy).sort(decision)


def drift(measured: pl.DataFrame, of: str, recent: int) -> dg.AssetCheckResult:
    """Whether the last of some equal units (seasons, races) were more of a surprise than those before, by a z-test."""
    earlier, last = np.split(measured["surprise"].to_numpy(), [-recent])
    told = {of: f"{measured[of][-len(last)]}-{measured[of][-1]}", "compared with": len(earlier)} if len(last) else {}
    if len(earlier) < FEWEST_EARLIER:
        return dg.AssetCheckResult(passed=True, metadata=told)
    means = np.mean(last) - np.mean(earlier)
    z = float(means / (np.std(earlier, ddof=1) * (1 / len(earlier) + 1 / len(last)) ** 0.5))
    return dg.AssetCheckResult(
        passed=z <= SURPRISED,
        severity=dg.AssetCheckSeverity.WARN,
        description=f"what happened was {z:.1f} standard errors more of a surprise than before. {RETRAIN}"
        if z > SURPRISED
        else None,
        metadata={"standard errors": round(z, 2), **told},
    )


def _newest(odds: pl.DataFrame) -> dg.TableMetadataValue:
    newest = odds.filter(pl.col("as_of") == pl.col("as_of").max(), pl.col("probability") > 0)
    rows = newest.sort("probability", descending=True).select(
        pl.col("as_of").cast(pl.String), "driver_id", pl.col("probability").round(4)
    )
    return dg.MetadataValue.table(
        [dg.TableRecord(row) for row in rows.iter_rows(named=True)],
        schema=dg.TableSchema([dg.TableColumn(name) for name in rows.columns]),
    )


def _told(rows: pl.DataFrame) -> str:
    """How many rows, and the first of them."""
    values = rows.select(pl.exclude("made_at_before", "seen_at")).row(0)
    first = ", ".join(f"{value:.3g}" if isinstance(value, float) else str(value) for value in values)
    return f"{rows.height} ({first}{', …' if rows.height > 1 else ''})"


ODDS_CHECKS = [are_sane, move_only_for_a_reason, keep_their_word]
