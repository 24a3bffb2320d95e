"""Checks of the title odds: they are valid probabilities, odds of past days are stable, calibration has not drifted.

Each table has a contract for what can be seen in it alone. These checks need other tables, another version of the table
or many seasons.
"""

from collections.abc import Sequence

import dagster as dg
import numpy as np
import polars as pl

from f1lake.storage.lake import read, read_version, version

JUMP = 0.05
"""Odds of a past day change by less than this unless a result was corrected: new draws change them by 0.01."""
RECENT_SEASONS, FEWEST_EARLIER = 3, 10
"""How many of the last seasons are compared with the earlier ones, and how many earlier ones that takes."""
SURPRISED = 3.0
"""More standard errors than this between the means count as drift; by chance that happens once in 700 times."""
ENTRANT = ("season", "as_of", "driver_id", "model_version")
FLOOR = 1e-15
RETRAIN = "Retrain: `f1lake train` and `f1lake odds`, or the jobs `train` and `odds` in the UI"


@dg.asset_check(
    asset=["odds", "title_odds"],
    description="The odds of each day sum to 1. The day is that of a race or sprint, or lies before the season. "
    "Drivers who can no longer win the title (silver/season_state) have exactly 0.",
)
def probabilities_are_valid() -> dg.AssetCheckResult:
    """Check every day in the table; the metadata shows the newest day, most probable driver first."""
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
        "chances of the excluded": odds.filter(pl.col("probability") != 0)
        .join(state.filter(~pl.col("can_win_title")), on=["season", "as_of", "driver_id"], how="semi")
        .select(*ENTRANT, "probability"),
    }
    present = {name: _summary(rows) for name, rows in faults.items() if rows.height}
    return dg.AssetCheckResult(
        passed=not present,
        description="; ".join(f"{name}: {rows}" for name, rows in present.items()) or None,
        metadata={
            "newest odds": _newest(odds),
            "days": sums.height,
            **{name: rows.height for name, rows in faults.items()},
        },
    )


@dg.asset_check(
    asset=["odds", "title_odds"],
    description="The odds of past days equal those in the previous version of the table, unless a result of the season "
    "was corrected in between.",
)
def past_odds_are_stable() -> dg.AssetCheckResult:
    """Compare the two newest versions of the table; there is nothing to compare after a change of the model."""
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
        description=f"changed without a correction: {_summary(largest)}" if jumps.height else None,
        metadata={"compared": both.height, "jumps": jumps.height, "versions": f"{newest - 1} and {newest}"},
    )


@dg.asset_check(
    asset=["odds", "title_odds"],
    description=f"The outcomes of the last {RECENT_SEASONS} finished seasons surprised the odds no more than those of "
    "earlier seasons. Otherwise calibration has drifted and the models should be retrained.",
)
def calibration_has_not_drifted() -> dg.AssetCheckResult:
    """All days of a season share one outcome, so each season counts once, with its mean surprise."""
    champions = read("silver/champions").select("season", champion="driver_id")
    rows = read("odds/title_odds").join(champions, on="season").select(
        "season", "as_of", "probability", happened=pl.col("driver_id") == pl.col("champion")
    )  # fmt: skip
    days = surprise(rows.collect(), ["season", "as_of"])
    return drift(days.group_by("season").agg(pl.col("surprise").mean()).sort("season"), "season", RECENT_SEASONS)


def surprise(rows: pl.DataFrame, decision: Sequence[str]) -> pl.DataFrame:
    """How much more surprising each outcome was than its odds implied: [*decision, surprise].

    `rows` has one row per entrant with `probability` and `happened`. The surprise is the log loss of the outcome minus
    its expectation, the entropy of the odds; its mean is 0 if the odds are calibrated. The method is Spiegelhalter's
    (Probabilistic prediction in patient management and clinical trials, Statistics in Medicine 5, 1986), with the
    logarithmic score instead of Brier's.
    """
    p = pl.col("probability")
    entropy = -(p * p.clip(FLOOR, 1).log()).sum()
    log_loss = -p.filter("happened").sum().clip(FLOOR, 1).log()
    return rows.group_by(decision).agg(surprise=log_loss - entropy).sort(decision)


def drift(measured: pl.DataFrame, of: str, recent: int) -> dg.AssetCheckResult:
    """Test whether the last `recent` seasons or races surprised the odds more than the earlier ones (z-test).

    `measured` has one row per season or race with its name in column `of` and its `surprise`.
    """
    earlier, last = np.split(measured["surprise"].to_numpy(), [-recent])
    compared = {"compared with": len(earlier)}
    if len(last):
        compared |= {of: f"{measured[of][-len(last)]}-{measured[of][-1]}"}
    if len(earlier) < FEWEST_EARLIER:
        return dg.AssetCheckResult(passed=True, metadata=compared)
    means = np.mean(last) - np.mean(earlier)
    z = float(means / (np.std(earlier, ddof=1) * (1 / len(earlier) + 1 / len(last)) ** 0.5))
    return dg.AssetCheckResult(
        passed=z <= SURPRISED,
        severity=dg.AssetCheckSeverity.WARN,
        description=f"outcomes were {z:.1f} standard errors more surprising than before. {RETRAIN}"
        if z > SURPRISED
        else None,
        metadata={"standard errors": round(z, 2), **compared},
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


def _summary(rows: pl.DataFrame) -> str:
    """The number of rows, and the first of them."""
    values = rows.select(pl.exclude("made_at_before", "seen_at")).row(0)
    first = ", ".join(f"{value:.3g}" if isinstance(value, float) else str(value) for value in values)
    return f"{rows.height} ({first}{', …' if rows.height > 1 else ''})"


ODDS_CHECKS = [probabilities_are_valid, past_odds_are_stable, calibration_has_not_drifted]
