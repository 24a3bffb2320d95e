"""model/title_versions: fits the title recipe on every finished season, registers it, and crowns the better."""

import dagster as dg
import dataframely as dy
import polars as pl

from f1lake.abt.title_abt import TitleAbt
from f1lake.model.judge import figures
from f1lake.model.judge.metrics import AFTER_RACES
from f1lake.model.learn.decision import PARTS, TITLE, is_scored
from f1lake.model.learn.stored import fingerprint
from f1lake.model.learn.title import (
    INPUTS,
    KEY,
    MIN_SEASONS,
    ODDS,
    PUBLISHED,
    RECIPE,
    RECIPE_ID,
    SIMULATED,
    XGBOOST,
    TitleFit,
    title_fit,
    title_rows,
)
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
from f1lake.model.title_scores import TEST, scored_decisions, scored_rows
from f1lake.storage.contract import enforced, table

MODEL = "title"
OFFERED = (PUBLISHED, XGBOOST)
"""The learners that may be published: the recipe's own choice, and who competes with it."""

SUBJECT = """Who becomes Formula 1 champion of the drivers, asked after every race and sprint and before the season.

Each version is a recipe fitted on all finished seasons of one lake. The alias `champion` names the version whose odds
that lake publishes (odds/title_odds). Scores are out of sample: every season by a fit on the seasons before it.
`f1lake train` registers versions; `f1lake model list | promote | rollback` shows and moves the alias."""


class TitleVersions(dy.Schema):
    """The registered versions of the title model, as the MLflow registry has them.

    A version is the recipe fitted on all finished seasons, for one learner; nothing is registered while recipe and data
    are those of an earlier version. The alias `champion` names the version whose odds are published. A new version can
    take it only if it has seen at least as much: as many seasons, as late ones, by a clock no older. It does if it is
    the champion's own recipe and learner; or if its log loss is lower on the decisions since 2006 that both were scored
    on, by .01 on average and with the 90 % interval of the difference above 0 (recipes are chosen on earlier seasons,
    hence the margin); or if the champion cannot be loaded.
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
    history = title_rows(abt, simulated)
    scored = history.filter(is_scored("is_champion"))
    known = fingerprint(RECIPE_ID, scored.select(*KEY, *INPUTS, "is_champion"))

    def fitted() -> TitleFit | None:
        require_complete(scored, backtest)
        return title_fit(history)

    def logged(fit: TitleFit, known: str) -> store.Fit:
        seasons = scored["season"].n_unique()
        return as_logged(fit, known, seasons, scored_rows(backtest).collect(), scores.collect())

    said = offer(MODEL, known, OFFERED, fitted, logged, TitleFit.load)
    return dg.Output(registered(MODEL, TitleVersions), metadata=said)


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


def as_logged(fit: TitleFit, known: str, seasons: int, rows: pl.DataFrame, scores: pl.DataFrame) -> store.Fit:
    """What a stranger finds of a fit in MLflow: `known` is its fingerprint, `seasons` how many the lake has finished,
    `rows` and `scores` are of the backtest.
    """
    decisions = scored_decisions(rows.lazy())
    ours = decisions.filter(learner=fit.published)
    by_season = ours.filter(period=TEST).group_by("season").agg(pl.col("log_loss").mean()).sort("season")
    after, before = (
        next(scores.filter(learner=fit.published, period=TEST, part=part).iter_rows(named=True), {})
        for part in (AFTER_RACES, PARTS[0])
    )
    return store.Fit(
        subject=SUBJECT,
        title=f"title {fit.recipe} {fit.published}, through {fit.fitted_through}",
        description=f"Recipe `{fit.recipe}`, published learner `{fit.published}`, fitted on {seasons} seasons, "
        f"{fit.fitted_from}-{fit.fitted_through}. Metrics are of its backtest since {FIRST_COMPARED}; every learner, "
        "period and part of the season is in `scores.json`, every decision in `decisions.json`.",
        loader_module="f1lake.model.learn.title",
        packages=("f1lake", "polars", "numpy", "pandas", "xgboost"),
        inputs=inputs_schema(),
        outputs=pl.Schema(dict.fromkeys(ODDS, pl.Float64)),
        recipe=RECIPE,
        metrics={
            f"{value}_{part}": row[value]
            for part, row in (("after_races", after), ("before_season", before))
            for value in ("log_loss", "gain", "brier", "top1") if row
        },
        curves={"log_loss_by_season": dict(by_season.iter_rows())},
        figures={
            "calibration": figures.calibration(rows),
            "log_loss_by_season": figures.log_loss_by_season(decisions),
        },
        tables={
            DECISIONS: ours.filter(pl.col("season") >= FIRST_COMPARED).unique(TITLE).select(*TITLE, "log_loss"),
            "scores": scores,
        },
        tags=tags_of(fit, known, seasons),
    )  # fmt: skip
