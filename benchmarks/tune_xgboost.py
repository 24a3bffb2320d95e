"""How the trees of the title and race recipes were chosen: Optuna, on seasons up to 2005.

    python -m benchmarks.tune_xgboost title | race [trials]

Reads abt/ and model/simulated_* of the lake at `F1LAKE_LAKE`, else of `make demo`'s; nothing is written. Each season of
1980-2005 is asked about a fit on the seasons before it (rolling origin, at least 25 seasons as the later ones have);
the score is the mean log loss of the scored decisions of these 26 seasons, of a race of both stages. `SPACE` and
`INTEGERS` are searched: trials of the tree-structured Parzen estimator (seed 0), the first with what the recipe has;
those above the median are pruned on the way. Later seasons are dropped before anything is computed.

What came out of it, from parameters set by hand: of the title 0.665 (40 trials, 335 CPU seconds; before 0.729, the
simulation without trees 0.764), of the race 1.735 (25 trials, 90 CPU seconds; before 1.740, the logit without trees
1.745). The recipes have the best trials, rounded.
"""

import os
import sys
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import optuna
import polars as pl
import xgboost

from f1lake.abt.race_abt import STAGES
from f1lake.model import race_inputs, race_recipe, title_inputs, title_recipe
from f1lake.model.boosting import boosted, fitted_trees, in_bins, softmax, tree_values
from f1lake.model.race_fit import logit_values, race_numbers
from f1lake.model.title_fit import decision_numbers
from f1lake.storage.lake import read

FIRST, LAST = 1980, 2005
MEMBERS = 5
"""Of the ten of the title recipe: half the time."""

INTEGERS = {"rounds": (5, 120), "max_depth": (1, 4)}
SPACE = {
    "eta": (0.02, 0.3), "subsample": (0.4, 1.0), "colsample_bytree": (0.15, 1.0), "min_child_weight": (1.0, 50.0),
    "reg_lambda": (0.5, 100.0),
}  # fmt: skip


class Part(NamedTuple):
    """Entrants as XGBoost takes them: what the trees see, what they go on from, and who became what was asked for."""

    values: np.ndarray
    margin: np.ndarray
    happened: np.ndarray
    decisions: np.ndarray


class Fold(NamedTuple):
    """The seasons before one, the weights of their rows (a fit each), and the season."""

    history: Part
    matrix: xgboost.QuantileDMatrix
    weights: np.ndarray
    season: Part


def fold(history: Part, season: Part, weights: np.ndarray, params: dict[str, Any]) -> Fold:
    """The matrix is made once, for all trials: `params` says in how many bins."""
    return Fold(history, in_bins(history.values, history.margin, params), weights, season)


def title_folds() -> Iterator[Fold]:
    """Each season's scored decisions; who cannot be champion any more is left out."""
    rows = title_inputs.with_simulation(known("abt/title_abt"), known("model/simulated_titles"))
    scored = rows.filter(title_recipe.is_scored()).filter(pl.col("is_champion").any().over("as_of"))
    seen = title_inputs.title_inputs(scored).filter(~pl.col("is_excluded"))

    def part(rows: pl.DataFrame) -> Part:
        values = tree_values(rows, title_inputs.TREE_INPUTS)
        return Part(values, rows["log_simulated"].to_numpy(), rows["is_champion"].to_numpy(), decision_numbers(rows))

    for season in range(FIRST, LAST + 1):
        history = seen.filter(pl.col("season") < season)
        drawn = title_recipe.drawn_seasons(history["season"].n_unique())[:MEMBERS]
        weights = title_recipe.weights_of(history, drawn)
        yield fold(part(history), part(seen.filter(season=season)), weights, title_recipe.RECIPE["trees"])


