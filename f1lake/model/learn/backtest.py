"""The backtest of a recipe: every season is predicted by a fit that has seen only the seasons before it."""

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import dataframely as dy
import polars as pl

from f1lake.model.learn.stored import StoredFit

Fit = TypeVar("Fit", bound=StoredFit)


def of_the_fit() -> dict[str, Any]:
    """Contract columns and rules on the fit behind a row of a backtest, including that it never saw the season."""
    return {
        "fitted_from": dy.Int32(description="first season of the fit"),
        "fitted_through": dy.Int32(description="last season of the fit, before the row's own"),
        "recipe": dy.String(description="id of the recipe"),
        "is_out_of_sample": dy.rule()(lambda cls: pl.col("fitted_through") < pl.col("season")),
    }


def backtest(
    contract: type[dy.Schema], seasons: Iterable[int], rows: pl.DataFrame,
    fit: Callable[[pl.DataFrame], Fit | None], odds: Callable[[Fit, pl.DataFrame], pl.DataFrame],
) -> pl.DataFrame:
    """The `odds` of each season's rows by the `fit` on the seasons before, in the shape of a contract.

    One thread per fit, as many at once as there are cores. A season with too short a past for a fit has no rows.
    """
    def of(season: int) -> pl.DataFrame:
        of_season = rows.filter(season=season)
        fitted = fit(rows.filter(pl.col("season") < season)) if of_season.height else None
        if fitted is None:
            return contract.create_empty()
        about = {name: pl.lit(getattr(fitted, name)) for name in ("fitted_from", "fitted_through", "recipe")}
        return contract.cast(odds(fitted, of_season).with_columns(**about))

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return pl.concat([contract.create_empty(), *pool.map(of, seasons)])
