"""Anybody's title odds beside ours, on the same decisions, by the protocol of model/title_scores.

What belongs here: what may be scored, and that it is the same for all. How a score is made is in `judge/metrics.py`.
"""

import polars as pl

from f1lake.model.judge.metrics import title_decisions, title_scores
from f1lake.model.learn.title import KEY, LEADER
from f1lake.model.title_scores import PERIODS, scored_rows
from f1lake.storage.lake import read

YOURS = "yours"
SLACK = 1e-6


class ScoreError(ValueError):
    """Predictions that cannot be scored."""


def score(predictions: pl.DataFrame, backtest: pl.LazyFrame | None = None) -> pl.DataFrame:
    """How good title odds are, beside ours: one row a learner, period and part of the season, the best first.

    `predictions` have one row a decision and driver: `season`, `as_of`, `driver_id` and `probability`, which sums to 1
    over a decision. What is scored is what model/title_model scores (after each race but the last, and before the
    season, of seasons that are over); a driver without a row has 0. Only the decisions predicted count, for everybody:
    `learner` is `yours`, `season_by_season` (what f1lake publishes), `points_leader` and the others of
    model/title_scores, whose columns these are. `backtest` is that of the lake if not given. A prediction may know
    nothing later than its day: that is the one rule that no function can check.

    Raises `ScoreError` for an invalid probability, a driver who is no entrant that day, and if no scored decision is
    predicted.
    """
    tested = scored_rows(read("model/title_model") if backtest is None else backtest).collect()
    lacking = [name for name in (*KEY, "probability") if name not in predictions.columns]
    if lacking:
        raise ScoreError(f"no column {', '.join(lacking)}: predictions have {', '.join(KEY)} and probability")
    decision = KEY[:2]
    odds = predictions.select(pl.col("season").cast(pl.Int32), *KEY[1:], pl.col("probability").cast(pl.Float64))
    odds = odds.join(tested.select(decision).unique(), on=decision, how="semi")
    if odds.is_empty():
        raise ScoreError("none of these decisions is scored in this lake (model/title_model, `f1lake train`)")
    _require_probabilities(odds)
    of_all = tested.join(odds.select(decision).unique(), on=decision, how="semi")
    entrants = of_all.unique(KEY, keep="first", maintain_order=True)
    strangers = odds.filter(pl.col("probability") > 0).join(entrants, on=KEY, how="anti")
    if strangers.height:
        named = ", ".join(strangers["driver_id"].unique().sort())
        raise ScoreError(f"no entrant of the season on that day: {named}. Ids are those of silver/drivers")
    yours = entrants.drop("probability").join(odds, on=KEY, how="left").with_columns(
        pl.col("probability").fill_null(0.0), learner=pl.lit(YOURS)
    )
    everybody = pl.concat([of_all, yours], how="diagonal_relaxed")
    return title_scores(title_decisions(everybody, PERIODS), LEADER)


def _require_probabilities(odds: pl.DataFrame) -> None:
    p = pl.col("probability")
    if odds.filter(p.is_null() | p.is_nan() | (p < 0) | (p > 1)).height:
        raise ScoreError("probabilities are numbers from 0 to 1, none missing")
    if odds.select(pl.struct(KEY).is_duplicated().any()).item():
        raise ScoreError("a driver has two probabilities on one day")
    sums = odds.group_by(KEY[:2]).agg(p.sum()).filter((p - 1).abs() > SLACK).sort("as_of")
    if sums.height:
        day, total = sums.select("as_of", "probability").row(0)
        raise ScoreError(f"the probabilities of {day} sum to {total:.4f}, not to 1 ({sums.height} such days)")
