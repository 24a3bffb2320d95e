"""Calibration of favourites: slope and expected error, with intervals.

The slope is that of a logistic regression of the outcome on the logit of the favourite's probability (Cox 1958): 1 if
calibrated, below 1 if overconfident. Intervals are of 90 %, from a bootstrap over seasons.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from f1lake.model.judge.metrics import SEED
from f1lake.model.learn.logit import drawn_again, logit
from f1lake.model.season.simulate import INTERVAL

RESAMPLES = 500
BINS = 5


@dataclass(frozen=True)
class Calibration:
    """`slope` and `error` (mean gap between predicted and observed over five bins of equal counts), each with bounds.
    """

    favourites: int
    slope: tuple[float, float, float]
    error: tuple[float, float, float]


def calibration_of(favourites: pl.DataFrame) -> Calibration:
    """`rows` have one row per decision: `season`, the favourite's `probability`, and whether it `happened`."""
    p = favourites["probability"].clip(1e-6, 1 - 1e-6).to_numpy()
    y = favourites["happened"].cast(pl.Float64).to_numpy()
    seasons, of_season = np.unique(favourites["season"].to_numpy(), return_inverse=True)
    drawn = drawn_again(len(seasons), RESAMPLES, SEED)[:, of_season]
    slopes = [slope(p, y, weight) for weight in drawn]
    errors = [expected_error(p, y, weight) for weight in drawn]
    ones = np.ones(len(p))
    return Calibration(
        len(p), _with_bounds(slope(p, y, ones), slopes), _with_bounds(expected_error(p, y, ones), errors)
    )


def _with_bounds(value: float, resampled: list[float]) -> tuple[float, float, float]:
    low, high = np.quantile(resampled, INTERVAL)
    return value, float(low), float(high)


def favourites_of(rows: pl.DataFrame, decision: list[str], probability: str, happened: str) -> pl.DataFrame:
    """The favourite of every undecided decision; among equals the first."""
    return (
        rows.filter(pl.col(probability).max().over(decision) < 1)
        .sort(*decision, probability, descending=[False] * len(decision) + [True])
        .unique(decision, keep="first", maintain_order=True)
        .select("season", probability=probability, happened=happened)
    )


def slope(p: np.ndarray, y: np.ndarray, weight: np.ndarray) -> float:
    """The coefficient of the logit of `p`, started at the diagonal of perfect calibration, with a slight ridge."""
    x = np.column_stack([np.ones(len(p)), np.log(p / (1 - p))])
    return float(logit(x, y, weight.astype(float), np.full(2, 1e-6), towards=np.array([0.0, 1.0]))[1])


def expected_error(p: np.ndarray, y: np.ndarray, weight: np.ndarray) -> float:
    """The mean gap between predicted and observed frequency, over bins of equally many favourites."""
    bins = np.array_split(np.argsort(p, kind="stable"), BINS)
    kept = [b for b in bins if weight[b].sum() > 0]
    gaps = [abs(np.average(p[b], weights=weight[b]) - np.average(y[b], weights=weight[b])) for b in kept]
    return float(np.average(gaps, weights=[weight[b].sum() for b in kept]))
