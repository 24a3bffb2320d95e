"""The recipe for the title: which decisions are learned from, and what is fitted on them.

Every number here was chosen on seasons up to 2005; later seasons only measure it. What a fit
does afterwards belongs to `title_fit.py`; which seasons are fitted and which version is published,
to the assets.
"""

import hashlib
import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from f1lake.model.boosting import fitted_trees, in_bins, softmax, tree_values
from f1lake.model.metrics import PARTS, part_of_season
from f1lake.model.strength.parameters import PUBLISHED as STRENGTHS
from f1lake.model.title_fit import ODDS, SCORING, WEIGHTS, TitleFit, decision_numbers
from f1lake.model.title_inputs import GAP_INPUTS, INPUTS, KEY, TREE_INPUTS, title_inputs

if TYPE_CHECKING:
    import xgboost

LAST_SEASON_OF_CHOICE = 2005
BASELINE, PUBLISHED = "points_gap", "combined"

RECIPE: dict[str, Any] = {
    "scoring": SCORING,
    "published": PUBLISHED,
    "gap_inputs": GAP_INPUTS,
    "tree_inputs": TREE_INPUTS,
    "weights": WEIGHTS,
    "strengths": {season: asdict(values) for season, values in STRENGTHS.items()},
    "min_seasons": 10,
    "members": 10,
    "seed": 0,
    "ridge": 1e-3,
    "rounds": 81,
    "trees": {
        "tree_method": "hist", "max_bin": 64, "nthread": 1, "max_depth": 1, "eta": 0.1, "subsample": 0.43,
        "colsample_bytree": 0.67, "min_child_weight": 23, "reg_lambda": 0.65, "base_score": 0,
    },
    "forest": {
        "objective": "reg:squarederror", "tree_method": "hist", "max_bin": 64, "nthread": 1, "max_depth": 10,
        "min_child_weight": 50, "subsample": 0.63, "colsample_bynode": 0.2, "num_parallel_tree": 20, "eta": 1,
        "reg_lambda": 100, "base_score": 0,
    },
}
RECIPE_ID = hashlib.sha256(json.dumps(RECIPE).encode()).hexdigest()[:8]


def title_fit(history: pl.DataFrame) -> TitleFit | None:
    """Fit the recipe on the scored decisions of rows of abt/title_abt; None with fewer than `min_seasons` seasons.

    A decision whose champion is not among the entrants teaches nothing (1952: Ascari missed the
    first race) and is left out.
    """
    rows = title_inputs(history.filter(is_scored()).filter(pl.col("is_champion").any().over("as_of")))
    seasons = rows["season"].unique().sort()
    if (n := len(seasons)) < RECIPE["min_seasons"]:
        return None
    drawn = drawn_seasons(n)
    open_ = rows.filter(~pl.col("is_excluded"))
    return TitleFit(
        recipe=RECIPE_ID,
        published=PUBLISHED,
        fitted_from=seasons[0],
        fitted_through=seasons[-1],
        inputs=INPUTS,
        leader_shares=_leader_shares(rows),
        coefficients=_gap_coefficients(rows, weights_of(rows, drawn)),
        trees=_trees(open_, weights_of(open_, drawn)),
        forests=_forests(open_, weights_of(open_, drawn)),
    )


def title_odds_by(fit: TitleFit, rows: pl.DataFrame) -> pl.DataFrame:
    """What a fit says of rows of abt/title_abt with `SIMULATED`; with `round`, `part`, `is_scored` and `is_champion`.

    Once the season is over it is no longer asked: 1 for the champion, 0 for the others.
    """
    of_row = rows.select(
        *KEY, "round", "is_champion", part=part_of_season(), is_scored=is_scored(),
        is_over=(pl.col("rounds_remaining") == 0) & pl.col("is_champion").is_not_null(),
    )
    settled = pl.when("is_over").then(pl.col("is_champion").cast(pl.Float64))
    return (
        fit.probabilities(rows)
        .join(of_row, on=KEY, validate="m:1")
        .with_columns(settled.otherwise(pl.col(value)).alias(value) for value in ODDS)
        .drop("is_over")
    )


