"""The recipe for the next race: which races are learned from, and what is fitted on them.

Every number here was chosen on seasons up to 2005; later seasons only measure it. What a fit does afterwards belongs
to `race_fit.py`; which seasons are fitted and which version is published, to the assets.
"""

import hashlib
import json
from dataclasses import asdict
from typing import Any

import numpy as np
import polars as pl

from f1lake.abt.race_abt import KEY, STAGES
from f1lake.model.boosting import fitted_trees, in_bins, softmax, tree_values
from f1lake.model.race_fit import SCORING, TARGETS, RaceFit, StageFit, logit_values, race_numbers, slot_numbers
from f1lake.model.race_inputs import INPUTS, LOGIT_INPUTS, SHARED_INPUTS, TREE_INPUTS, race_inputs
from f1lake.model.strength.parameters import PUBLISHED as STRENGTHS

BASELINE, PUBLISHED = "grid_frequency", "combined"
ANSWERS = {"win": "is_winner", "podium": "is_podium", "points": "is_points"}

RECIPE: dict[str, Any] = {
    "scoring": SCORING,
    "published": PUBLISHED,
    "logit_inputs": LOGIT_INPUTS | {"shared": SHARED_INPUTS},
    "tree_inputs": TREE_INPUTS,
    "strengths": {season: asdict(values) for season, values in STRENGTHS.items()},
    "from_season": 1955,
    "min_seasons": 5,
    "half_life_seasons": 30,
    "ridge": 2.0,
    "members": 10,
    "seed": 0,
    "slot_seasons": 20,
    "rounds": 86,
    "trees": {
        "tree_method": "hist", "max_bin": 64, "nthread": 1, "max_depth": 1, "eta": 0.086, "subsample": 0.67,
        "colsample_bytree": 0.24, "min_child_weight": 1, "reg_lambda": 5.8, "base_score": 0,
    },
}  # fmt: skip
RECIPE_ID = hashlib.sha256(json.dumps(RECIPE).encode()).hexdigest()[:8]


def race_fit(history: pl.DataFrame) -> RaceFit | None:
    """Fit the recipe on the races of rows of abt/race_abt with simulations; None with fewer than `min_seasons` seasons.

    Later seasons count more: half as much for every `half_life_seasons` they are older than the last.
    """
    run = history.filter(pl.col("is_winner").is_not_null(), pl.col("season") >= RECIPE["from_season"])
    seasons = run["season"].unique().sort()
    if len(seasons) < RECIPE["min_seasons"]:
        return None
    seen = race_inputs(run)
    return RaceFit(
        recipe=RECIPE_ID,
        published=PUBLISHED,
        fitted_from=seasons[0],
        fitted_through=seasons[-1],
        inputs=INPUTS,
        stages={stage: _stage_fit(seen.filter(pl.col("stage") == stage)) for stage in STAGES},
    )


def fingerprint(history: pl.DataFrame) -> str:
    """Names a fit before it is made: by the recipe, and the values that it is fitted on."""
    answers = list(ANSWERS.values())
    rows = history.filter(pl.col("is_winner").is_not_null()).select(*KEY, *INPUTS, *answers).sort(KEY)
    return hashlib.sha256(RECIPE_ID.encode() + rows.write_csv().encode()).hexdigest()[:16]


def _stage_fit(seen: pl.DataFrame) -> StageFit:
    races, season = race_numbers(seen), seen["season"].to_numpy()
    seasons, n = np.unique(season, return_inverse=True)
    weight = 0.5 ** ((seasons[-1] - season) / RECIPE["half_life_seasons"])
    chance = np.random.default_rng(RECIPE["seed"])
    count = len(seasons)
    drawn = chance.multinomial(count, np.full(count, 1 / count), size=RECIPE["members"])[:, n]
    centre, scale, coefficients = {}, {}, {}
    for target in TARGETS:
        x = logit_values(seen, target)
        centre[target], scale[target] = x.mean(axis=0).tolist(), (x.std(axis=0) + 1e-9).tolist()
        x = (x - centre[target]) / scale[target]
        answer = seen[ANSWERS[target]].fill_null(value=False).to_numpy().astype(float)
        if target == "win":
            fits = [conditional_logit(x, answer, races, weight * times) for times in (1.0, *drawn)]
        else:
            fits = [logistic(np.column_stack([np.ones(len(x)), x]), answer, weight)]
        coefficients[target] = [fit.tolist() for fit in fits]
    x = (logit_values(seen, "win") - np.array(centre["win"])) / np.array(scale["win"])
    won = seen["is_winner"].to_numpy().astype(float)
    margin = x @ np.array(coefficients["win"][0])
    params = RECIPE["trees"] | {"seed": RECIPE["seed"]}
    matrix = in_bins(tree_values(seen, TREE_INPUTS), margin, params)
    trees = fitted_trees(matrix, won, races, weight, params, RECIPE["rounds"])
    return StageFit(centre, scale, coefficients, _slots(seen), trees)


def conditional_logit(x: np.ndarray, won: np.ndarray, races: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """One winner a race, by Newton's method with a ridge."""
    starts, ridge = np.flatnonzero(np.diff(races, prepend=-1)), RECIPE["ridge"]
    coefficients = np.zeros(x.shape[1])
    for _ in range(60):
        p = softmax((x @ coefficients)[:, None], races)
        centred = x - np.add.reduceat(p * x, starts)[races]
        slope = centred.T @ (weight * won) - ridge * coefficients
        curvature = (centred * p * weight[:, None]).T @ centred + ridge * np.eye(x.shape[1])
        step = np.linalg.solve(curvature, slope)
        coefficients += step / max(1.0, 2 * np.abs(step).max())
        if np.abs(step).max() < 1e-7:
            break
    return coefficients


def logistic(x: np.ndarray, answer: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """A yes or no for each entrant, by Newton's method with a ridge; the first column is the constant."""
    coefficients = np.zeros(x.shape[1])
    penalty = RECIPE["ridge"] * np.append(0.0, np.ones(x.shape[1] - 1))
    for _ in range(60):
        p = 1 / (1 + np.exp(-(x @ coefficients)))
        slope = x.T @ (weight * (answer - p)) - penalty * coefficients
        curvature = (x * (weight * p * (1 - p))[:, None]).T @ x + np.diag(penalty + 1e-6)
        step = np.linalg.solve(curvature, slope)
        coefficients += step / max(1.0, 2 * np.abs(step).max())
        if np.abs(step).max() < 1e-7:
            break
    return coefficients


def _slots(seen: pl.DataFrame) -> list[float]:
    """How often each slot of the grid won in the last seasons (0: without one), a little towards never."""
    recent = seen.filter(pl.col("season") > pl.col("season").max() - RECIPE["slot_seasons"])
    slots = slot_numbers(recent)
    won = np.bincount(slots, recent["is_winner"].to_numpy(), minlength=27)
    return ((won + 0.05) / (np.bincount(slots, minlength=27) + 1.0)).tolist()
