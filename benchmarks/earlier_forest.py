"""The random forest that the title odds began with, as a baseline: 172 measures of the driver, nothing of the season.

As it was: scikit-learn's classifier with leaves of at least 50 rows, missing values far out, on the rows of all days
of finished seasons; its probabilities are put to a sum of 1. It is fitted for the backtest only.
"""

import warnings
from typing import Any

import numpy as np
import polars as pl
from f1lake.model.title_inputs import KEY

from f1lake.silver.driver_features import FEATURES

NAME = "earlier_forest"
PARAMS: dict[str, Any] = {"n_estimators": 100, "min_samples_leaf": 50, "random_state": 42, "n_jobs": 1}
MISSING = -10_000


def by_earlier_forest(history: pl.DataFrame, asked: pl.DataFrame) -> pl.DataFrame:
    """`KEY` and `probability` of the rows asked about, fitted on the rows of finished seasons in `history`."""
    from sklearn.ensemble import RandomForestClassifier

    warnings.filterwarnings("ignore", message="`sklearn.utils.parallel.delayed`")  # said of threads, at each fit
    known = history.filter(pl.col("is_champion").is_not_null())
    forest = RandomForestClassifier(**PARAMS).fit(_values(known), known["is_champion"].to_numpy())
    chance = forest.predict_proba(_values(asked))[:, 1]
    of_day = pl.col("chance").sum().over("as_of")
    share = pl.when(of_day > 0).then(pl.col("chance") / of_day).otherwise(1 / pl.len().over("as_of"))
    return asked.select(*KEY, chance=pl.Series(chance)).select(*KEY, probability=share)


def _values(rows: pl.DataFrame) -> np.ndarray:
    return rows.select(pl.col(FEATURES).cast(pl.Float32).fill_null(MISSING)).to_numpy()
