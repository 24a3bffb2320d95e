"""model/race_versions: fits the race recipe on every race that was run, registers it, and crowns the better."""

import dagster as dg
import dataframely as dy
import polars as pl

from f1lake.abt.race_abt import KEY, RaceAbt
from f1lake.model.learn.decision import RACE
from f1lake.model.learn.race import (
    ANSWERS,
    LEARNED_FROM_AT_FIRST,
    MIN_SEASONS,
    PUBLISHED,
    RECIPE_ID,
    XGBOOST,
    RaceFit,
    race_fit,
)
from f1lake.model.learn.race_seen import INPUTS, OF_SIMULATION, race_rows
from f1lake.model.learn.stored import fingerprint
from f1lake.model.race_scores import TEST, race_decisions, scored_rows
from f1lake.model.registry import store
from f1lake.model.registry.described import described
from f1lake.model.registry.promotion import POOL, offer, registered, require_complete, version_columns
from f1lake.storage.contract import enforced, table

OFFERED = (PUBLISHED, XGBOOST)
"""The learners that may be published: the recipe's own choice, and who competes with it."""
HEADLINES = {"win": ("log_loss", "top1"), "podium": ("auroc",)}


class RaceVersions(dy.Schema):
    """The registered versions of the race model, as the MLflow registry has them.

    A version is the recipe fitted on all finished seasons, for one learner. Which one is published is decided as in
    model/title_versions, by the log loss of the winner on the races since 2006, all stages.
    """

    locals().update(version_columns())


@dg.asset(
    **table("model/race_versions", RaceVersions, pool=POOL),
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
    """Register the recipe's newest fit, if there is one, and list what is registered."""
    history = race_rows(abt, simulated).join(champions.select("season").collect(), on="season", how="semi")
    run = history.filter(pl.col("is_winner").is_not_null())
    known = fingerprint(RECIPE_ID, run.select(*KEY, *INPUTS, *ANSWERS.values()))

    tested = scored_rows(backtest)

    def fitted() -> RaceFit | None:
        fit = race_fit(history)
        if fit is not None:
            seasons = history.filter(pl.col("season") >= LEARNED_FROM_AT_FIRST)["season"].unique().sort()
            judged = history.filter(pl.col("season").is_in(seasons[MIN_SEASONS:].implode()))
            require_complete("model/race_model", judged, tested, ["season", "round"], RECIPE_ID)
        return fit

    def logged(fit: RaceFit, known: str) -> store.Fit:
        every = scores.collect()
        metrics = {
            f"{value}_{row['target']}_{row['stage']}": row[value]
            for row in every.filter(learner=fit.published, period=TEST).to_dicts()
            for value in HEADLINES.get(row["target"], ())
        }
        given = tested.select("learner", probability="p_win", is_champion="is_winner")
        decisions = race_decisions(tested).filter(target="win").select("learner", *RACE, "log_loss")
        return described(
            fit, known, history["season"].n_unique(), inputs_schema(), TEST, metrics, given, decisions, every
        )

    figures = offer(RaceFit, known, OFFERED, fitted, logged)
    return dg.Output(registered(RaceFit.NAME, RaceVersions), metadata=figures)


def inputs_schema() -> pl.Schema:
    """The columns that a fit asks for, with their types."""
    rows = RaceAbt.create_empty().with_columns(pl.lit(0.0).alias(name) for name in OF_SIMULATION)
    return rows.select(*KEY, *INPUTS).schema
