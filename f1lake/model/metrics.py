"""How good probabilities were: log loss, Brier and top-1 of decisions, with intervals over seasons.

A decision is one `as_of` of one season: a probability for each entrant, of whom exactly one
becomes what was asked for. Nothing here knows which model is being scored, or draws anything.
"""

from collections.abc import Mapping

import dataframely as dy
import numpy as np
import polars as pl

PROBABILITY_FLOOR = 1e-15
"""What happened had at least this probability: one impossible event costs 34.5, not infinity."""

RESAMPLES, SEED = 2000, 0
INTERVAL = (0.05, 0.95)
DECISION = ("season", "as_of")
ALL_PARTS, AFTER_RACES = "all", "after_races"
PARTS = ("before_season", "quarter_1", "quarter_2", "quarter_3", "quarter_4")


def part_of_season() -> pl.Expr:
    """Where in its season a decision stands: `before_season`, or the quarter of its rounds just run.

    From `round` (0 before the season) and `rounds_remaining`; round 5 of 20 is the end of quarter 1.
    """
    quarter = (4 * pl.col("round") / (pl.col("round") + pl.col("rounds_remaining")).clip(1)).ceil().cast(pl.Int32)
    return quarter.replace_strict(dict(enumerate(PARTS)), return_dtype=pl.String)


def by_decision(rows: pl.LazyFrame) -> pl.DataFrame:
    """One row a learner and decision from one row an entrant.

    Takes `learner`, `season`, `as_of`, `part`, `probability` and `is_champion`; gives `log_loss`
    (nats, of what happened), `brier` (sum over the entrants, 0 to 2) and `top1` (1 if the most
    probable entrant won, 1/n if he was one of n equals).
    """
    probability, happened = pl.col("probability"), pl.col("is_champion")
    favourites = probability == probability.max()
    return (
        rows.group_by("learner", *DECISION, "part")
        .agg(
            log_loss=-probability.filter(happened).sum().clip(PROBABILITY_FLOOR, 1).log(),
            brier=((probability - happened.cast(pl.Float64)) ** 2).sum(),
            top1=(favourites & happened).sum() / favourites.sum(),
        )
        .sort("learner", *DECISION)
        .collect()
    )


def in_periods(decisions: pl.DataFrame, periods: Mapping[str, tuple[int, int]]) -> pl.DataFrame:
    """Decisions with `period`, once for each that their season belongs to; periods give first and last seasons."""
    parts = [
        decisions.filter(pl.col("season").is_between(first, last)).with_columns(period=pl.lit(period))
        for period, (first, last) in periods.items()
    ]
    return pl.concat(parts)


def scores(decisions: pl.DataFrame, baseline: str) -> pl.DataFrame:
    """The mean scores of every learner, period and part of the season, best log loss first.

    `decisions` is what `by_decision` gives, with `period`. Part `all` holds every decision,
    `after_races` all but those before the season. `log_loss_low` and `_high` are the 90 % interval
    of a bootstrap over seasons; `gain` is how much less the log loss is than the baseline's on the
    same decisions, with an interval over the same resampled seasons.
    """
    same = [*DECISION, "period"]
    reference = decisions.filter(learner=baseline).select(*same, reference="log_loss")
    paired = decisions.join(reference, on=same, how="left", validate="m:1").cast({"part": pl.String})
    cells = pl.concat([
        paired,
        paired.with_columns(part=pl.lit(ALL_PARTS)),
        paired.filter(pl.col("part") != PARTS[0]).with_columns(part=pl.lit(AFTER_RACES)),
    ]).with_columns(gain=pl.col("reference") - pl.col("log_loss"))
    return means_with_intervals(cells, ["learner", "period", "part"], ["gain", "brier", "top1"]).sort(
        "period", "part", "log_loss", "learner"
    )


def means_with_intervals(cells: pl.DataFrame, keys: list[str], others: list[str]) -> pl.DataFrame:
    """Means of `log_loss` and `others` by key, with the intervals of `log_loss` and `gain` over resampled seasons.

    One row a decision: `season`, `keys`, and the values; `decisions` and `seasons` count them.
    """
    intervals = [
        dict(zip(keys, key, strict=True)) | _interval(cell, "log_loss") | _interval(cell, "gain")
        for key, cell in cells.group_by(keys)
    ]
    means = cells.group_by(keys).agg(
        pl.col("log_loss", *others).mean(),
        decisions=pl.len().cast(pl.Int32),
        seasons=pl.col("season").n_unique().cast(pl.Int32),
    )
    bounds = [f"{value}_{end}" for value in ("log_loss", "gain") for end in ("low", "high")]
    schema = {c: means.schema[c] for c in keys} | dict.fromkeys(bounds, pl.Float64)
    return means.join(pl.DataFrame(intervals, schema=schema), on=keys)


def score_columns(baseline: str) -> dict[str, dy.Column]:
    """The columns of what `scores` gives beside its key, for contracts."""
    nats = {"unit": "nats"}
    return {
        "log_loss": dy.Float64(min=0, description="mean of -log(probability of what happened)", metadata=nats),
        "log_loss_low": dy.Float64(min=0, description="lower 90 % bound", metadata=nats),
        "log_loss_high": dy.Float64(min=0, description="upper 90 % bound", metadata=nats),
        "gain": dy.Float64(description=f"log loss of {baseline}, less this one, same decisions", metadata=nats),
        "gain_low": dy.Float64(description="lower 90 % bound", metadata=nats),
        "gain_high": dy.Float64(description="upper 90 % bound", metadata=nats),
        "brier": dy.Float64(min=0, max=2, description="mean squared error, summed over the entrants"),
        "top1": dy.Float64(
            nullable=True, min=0, max=1, description="share of decisions whose favourite won; equals share"
        ),
        "decisions": dy.Int32(min=1, description="scored decisions"),
        "seasons": dy.Int32(min=1, description="seasons that they belong to"),
    }


def _interval(cell: pl.DataFrame, value: str) -> dict[str, float | None]:
    """The bounds of a mean when whole seasons are drawn again, with replacement.

    The same seasons are drawn for every learner, so that differences are paired.
    """
    if cell[value].null_count():
        return {f"{value}_low": None, f"{value}_high": None}
    by_season = cell.group_by("season").agg(pl.col(value).sum(), count=pl.len()).sort("season")
    n = by_season.height
    drawn = np.random.default_rng(SEED).multinomial(n, np.full(n, 1 / n), size=RESAMPLES)
    means = (drawn @ by_season[value].to_numpy()) / (drawn @ by_season["count"].to_numpy())
    low, high = np.quantile(means, INTERVAL)
    return {f"{value}_low": float(low), f"{value}_high": float(high)}


def auroc(probability: pl.Expr, happened: pl.Expr) -> pl.Expr:
    """The area under the receiver operating characteristic, by ranks (Mann and Whitney); equals count half."""
    yes, no = happened.sum().cast(pl.Float64), (~happened).sum().cast(pl.Float64)
    ranks = probability.rank("average").filter(happened).sum()
    return (ranks - yes * (yes + 1) / 2) / (yes * no)