def is_scored() -> pl.Expr:
    """Whether a decision counts: before the season and after each race but the last, once the champion is known.

    Sprint days have odds too, but are neither learned from nor scored.
    """
    after_race = pl.col("is_race_day") & (pl.col("rounds_remaining") > 0)
    return (pl.col("is_before_season") | after_race) & pl.col("is_champion").is_not_null()


def fingerprint(history: pl.DataFrame) -> str:
    """Names a fit before it is made: by the recipe, and the values that it is fitted on."""
    rows = history.filter(is_scored()).select(*KEY, *INPUTS, "is_champion").sort("as_of", "driver_id")
    return hashlib.sha256(RECIPE_ID.encode() + rows.write_csv().encode()).hexdigest()[:16]


def _gap_coefficients(rows: pl.DataFrame, weights: np.ndarray) -> np.ndarray:
    """A conditional logit (one winner a decision) for each member, by Newton's method with a slight ridge."""
    x, won, decisions = rows.select(GAP_INPUTS).to_numpy(), rows["is_champion"].to_numpy(), decision_numbers(rows)
    starts = np.flatnonzero(np.diff(decisions, prepend=-1))
    ridge = RECIPE["ridge"]

    def newton(weight: np.ndarray) -> np.ndarray:
        coefficients = np.zeros(x.shape[1])
        for _ in range(50):
            p = softmax((x @ coefficients)[:, None], decisions)
            centred = x - np.add.reduceat(p * x, starts)[decisions]
            slope = centred.T @ (weight * won) - ridge * coefficients
            curvature = (centred * p * weight[:, None]).T @ centred + ridge * np.eye(x.shape[1])
            step = np.linalg.solve(curvature, slope)
            coefficients += step / max(1.0, np.abs(step).max())
            if np.abs(step).max() < 1e-8:
                break
        return coefficients

    return np.array([newton(weight) for weight in weights])


def _leader_shares(rows: pl.DataFrame) -> dict[str, float]:
    """How often the leader became champion, by part of the season, as if once more and once less."""
    led = rows.with_columns(part=part_of_season()).filter(position_season=1).group_by("part").agg(
        share=(pl.col("is_champion").sum() + 1) / (pl.len() + 2)
    )
    return dict.fromkeys(PARTS, 0.5) | dict(led.iter_rows())


def drawn_seasons(n: int) -> np.ndarray:
    """How often each of n seasons is drawn again for each member: members × seasons."""
    return np.random.default_rng(RECIPE["seed"]).multinomial(n, np.full(n, 1 / n), size=RECIPE["members"])


def weights_of(rows: pl.DataFrame, drawn: np.ndarray) -> np.ndarray:
    """How often each row's season was drawn for each member: members × rows."""
    return drawn[:, rows["season"].rank("dense").to_numpy() - 1].astype(np.float64)


def _trees(rows: pl.DataFrame, weights: np.ndarray) -> "list[xgboost.Booster]":
    """XGBoost for each member, going on from the simulation."""
    won, decisions = rows["is_champion"].to_numpy(), decision_numbers(rows)
    matrix = in_bins(tree_values(rows, TREE_INPUTS), rows["log_simulated"].to_numpy(), RECIPE["trees"])
    return [
        fitted_trees(matrix, won, decisions, weight, _params("trees", member), RECIPE["rounds"])
        for member, weight in enumerate(weights)
    ]


def _forests(rows: pl.DataFrame, weights: np.ndarray) -> "list[xgboost.Booster]":
    """A forest for each member, of what happened less the simulated share: one round of many trees side by side."""
    import xgboost

    matrix = in_bins(tree_values(rows, TREE_INPUTS), rows["simulated"].to_numpy(), RECIPE["forest"])
    matrix.set_label(rows["is_champion"])
    members = []
    for member, weight in enumerate(weights):
        matrix.set_weight(weight)
        members.append(xgboost.train(_params("forest", member), matrix, 1))
    return members


def _params(learner: str, member: int) -> dict[str, Any]:
    return RECIPE[learner] | {"seed": RECIPE["seed"] + member}
