"""model/race_versions: fits the race recipe on every race that was run, registers it, and crowns the better."""

import dagster as dg
import dataframely as dy
import polars as pl

from f1lake.abt.race_abt import KEY, RaceAbt
from f1lake.model.judge import figures
from f1lake.model.learn.race import (
    ANSWERS,
    INPUTS,
    LEARNED_FROM_AT_FIRST,
    MIN_SEASONS,
    ODDS,
    OF_SIMULATION,
    PUBLISHED,
    RECIPE,
    RECIPE_ID,
    XGBOOST,
    RaceFit,
    race_fit,
    race_rows,
)
from f1lake.model.learn.stored import fingerprint
from f1lake.model.race_scores import TEST, race_decisions, scored_rows
from f1lake.model.registry import store
from f1lake.model.registry.promotion import (
    DECISIONS,
    FIRST_COMPARED,
    StaleBacktestError,
    offer,
    registered,
    tags_of,
    version_columns,
)
from f1lake.storage.contract import enforced, table

MODEL = "race"
OFFERED = (PUBLISHED, XGBOOST)
"""The learners that may be published: the recipe's own choice, and who competes with it."""

SUBJECT = """Who wins the next Formula 1 race, reaches the podium or scores, before qualifying and on the grid.

Each version is a recipe fitted on all finished seasons of one lake. The alias `champion` names the version whose odds
that lake publishes (odds/race_odds). Scores are out of sample: every season by a fit on the seasons before it.
`f1lake train` registers versions; `f1lake model list | promote | rollback` shows and moves the alias."""


class RaceVersions(dy.Schema):
    """The registered versions of the race model, as the MLflow registry has them.

    A version is the recipe fitted on all finished seasons, for one learner. Which one is published is decided as in
    model/title_versions, by the log loss of the winner on the races since 2006, all stages.
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

    def fitted() -> RaceFit | None:
        fit = race_fit(history)
        if fit is not None:
            require_complete(history, backtest)
        return fit

    def logged(fit: RaceFit, known: str) -> store.Fit:
        return as_logged(fit, known, history["season"].n_unique(), scored_rows(backtest), scores.collect())

    said = offer(MODEL, known, OFFERED, fitted, logged, RaceFit.load)
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


def as_logged(fit: RaceFit, known: str, seasons: int, rows: pl.DataFrame, scores: pl.DataFrame) -> store.Fit:
    """What a stranger finds of a fit in MLflow: `known` is its fingerprint, `seasons` how many the lake has finished,
    `rows` and `scores` are of the backtest.
    """
    winners = race_decisions(rows).filter(target="win")
    ours = winners.filter(pl.col("season") >= FIRST_COMPARED, learner=fit.published)
    by_season = ours.group_by("stage", "season").agg(pl.col("log_loss").mean()).sort("season")
    tested = scores.filter(learner=fit.published, period=TEST)
    headlines = {"win": ("log_loss", "top1"), "podium": ("auroc",)}
    return store.Fit(
        subject=SUBJECT,
        title=f"race {fit.recipe} {fit.published}, through {fit.fitted_through}",
        description=f"Recipe `{fit.recipe}`, published learner `{fit.published}`, fitted on seasons "
        f"{fit.fitted_from}-{fit.fitted_through}. Metrics are of its backtest, period {TEST}; every learner, period, "
        "stage and target is in `scores.json`, every race in `decisions.json`.",
        loader_module="f1lake.model.learn.race",
        packages=("f1lake", "polars", "numpy", "pandas", "xgboost", "scipy"),
        inputs=inputs_schema(),
        outputs=pl.Schema(dict.fromkeys(ODDS, pl.Float64)),
        recipe=RECIPE,
        metrics={
            f"{value}_{row['target']}_{row['stage']}": row[value]
            for row in tested.iter_rows(named=True) for value in headlines.get(row["target"], ())
        },
        curves={
            f"log_loss_by_season_{stage}": dict(curve.select("season", "log_loss").iter_rows())
            for (stage,), curve in by_season.group_by("stage")
        },
        figures={
            "calibration": figures.calibration(rows.select("learner", probability="p_win", is_champion="is_winner")),
            "log_loss_by_season": figures.log_loss_by_season(winners),
        },
        tables={DECISIONS: ours.select("season", "round", "stage", "log_loss"), "scores": scores},
        tags=tags_of(fit, known, seasons),
    )  # fmt: skip
