"""model/race_scores: how good the race recipe has been, from its backtest."""

import dagster as dg
import dataframely as dy
import polars as pl

from f1lake.abt.race_abt import STAGE_MEANING, STAGES
from f1lake.model.judge.metrics import (
    CHOSEN_ON,
    against,
    auroc,
    by_decision,
    in_periods,
    means_with_intervals,
    score_columns,
    yes_no_log_loss,
)
from f1lake.model.learn.decision import RACE
from f1lake.model.learn.race import ANSWERS, FREQUENCY, LEARNERS, RECIPE_ID, TARGETS
from f1lake.storage.contract import enforced, table

TEST = "2014_2025"
PERIODS = CHOSEN_ON | {TEST: (2014, 2025)}


class RaceScores(dy.Schema):
    """Mean scores of the race odds out of sample, by learner, period, stage and target.

    Of winning, the log loss of who won; of podium and points, the mean log loss of each entrant's yes or no. Every
    choice of form and number was made on `to_2005`. Intervals are of 90 %, from a bootstrap over seasons.
    """

    learner = dy.Enum(LEARNERS, primary_key=True, description="as in model/race_model")
    period = dy.Enum(tuple(PERIODS), primary_key=True, description="seasons to 2005, its last ten, or 2014-2025")
    stage = dy.Enum(STAGES, primary_key=True, description=STAGE_MEANING)
    target = dy.Enum(TARGETS, primary_key=True, description="winning, the podium, or points")
    locals().update(score_columns(FREQUENCY))
    auroc = dy.Float64(
        min=0, max=1, description="probability that who did it was given more than who did not, over all races"
    )
    recipe = dy.String(description="id of the recipe")


@dg.asset(
    **table("model/race_scores", RaceScores), ins={"backtest": dg.AssetIn(["model", "race_model"])}
)
@enforced(RaceScores)
def race_scores(backtest: pl.LazyFrame) -> pl.DataFrame:
    """The scores of the whole backtest, whichever seasons were fitted last."""
    rows = scored_rows(backtest)
    keys = ["learner", "period", "stage", "target"]
    races = in_periods(race_decisions(rows), PERIODS)
    paired = against(races, FREQUENCY, ["period", "target", *RACE])
    means = means_with_intervals(paired, keys, ["gain", "brier", "top1"])
    areas = pl.concat(
        in_periods(rows, PERIODS).group_by("learner", "period", "stage").agg(
            auroc=auroc(pl.col(f"p_{target}"), pl.col(ANSWERS[target])), target=pl.lit(target)
        )
        for target in TARGETS
    )
    return RaceScores.cast(means.join(areas, on=keys).with_columns(recipe=pl.lit(RECIPE_ID)))


def scored_rows(backtest: pl.LazyFrame) -> pl.DataFrame:
    """The rows of races that were run, by the recipe as it is now; enumerations as text."""
    current = backtest.filter(pl.col("is_winner").is_not_null(), pl.col("recipe") == RECIPE_ID)
    return current.with_columns(pl.col("learner", "stage").cast(pl.String)).collect()


def race_decisions(rows: pl.DataFrame) -> pl.DataFrame:
    """One row a learner, race, stage and target: `log_loss`, `brier`, and of winning `top1`.

    Where several drivers shared the winning car, what happened is that one of them won.
    """
    winner = by_decision(rows, ["learner", *RACE], "p_win", "is_winner").with_columns(target=pl.lit("win"))
    others = [
        rows.group_by("learner", *RACE).agg(
            target=pl.lit(target),
            log_loss=yes_no_log_loss(p, pl.col(ANSWERS[target])),
            brier=((p - pl.col(ANSWERS[target]).cast(pl.Float64)) ** 2).mean(),
            top1=pl.lit(None, pl.Float64),
        )
        for target in TARGETS[1:]
        for p in [pl.col(f"p_{target}")]
    ]
    return pl.concat([winner, *others], how="diagonal").sort("learner", *RACE, "target")
