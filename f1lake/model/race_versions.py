"""model/race_versions: fits the race recipe on every race that was run, registers it, and crowns the better."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import dagster as dg
import dataframely as dy
import polars as pl

from f1lake.abt.race_abt import KEY, RaceAbt
from f1lake.model import registry
from f1lake.model.judge import figures
from f1lake.model.learn.race import (
    ANSWERS,
    INPUTS,
    LEARNED_FROM_AT_FIRST,
    MIN_SEASONS,
    ODDS,
    OF_SIMULATION,
    RECIPE,
    RECIPE_ID,
    RaceFit,
    race_fit,
    race_rows,
)
from f1lake.model.learn.stored import fingerprint
from f1lake.model.promotion import DECISIONS, StaleBacktestError, challenge, registered, version_columns
from f1lake.model.race_scores import PERIODS, TEST, race_decisions, scored_rows
from f1lake.storage.contract import enforced, table

MODEL = "race"


class RaceVersions(dy.Schema):
    """The registered versions of the race model, as the MLflow registry has them.

    A version is the recipe fitted on all finished seasons. The alias `champion` names the version whose odds are
    published. A new version takes it if its log loss of the winner is lower on the races since 2014 that both were
    scored on, both stages; or if it is the champion's own recipe on newer data.
    """

    locals().update(version_columns())


@dg.asset(
    **table("model/race_versions", RaceVersions),
    ins={
        "abt": dg.AssetIn(["abt", "race_abt"]),
        "simulated": dg.AssetIn(["model", "simulated_races"]),
        "champions": dg.AssetIn(["silver", "champions"]),
        "backtest": dg.AssetIn(["model", "race_model"]),
        "scores": dg.AssetIn(["model", "race_scores"]),
    },
)
@enforced(RaceVersions)
def race_versions(
    abt: pl.LazyFrame, simulated: pl.LazyFrame, champions: pl.LazyFrame, backtest: pl.LazyFrame, scores: pl.LazyFrame
) -> dg.Output:
    """Register the recipe's newest fit, if it is one, and list what is registered."""
    history = race_rows(abt, simulated).join(champions.select("season").collect(), on="season", how="semi")
    run = history.filter(pl.col("is_winner").is_not_null())
    known = fingerprint(RECIPE_ID, run.select(*KEY, *INPUTS, *ANSWERS.values()))
    said: Mapping[str, Any] = {}
    if known not in {version.tags["fingerprint"] for version in registry.versions(MODEL)}:
        fit = race_fit(history)
        if fit is not None:
            require_complete(history, backtest)
            verdict = challenge(
                MODEL, fit.save, lambda folder: _as_logged(fit, folder, known, backtest, scores.collect())
            )
            said = {"takes_over": verdict.takes_over, **verdict.figures}
    return dg.Output(registered(MODEL, RaceVersions), metadata=said)


def require_complete(history: pl.DataFrame, backtest: pl.LazyFrame) -> None:
    """Raise `StaleBacktestError` if the backtest lacks a race that the recipe can be scored on."""
    seasons = history.filter(pl.col("season") >= LEARNED_FROM_AT_FIRST)["season"].unique().sort()
    asked = history.filter(pl.col("season").is_in(seasons[MIN_SEASONS :].implode()))
    missing = asked.join(scored_rows(backtest), on=["season", "round"], how="anti")
    if missing.height:
        raise StaleBacktestError(
            f"model/race_model does not hold every race of {missing['season'].unique().sort().to_list()} "
            f"by recipe {RECIPE_ID}: materialize those seasons first (`f1lake train`)"
        )


def inputs_schema() -> pl.Schema:
    """The columns that a fit asks for, with their types."""
    rows = RaceAbt.create_empty().with_columns(pl.lit(0.0).alias(name) for name in OF_SIMULATION)
    return rows.select(*KEY, *INPUTS).schema


def _as_logged(fit: RaceFit, folder: Path, known: str, backtest: pl.LazyFrame, scores: pl.DataFrame) -> registry.Fit:
    rows = scored_rows(backtest)
    winners = race_decisions(rows).filter(target="win")
    first, last = PERIODS[TEST]
    tested = winners.filter(pl.col("learner") == fit.published, pl.col("season").is_between(first, last))
    measured = scores.unpivot(
        ["log_loss", "log_loss_low", "log_loss_high", "gain", "brier", "top1", "auroc"],
        index=["period", "stage", "target", "learner"],
    ).drop_nulls()
    by_season = winners.filter(learner=fit.published).group_by("stage", "season").agg(pl.col("log_loss").mean())
    return registry.Fit(
        folder=folder,
        loader_module="f1lake.model.learn.race",
        packages=("f1lake", "polars", "numpy", "pandas", "xgboost", "scipy"),
        inputs=inputs_schema(),
        outputs=pl.Schema(dict.fromkeys(ODDS, pl.Float64)),
        params=RECIPE,
        metrics={"/".join(name): value for *name, value in measured.iter_rows()},
        curves={
            f"log_loss_by_season/{stage}": dict(zip(curve["season"], curve["log_loss"], strict=True))
            for (stage,), curve in by_season.group_by("stage")
        },
        figures={
            "calibration": figures.calibration(rows.select("learner", probability="p_win", is_champion="is_winner")),
            "log_loss_by_season": figures.log_loss_by_season(winners),
        },
        tables={DECISIONS: tested.select("season", "round", "stage", "log_loss")},
        tags={
            "recipe": fit.recipe, "fingerprint": known,
            "fitted_from": str(fit.fitted_from), "fitted_through": str(fit.fitted_through),
        },
    )  # fmt: skip
