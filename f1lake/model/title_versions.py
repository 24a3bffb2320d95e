"""model/title_versions: fits the title recipe on every finished season, registers it, and crowns the better."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import dagster as dg
import dataframely as dy
import polars as pl

from f1lake.abt.title_abt import TitleAbt
from f1lake.model import registry
from f1lake.model.judge import figures
from f1lake.model.learn.decision import TITLE, is_scored
from f1lake.model.learn.stored import fingerprint
from f1lake.model.learn.title import (
    INPUTS,
    KEY,
    MIN_SEASONS,
    ODDS,
    RECIPE,
    RECIPE_ID,
    SIMULATED,
    TitleFit,
    title_fit,
    title_rows,
)
from f1lake.model.promotion import DECISIONS, StaleBacktestError, challenge, registered, version_columns
from f1lake.model.title_scores import TEST, scored_decisions, scored_rows
from f1lake.storage.contract import enforced, table

MODEL = "title"
SCORED = pl.Schema({"season": pl.Int32, "as_of": pl.Date, "log_loss": pl.Float64})


class TitleVersions(dy.Schema):
    """The registered versions of the title model, as the MLflow registry has them.

    A version is the recipe fitted on all finished seasons; nothing is registered while recipe and
    data are those of an earlier version. The alias `champion` names the version whose odds are
    published. A new version takes it if its log loss is lower on the decisions since 2006 that both
    were scored on; or if it is the champion's own recipe on newer data, for what is scored is
    the recipe.
    """

    locals().update(version_columns())


@dg.asset(
    **table("model/title_versions", TitleVersions),
    ins={
        "abt": dg.AssetIn(["abt", "title_abt"]),
        "simulated": dg.AssetIn(["model", "simulated_titles"]),
        "backtest": dg.AssetIn(["model", "title_model"]),
        "scores": dg.AssetIn(["model", "title_scores"]),
    },
)
@enforced(TitleVersions)
def title_versions(
    abt: pl.LazyFrame, simulated: pl.LazyFrame, backtest: pl.LazyFrame, scores: pl.LazyFrame
) -> dg.Output:
    """Register the recipe's newest fit, if it is one, and list what is registered."""
    figures_of_verdict: Mapping[str, Any] = {}
    history = title_rows(abt, simulated)
    scored = history.filter(is_scored("is_champion"))
    known = fingerprint(RECIPE_ID, scored.select(*KEY, *INPUTS, "is_champion"))
    if known not in {version.tags["fingerprint"] for version in registry.versions(MODEL)}:
        require_complete(scored, backtest)
        if (fit := title_fit(history)) is not None:
            verdict = challenge(
                MODEL, fit.save, lambda folder: _as_logged(fit, folder, known, backtest, scores.collect())
            )
            figures_of_verdict = {"takes_over": verdict.takes_over, **verdict.figures}
    return dg.Output(registered(MODEL, TitleVersions), metadata=figures_of_verdict)


def require_complete(scored: pl.DataFrame, backtest: pl.LazyFrame) -> None:
    """Raise `StaleBacktestError` if the backtest lacks a decision that the recipe can be scored on."""
    seasons = scored["season"].unique().sort()[MIN_SEASONS:]
    tested = scored_rows(backtest).collect()
    missing = scored.filter(pl.col("season").is_in(seasons.implode())).join(tested, on=TITLE, how="anti")
    if missing.height:
        raise StaleBacktestError(
            f"model/title_model does not hold every decision of {missing['season'].unique().sort().to_list()} "
            f"by recipe {RECIPE_ID}: materialize those seasons first (`f1lake train`)"
        )


def inputs_schema() -> pl.Schema:
    """The columns that a fit asks for, with their types."""
    simulated = {name: pl.lit(0.0) for name in SIMULATED} | {"is_excluded": pl.lit(value=False)}
    rows = TitleAbt.create_empty().with_columns(**simulated)
    return rows.select(*KEY, *INPUTS).schema


def _as_logged(fit: TitleFit, folder: Path, known: str, backtest: pl.LazyFrame, scores: pl.DataFrame) -> registry.Fit:
    decisions = scored_decisions(backtest)
    values = ["log_loss", "log_loss_low", "log_loss_high", "gain", "brier", "top1"]
    measured = scores.unpivot(values, index=["period", "part", "learner"])
    by_season = decisions.group_by("learner", "season").agg(pl.col("log_loss").mean())
    return registry.Fit(
        folder=folder,
        loader_module="f1lake.model.learn.title",
        packages=("f1lake", "polars", "numpy", "pandas", "xgboost"),
        inputs=inputs_schema(),
        outputs=pl.Schema(dict.fromkeys(ODDS, pl.Float64)),
        params=RECIPE,
        metrics={"/".join(name): value for *name, value in measured.iter_rows()},
        curves={
            f"log_loss_by_season/{learner}": dict(zip(curve["season"], curve["log_loss"], strict=True))
            for (learner,), curve in by_season.group_by("learner")
        },
        figures={
            "calibration": figures.calibration(scored_rows(backtest).collect()),
            "log_loss_by_season": figures.log_loss_by_season(decisions),
        },
        tables={DECISIONS: decisions.filter(learner=fit.published, period=TEST).select(SCORED.names())},
        tags={
            "recipe": fit.recipe, "fingerprint": known,
            "fitted_from": str(fit.fitted_from), "fitted_through": str(fit.fitted_through),
        },
    )
