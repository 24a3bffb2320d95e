"""Estimates the constants of the strengths by maximum likelihood on the sessions of some seasons.

This takes minutes, so nothing does it in passing: `benchmarks/strength_constants.py` prints the values of
`parameters.py`.
"""

from collections.abc import Mapping
from dataclasses import astuple, fields

import numpy as np

from f1lake.model.strength.follow import ONE_THREAD, Field, Filter
from f1lake.model.strength.parameters import Parameters, in_force


@ONE_THREAD
def maximum_likelihood(
    field: Field, constants: Mapping[int, Parameters], first: int, last: int, iterations: int = 25
) -> Parameters:
    """The constants that maximise the likelihood of the sessions of seasons `first` to `last`.

    Earlier sessions are filtered with the known `constants`; the search starts from those of the first season.
    """
    from scipy.optimize import minimize  # every run would wait for it: Dagster imports the whole folder

    begin, end = np.searchsorted(field.season, [first, last + 1]).tolist()
    state = Filter(field, constants).beginning
    for (_, after, _), _session in zip(Filter(field, constants).run(), range(begin), strict=False):
        state = after
    is_positive = np.array([not f.name.endswith(("_mean", "_kept")) for f in fields(Parameters)])

    def parameters(x: np.ndarray) -> Parameters:
        return Parameters(*np.where(is_positive, np.exp(np.where(is_positive, x, 0)), x).tolist())

    def unlikeliness(x: np.ndarray) -> float:
        sessions = zip(Filter(field, {first: parameters(x)}).run(state, begin), range(begin, end), strict=False)
        return -sum(likelihood for (_, _, likelihood), _session in sessions) / (end - begin)

    start = np.array(astuple(in_force(constants, first)))
    start = np.where(is_positive, np.log(np.where(is_positive, start, 1)), start)
    optimum = minimize(unlikeliness, start, method="L-BFGS-B", options={"maxiter": iterations, "eps": 1e-4})
    return parameters(optimum.x)
