"""Logits by Newton's method, the only fitting method for coefficients here."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from f1lake.model.season.simulate import INTERVAL


def softmax(strengths: np.ndarray, decisions: np.ndarray) -> np.ndarray:
    """Softmax of each column of strengths over the rows of a decision.

    `decisions` numbers the decision of each row, 0, 1, … in order; minus infinity gives probability 0.
    """
    starts = np.flatnonzero(np.diff(decisions, prepend=-1))
    odds = np.exp(strengths - np.maximum.reduceat(strengths, starts)[decisions])
    return odds / np.add.reduceat(odds, starts)[decisions]


def sigmoid(strengths: np.ndarray) -> np.ndarray:
    """Strengths as independent probabilities."""
    return 1 / (1 + np.exp(-strengths))


def logit(
    x: np.ndarray, happened: np.ndarray, weight: np.ndarray, ridge: np.ndarray, decisions: np.ndarray | None = None,
    towards: np.ndarray | None = None,
) -> np.ndarray:
    """The maximum-likelihood coefficients of `x` (rows × inputs).

    With `decisions`, exactly one row of each happens (a conditional logit); otherwise each row is a yes or no of its
    own. `ridge` is half the penalty on the squared distance of each coefficient from `towards` (0).
    """
    goal = np.zeros(x.shape[1]) if towards is None else towards
    coefficients = goal.copy()
    for _ in range(60):
        slope, curvature = terms(x, happened, weight, coefficients, decisions)
        step = np.linalg.solve(curvature + np.diag(ridge), slope - ridge * (coefficients - goal))
        coefficients += step / max(1.0, np.abs(step).max())
        if np.abs(step).max() < 1e-8:
            break
    return coefficients


def terms(
    x: np.ndarray, happened: np.ndarray, weight: np.ndarray, coefficients: np.ndarray, decisions: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray]:
    """Gradient and negative curvature of the log likelihood at the given coefficients."""
    if decisions is None:
        p = sigmoid(x @ coefficients)
        return x.T @ (weight * (happened - p)), (x * (weight * p * (1 - p))[:, None]).T @ x
    p = softmax(x @ coefficients, decisions)
    centred = x - np.add.reduceat(p[:, None] * x, np.flatnonzero(np.diff(decisions, prepend=-1)))[decisions]
    return centred.T @ (weight * happened), (centred * (weight * p)[:, None]).T @ centred


def members_of(
    x: np.ndarray, happened: np.ndarray, weight: np.ndarray, ridge: np.ndarray, decisions: np.ndarray,
    seasons: np.ndarray, members: int, seed: int, towards: np.ndarray | None = None,
) -> np.ndarray:
    """A conditional logit and its coefficients on resampled seasons: (1 + members) × inputs.

    Each member is one Newton step from the fit on all seasons, on seasons drawn with replacement; at the optimum one
    step is enough.
    """
    coefficients = logit(x, happened, weight, ridge, decisions, towards)
    goal = np.zeros(x.shape[1]) if towards is None else towards
    years = np.unique(seasons)
    bounds = np.searchsorted(seasons, np.append(years, years[-1] + 1))
    parts = [
        terms(x[a:b], happened[a:b], weight[a:b], coefficients, decisions[a:b] - decisions[a])
        for a, b in pairwise(bounds)
    ]
    slopes, curvatures = np.array([slope for slope, _ in parts]), np.array([curvature for _, curvature in parts])
    drawn = drawn_again(len(years), members, seed)
    slope = drawn @ slopes - ridge * (coefficients - goal)
    curvature = np.tensordot(drawn, curvatures, axes=1) + np.diag(ridge)
    return np.vstack([coefficients, coefficients + np.linalg.solve(curvature, slope[..., None])[..., 0]])


def drawn_again(seasons: int, times: int, seed: int) -> np.ndarray:
    """How often each season is drawn when as many are drawn with replacement: times × seasons (Efron 1979)."""
    return np.random.default_rng(seed).multinomial(seasons, np.full(seasons, 1 / seasons), size=times)


def bounded(members: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The probabilities of the first member (rows × members), and 90 % bounds from the spread of all members."""
    p = members[:, 0]
    low, high = np.quantile(members, INTERVAL, axis=1)
    return p, np.minimum(low, p), np.maximum(high, p)


def age_weight(seasons: np.ndarray, now: int, half_life: int) -> np.ndarray:
    """Weights of seasons: halved for each half-life that they lie in the past."""
    return 0.5 ** ((now - seasons) / half_life)


@dataclass(frozen=True)
class Scaled:
    """A logit on standardised inputs, as stored: `names` of inputs, their `centre` and `scale`, `coefficients`.

    Coefficients are members × inputs; the first member is the fit on the actual seasons. A constant comes before the
    others.
    """

    names: list[str]
    centre: list[float]
    scale: list[float]
    coefficients: list[list[float]]

    @classmethod
    def fitted(
        cls, x: np.ndarray, names: list[str], happened: np.ndarray, weight: np.ndarray, ridge: float, least_sd: float,
        decisions: np.ndarray | None = None, seasons: np.ndarray | None = None, members: int = 0, seed: int = 0,
    ) -> "Scaled":
        """A conditional logit with its members or, without `decisions`, a logit of each row's yes or no."""
        centre, scale = x.mean(axis=0), np.maximum(x.std(axis=0), least_sd)
        x, ridges = (x - centre) / scale, np.full(x.shape[1], ridge)
        if decisions is None or seasons is None:
            x, ridges = np.column_stack([np.ones(len(x)), x]), np.append(1e-6, ridges)
            coefficients_by_member = logit(x, happened, weight, ridges)[None]
        else:
            coefficients_by_member = members_of(x, happened, weight, ridges, decisions, seasons, members, seed)
        return cls(names, centre.tolist(), scale.tolist(), coefficients_by_member.tolist())

    def strengths(self, x: np.ndarray) -> np.ndarray:
        """The strengths of every row by each member; those of a row do not depend on other rows."""
        x, coefficients = (x - np.array(self.centre)) / np.array(self.scale), np.array(self.coefficients)
        if coefficients.shape[1] > x.shape[1]:
            x = np.column_stack([np.ones(len(x)), x])
        return (x[:, None] * coefficients).sum(axis=-1)
