"""XGBoost over the entrants of a decision: a softmax, that goes on from what is known of each already.

Of a title a decision is a day of a season, of a race the race; exactly one entrant becomes what is asked for.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

if TYPE_CHECKING:
    import xgboost

LEAST_CURVATURE = 1e-4


def softmax(strengths: np.ndarray, decisions: np.ndarray) -> np.ndarray:
    """Each column's strengths as probabilities that sum to 1 over the rows of a decision."""
    starts = np.flatnonzero(np.diff(decisions, prepend=-1))
    odds = np.exp(strengths - np.maximum.reduceat(strengths, starts)[decisions])
    return odds / np.add.reduceat(odds, starts)[decisions]


def tree_values(rows: pl.DataFrame, inputs: list[str]) -> np.ndarray:
    """The rows as XGBoost reads them: the inputs in their order, nulls as NaN."""
    return rows.select(pl.col(inputs).cast(pl.Float32)).to_numpy()


def in_bins(values: np.ndarray, margin: np.ndarray, params: dict[str, Any]) -> "xgboost.QuantileDMatrix":
    """What trees are fitted on, any number of times: the inputs in `max_bin` bins, and what the trees go on from."""
    import xgboost

    matrix = xgboost.QuantileDMatrix(values, max_bin=params["max_bin"], nthread=params["nthread"])
    matrix.set_base_margin(margin)
    return matrix


def fitted_trees(
    matrix: "xgboost.QuantileDMatrix", happened: np.ndarray, decisions: np.ndarray, weight: np.ndarray,
    params: dict[str, Any], rounds: int,
) -> "xgboost.Booster":
    """Trees: their sum and the margin, as a softmax over the rows of a decision, are the probability of `happened`."""
    import xgboost

    def objective(predicted: np.ndarray, _: xgboost.DMatrix) -> tuple[np.ndarray, np.ndarray]:
        p = softmax(predicted.astype(np.float64)[:, None], decisions)[:, 0]
        return (p - happened) * weight, np.maximum(p * (1 - p), LEAST_CURVATURE) * weight

    return xgboost.train(params, matrix, rounds, obj=objective)


def boosted(trees: "xgboost.Booster", values: np.ndarray, margin: np.ndarray) -> np.ndarray:
    """What the trees make of a margin that they go on from."""
    import xgboost

    if not len(values):
        return margin  # before a season's first race nobody is asked about, and XGBoost warns of it
    matrix = xgboost.DMatrix(values, base_margin=margin, nthread=1)
    return trees.predict(matrix, output_margin=True).astype(np.float64)
