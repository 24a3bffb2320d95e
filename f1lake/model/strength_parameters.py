"""How the parameters of the strengths were found: by maximum likelihood, on the sessions of seasons up to 2005."""

from dataclasses import astuple, fields

import numpy as np
import polars as pl

from f1lake.model.strengths import FITTED, Filter, Parameters, field_of


def maximum_likelihood(rows: pl.DataFrame, iterations: int = 45) -> Parameters:
    """The parameters that make the scores of `observed` rows likeliest, one session after the other.

    Takes some minutes for the whole history. `FITTED` are those of the seasons up to 2005.
    """
    from scipy.optimize import minimize  # every run would wait for it: Dagster imports the whole folder

    field, names = field_of(rows), [f.name for f in fields(Parameters)]
    is_positive = np.array([not name.endswith(("_mean", "_kept")) for name in names])
    start = np.array(astuple(FITTED))

    def parameters(x: np.ndarray) -> Parameters:
        return Parameters(*np.where(is_positive, np.exp(np.where(is_positive, x, 0)), x).tolist())

    def unlikeliness(x: np.ndarray) -> float:
        return -sum(likelihood for _, _, likelihood in Filter(field, parameters(x)).run()) / len(field.season)

    first = np.where(is_positive, np.log(np.where(is_positive, start, 1)), start)
    found = minimize(unlikeliness, first, method="L-BFGS-B", options={"maxiter": iterations, "eps": 1e-4})
    return parameters(found.x)
