"""model/title_versions: fits the title recipe on every finished season, registers it, and promotes it if it is better.
"""

import dagster as dg
import dataframely as dy
import polars as pl

from f1lake.abt.title_abt import TitleAbt
from f1lake.model.judge.metrics import AFTER_RACES
from f1lake.model.learn.decision import BEFORE_SEASON, TITLE, is_scored
from f1lake.model.learn.stored import fingerprint
from f1lake.model.learn.title import (
    INPUTS,
    KEY,
    MIN_SEASONS,
    PUBLISHED,
    RECIPE_ID,
    SIMULATED,
    XGBOOST,
    TitleFit,
    title_fit,
    title_rows,
)
from f1lake.model.registry import store
from f1lake.model.registry.described import described
from f1lake.model.registry.promotion import POOL, offer, registered, require_complete, version_columns
from f1lake.model.title_scores import TEST, scored_decisions, scored_rows
from f1lake.storage.contract import enforced, table

HEADLINES = ("log_loss", "gain", "brier", "top1")
OFFERED = (PUBLISHED, XGBOOST)
"""The learners that may be published: the recipe's own choice, and its competitors."""


class TitleVersions(dy.Schema):
    """The registered versions of the title model, as in the MLflow registry.

    A version is the recipe fitted on all finished seasons, for one learner; nothing is registered while recipe and data
    are those of an earlier version. The alias `champion` names the version whose odds are published. A new version can
    get it only if it was fitted on at least as much: as many seasons, as recent, at a clock no earlier. It then gets it
    if it is the champion's own recipe and learner; or if its log loss on the common decisions since 2006 is lower by at
    least .01 on average, with the 90 % interval of the difference above 0 (recipes are chosen on earlier seasons, hence
    the margin); or if the champion cannot be loaded.
    """

    locals().update(version_columns())


@dg.asset(
    **table("model/title_versions", TitleVersions, pool=POOL),
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
    """Register the recipe's newest fit, if there is one, and list what is registered."""
    history = title_rows(abt, simulated)
    scored = history.filter(is_scored("is_champion"))
    known = fingerprint(RECIPE_ID, scored.select(*KEY, *INPUTS, "is_champion"))

    tested = scored_rows(backtest).collect()

    def fitted() -> TitleFit | None:
        judged = scored.filter(pl.col("season").is_in(scored["season"].unique().sort()[MIN_SEASONS:].implode()))
        require_complete("model/title_model", judged, tested, TITLE, RECIPE_ID)
        return title_fit(history)

    def logged(fit: TitleFit, known: str) -> store.Fit:
        every = scores.collect()
        ours = every.filter(pl.col("part").is_in([AFTER_RACES, BEFORE_SEASON]), learner=fit.published, period=TEST)
        metrics = {f"{value}_{row['part']}": row[value] for row in ours.to_dicts() for value in HEADLINES}
        decisions = scored_decisions(tested.lazy()).select("learner", *TITLE, "log_loss").unique()
        return described(
            fit, known, scored["season"].n_unique(), inputs_schema(), TEST, metrics, tested, decisions, every
        )

    figures = offer(TitleFit, known, OFFERED, fitted, logged)
    return dg.Output(registered(TitleFit.NAME, TitleVersions), metadata=figures)


def inputs_schema() -> pl.Schema:
    """The columns that a fit needs, with their types."""
    simulated = {name: pl.lit(0.0) for name in SIMULATED} | {"is_excluded": pl.lit(value=False)}
    rows = TitleAbt.create_empty().with_columns(**simulated)
    return rows.select(*KEY, *INPUTS).schema
