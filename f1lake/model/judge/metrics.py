"""Log loss, Brier score and top-1 accuracy of decisions, with intervals over seasons.

A decision gives a probability to each entrant, exactly one of whom succeeds (several in races with shared cars).
"""

from collections.abc import Mapping, Sequence

import dataframely as dy
import numpy as np
import polars as pl

from f1lake.model.learn.decision import BEFORE_SEASON, PROBABILITY_FLOOR
from f1lake.model.learn.logit import drawn_again
from f1lake.model.season.simulate import INTERVAL

RESAMPLES, SEED = 2000, 0
CHOICE, BEFORE_TEST = "to_2005", "1996_2005"
CHOSEN_ON: dict[str, tuple[int, int]] = {CHOICE: (1950, 2005), BEFORE_TEST: (1996, 2005)}
"""First and last seasons: those on which the fixed protocol made every choice, and the end of that period."""
UNIFORM, ALL_PARTS, AFTER_RACES = "uniform", "all", "after_races"


def by_decision(rows: pl.DataFrame, keys: Sequence[str], probability: str, happened: str) -> pl.DataFrame:
    """One row per decision (`keys`), from one row per entrant.

    `log_loss` (nats, of the outcome), `brier` (sum over the entrants, 0 to 2) and `top1` (1 if the most probable
    entrant succeeded, 1/n if he was one of n equals).
    """
    p, did = pl.col(probability), pl.col(happened)
    favourites = p == p.max()
    return (
        rows.group_by(keys)
        .agg(
            log_loss=-p.filter(did).sum().clip(PROBABILITY_FLOOR, 1).log(),
            brier=((p - did.cast(pl.Float64)) ** 2).sum(),
            top1=(favourites & did).sum() / favourites.sum(),
        )
        .sort(keys)
    )


def yes_no_log_loss(probability: pl.Expr, happened: pl.Expr) -> pl.Expr:
    """The mean log loss of the yes or no of each entrant, in nats."""
    of_what_happened = pl.when(happened).then(probability).otherwise(1 - probability)
    return -of_what_happened.clip(PROBABILITY_FLOOR, 1).log().mean()


def in_periods(decisions: pl.DataFrame, periods: Mapping[str, tuple[int, int]]) -> pl.DataFrame:
    """Decisions with `period`, once for each period that their season belongs to; periods are first and last seasons.
    """
    parts = [
        decisions.filter(pl.col("season").is_between(first, last)).with_columns(period=pl.lit(period))
        for period, (first, last) in periods.items()
    ]
    return pl.concat(parts)


def against(decisions: pl.DataFrame, baseline: str, same: Sequence[str]) -> pl.DataFrame:
    """Decisions with `gain`: how much lower their log loss is than that of the learner `baseline` on the `same`
    decision.
    """
    reference = decisions.filter(learner=baseline).select(*same, reference="log_loss")
    return decisions.join(reference, on=same, how="left", validate="m:1").with_columns(
        gain=pl.col("reference") - pl.col("log_loss")
    )


def title_decisions(tested: pl.DataFrame, periods: Mapping[str, tuple[int, int]]) -> pl.DataFrame:
    """One row per scored decision, learner and period, with `uniform` as a learner, from rows of a title's backtest."""
    rows = tested.filter("is_scored").with_columns(pl.col("learner", "part").cast(pl.String))
    columns = ["learner", "season", "as_of", "part", "probability", "is_champion"]
    one = rows.filter(pl.col("learner") == pl.col("learner").first())
    uniform = one.with_columns(learner=pl.lit(UNIFORM), probability=1 / pl.len().over("as_of"))
    everybody = pl.concat([rows.select(columns), uniform.select(columns)])
    return in_periods(by_decision(everybody, columns[:4], "probability", "is_champion"), periods)


def title_scores(decisions: pl.DataFrame, baseline: str) -> pl.DataFrame:
    """The mean scores of every learner, period and part of the season, best log loss first.

    Part `all` holds every decision, `after_races` all except those before the season. `gain` is relative to the
    baseline on the same decisions.
    """
    paired = against(decisions, baseline, ["season", "as_of", "period"])
    cells = pl.concat([
        paired,
        paired.with_columns(part=pl.lit(ALL_PARTS)),
        paired.filter(pl.col("part") != BEFORE_SEASON).with_columns(part=pl.lit(AFTER_RACES)),
    ])
    return means_with_intervals(cells, ["learner", "period", "part"], ["gain", "brier", "top1"]).sort(
        "period", "part", "log_loss", "learner"
    )


def means_with_intervals(cells: pl.DataFrame, keys: Sequence[str], others: Sequence[str]) -> pl.DataFrame:
    """Means of `log_loss` and `others` by key, with 90 % intervals of `log_loss` and `gain` over resampled seasons.

    `rows` have one row per decision: `season`, `keys`, and the values; `decisions` and `seasons` count them. The same
    seasons are drawn for every learner, so that differences are paired.
    """
    bounds = []
    for key, cell in cells.group_by(keys):
        by_season = cell.group_by("season").agg(pl.col("log_loss", "gain").sum(), count=pl.len()).sort("season")
        drawn = drawn_again(by_season.height, RESAMPLES, SEED)
        sums, count = by_season.select("log_loss", "gain").to_numpy(), by_season["count"].to_numpy()
        means = (drawn @ sums) / (drawn @ count)[:, None]
        low, high = np.quantile(means, INTERVAL, axis=0)
        bounds.append(dict(zip(keys, key, strict=True)) | {
            "log_loss_low": low[0], "log_loss_high": high[0], "gain_low": low[1], "gain_high": high[1]
        })
    means = cells.group_by(keys).agg(
        pl.col("log_loss", *others).mean(),
        decisions=pl.len().cast(pl.Int32),
        seasons=pl.col("season").n_unique().cast(pl.Int32),
    )
    intervals = ["log_loss_low", "log_loss_high", "gain_low", "gain_high"]
    schema = {c: means.schema[c] for c in keys} | dict.fromkeys(intervals, pl.Float64)
    return means.join(pl.DataFrame(bounds, schema=schema), on=keys)


def score_columns(baseline: str) -> dict[str, dy.Column]:
    """The columns that `means_with_intervals` returns beside its key, for contracts."""
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


def auroc(probability: pl.Expr, happened: pl.Expr) -> pl.Expr:
    """The area under the receiver operating characteristic, by ranks (Mann and Whitney); ties count half."""
    yes, no = happened.sum().cast(pl.Float64), (~happened).sum().cast(pl.Float64)
    ranks = probability.rank("average").filter(happened).sum()
    return (ranks - yes * (yes + 1) / 2) / (yes * no)
