"""What a stranger finds of a fit in MLflow: words, the figures of its backtest, and the tables behind them."""

from collections.abc import Mapping

import polars as pl

from f1lake.model.judge import figures
from f1lake.model.learn.stored import StoredFit
from f1lake.model.registry import store
from f1lake.model.registry.promotion import DECISIONS, FIRST_COMPARED, tags_of


def described(
    fit: StoredFit, fingerprint: str, seasons: int, inputs: pl.Schema, period: str, metrics: Mapping[str, float],
    given: pl.DataFrame, decisions: pl.DataFrame, scores: pl.DataFrame,
) -> store.Fit:
    """What is logged of a fit and of the learner that it publishes.

    `seasons` are those that the lake has finished. Of the backtest: the headline `metrics` of the learner and their
    `period`, `given` (one row an entrant and learner: `learner`, `probability`, `is_champion`), `decisions` (one row a
    decision and learner: what names it, and its `log_loss`) and the whole table of `scores`.
    """
    ours = decisions.filter(pl.col("season") >= FIRST_COMPARED, learner=fit.published).drop("learner")
    stage = ["stage"] if "stage" in ours.columns else []
    curves: dict[str, dict[int, float]] = {}
    for *of, season, loss in ours.group_by(*stage, "season").agg(pl.col("log_loss").mean()).sort("season").iter_rows():
        curves.setdefault("_".join(["log_loss_by_season", *of]), {})[season] = loss
    return store.Fit(
        subject=f"{fit.ABOUT}\n\nEach version is a recipe fitted on all finished seasons of one lake. The alias "
        f"`champion` names the version whose odds that lake publishes (odds/{fit.NAME}_odds). Scores are out of "
        "sample: every season by a fit on the seasons before it.\n`f1lake train` registers versions; "
        "`f1lake model list | promote | rollback` shows and moves the alias.",
        title=f"to {fit.fitted_through}: {fit.published} {fit.recipe}",
        description=f"Learner `{fit.published}` of recipe `{fit.recipe}`, fitted on seasons {fit.fitted_from}-"
        f"{fit.fitted_through}. Metrics are of its backtest, period `{period}`; those of every learner and period are "
        "in `scores.json`, what each decision cost in `decisions.json`.",
        loader_module=type(fit).__module__,
        packages=("f1lake", "polars", "numpy", "pandas", "scipy", "xgboost"),
        inputs=inputs,
        outputs=pl.Schema(dict.fromkeys(fit.ODDS, pl.Float64)),
        recipe=fit.RECIPE,
        metrics=metrics,
        curves=curves,
        figures={
            "calibration": figures.calibration(given), "log_loss_by_season": figures.log_loss_by_season(decisions),
        },
        tables={DECISIONS: ours, "scores": scores},
        tags=tags_of(fit, fingerprint, seasons),
    )  # fmt: skip
