"""Boosted softmax over the entrants of one decision, starting from a prior margin.

XGBoost is imported only to fit trees and to evaluate them, because its import takes longer than computing the odds of a
race.
"""

from typing import Any

import numpy as np
import polars as pl

from f1lake.model.learn.logit import softmax

LEAST_CURVATURE = 1e-4
TREES: dict[str, Any] = {
    "tree_method": "hist", "max_bin": 32, "nthread": 1, "max_depth": 1, "eta": 0.2, "subsample": 0.5,
    "colsample_bytree": 0.5, "min_child_weight": 10, "reg_lambda": 5, "base_score": 0, "seed": 0,
}  # fmt: skip
ROUNDS = 40


def tree_values(rows: pl.DataFrame, inputs: list[str]) -> np.ndarray:
    """The rows for XGBoost: the inputs in their order, nulls as NaN."""
    return rows.select(pl.col(inputs).cast(pl.Float32)).to_numpy()


def fitted_trees(
    values: np.ndarray, margin: np.ndarray, happened: np.ndarray, decisions: np.ndarray, weight: np.ndarray
) -> bytes:
    """Fit trees, as XGBoost stores them. The probability of `happened` is the softmax of their sum plus the margin,
    over the rows of a decision.
    """
    import xgboost

    matrix = xgboost.QuantileDMatrix(values, max_bin=TREES["max_bin"], nthread=1)
    matrix.set_base_margin(margin)

    def objective(predicted: np.ndarray, _: Any) -> tuple[np.ndarray, np.ndarray]:
        p = softmax(predicted.astype(np.float64), decisions)
        return (p - happened) * weight, np.maximum(p * (1 - p), LEAST_CURVATURE) * weight

    return bytes(xgboost.train(TREES, matrix, ROUNDS, obj=objective).save_raw("ubj"))


def boosted(trees: bytes, values: np.ndarray, margin: np.ndarray) -> np.ndarray:
    """The margin after adding the trees."""
    import xgboost

    if not len(values):
        return margin  # before a season's first race nobody is asked about, and XGBoost warns of it
    booster = xgboost.Booster({"nthread": 1}, model_file=bytearray(trees))
    matrix = xgboost.DMatrix(values, base_margin=margin, nthread=1)
    return booster.predict(matrix, output_margin=True).astype(np.float64)