def race_folds() -> Iterator[Fold]:
    """Each season's races, by stage; the trees go on from the logit of the same fit."""
    rows = race_inputs.with_simulated_race(known("abt/race_abt"), known("model/simulated_races"))
    recipe = race_recipe.RECIPE
    run = rows.filter(pl.col("is_winner").is_not_null(), "is_starting", pl.col("season") >= recipe["from_season"])
    seen = race_inputs.race_inputs(run.filter(pl.col("is_winner").any().over(race_inputs.DECISION)))
    for season in range(FIRST, LAST + 1):
        for stage in STAGES:
            of_stage = seen.filter(pl.col("stage") == stage)
            history, asked = of_stage.filter(pl.col("season") < season), of_stage.filter(season=season)
            x = logit_values(history, "win")
            centre, scale = x.mean(axis=0), x.std(axis=0) + 1e-9
            won, races = history["is_winner"].to_numpy().astype(float), race_numbers(history)
            weight = 0.5 ** ((season - 1 - history["season"].to_numpy()) / recipe["half_life_seasons"])
            logit = race_recipe.conditional_logit((x - centre) / scale, won, races, weight)

            def part(rows: pl.DataFrame, centre=centre, scale=scale, logit=logit) -> Part:
                margin = (logit_values(rows, "win") - centre) / scale @ logit
                values = tree_values(rows, race_inputs.TREE_INPUTS)
                return Part(values, margin, rows["is_winner"].to_numpy(), race_numbers(rows))

            yield fold(part(history), part(asked), weight[None], recipe["trees"])


def known(table: str) -> pl.LazyFrame:
    """The rows of a table that choices may be made on."""
    return read(table, list(range(1950, LAST + 1)))


def losses(fold: Fold, params: dict[str, Any], rounds: int) -> np.ndarray:
    """The log loss of every decision of a season: the mean of the fits' probabilities."""
    past, asked = fold.history, fold.season
    strengths = np.column_stack([
        boosted(
            fitted_trees(fold.matrix, past.happened, past.decisions, weight, params | {"seed": i}, rounds),
            asked.values, asked.margin,
        )
        for i, weight in enumerate(fold.weights)
    ])  # fmt: skip
    return -np.log(softmax(strengths, asked.decisions).mean(axis=1)[asked.happened])


def main(model: str, trials: int) -> None:
    """Print the best parameters found, beside those that the recipe has."""
    os.environ.setdefault("F1LAKE_LAKE", "lake-demo")
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    recipe, folds = {"title": (title_recipe.RECIPE, title_folds), "race": (race_recipe.RECIPE, race_folds)}[model]
    started, in_time = time.process_time(), list(folds())
    order = np.random.default_rng(0).permutation(len(in_time))  # so that the first folds speak for all when pruning
    before = np.concatenate([-np.log(softmax(f.season.margin[:, None], f.season.decisions)[f.season.happened, 0])
                             for f in in_time])  # fmt: skip
    print(f"{model}: {len(before)} decisions, {before.mean():.4f} without trees", flush=True)

    def score(trial: optuna.Trial) -> float:
        found = {name: trial.suggest_int(name, *ends, log=True) for name, ends in INTEGERS.items()}
        found |= {name: trial.suggest_float(name, *ends, log=True) for name, ends in SPACE.items()}
        rounds, so_far = found.pop("rounds"), []
        for step, season in enumerate(order):
            so_far.append(losses(in_time[season], recipe["trees"] | found, rounds))
            trial.report(float(np.concatenate(so_far).mean()), step)
            if trial.should_prune():
                raise optuna.TrialPruned
        loss = float(np.concatenate(so_far).mean())
        print(f"{trial.number:3} {loss:.4f} {round(time.process_time() - started)} s {trial.params}", flush=True)
        return loss

    study = optuna.create_study(
        sampler=optuna.samplers.TPESampler(seed=0),
        pruner=optuna.pruners.MedianPruner(n_startup_trials=8, n_warmup_steps=len(order) // 3),
    )
    study.enqueue_trial({name: recipe["trees"].get(name, recipe.get(name)) for name in INTEGERS | SPACE})
    study.optimize(score, trials)
    print(f"best {study.best_value:.4f}: {study.best_params}; {time.process_time() - started:.0f} CPU seconds")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 40)
