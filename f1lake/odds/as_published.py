"""Which odds are published: the champion's for seasons that it has not seen, the backtest's for earlier ones."""

from collections.abc import Callable
from typing import TypeVar

import polars as pl

from f1lake import clock
from f1lake.model.learn.stored import StoredFit
from f1lake.model.registry import store

Fit = TypeVar("Fit", bound=StoredFit)


def as_published(
    kind: type[Fit], scored: Callable[[Fit], pl.DataFrame], backtest: pl.LazyFrame, columns: list[str]
) -> pl.DataFrame | None:
    """The published learner's `columns`, with `model_version` and `made_at`.

    `scored` returns the odds of the champion's published learner for the seasons after its fit. None if the history is
    too short for a first fit. Raises `NoChampionError` if seasons have a backtest and nothing is registered.
    """
    tested = backtest.collect()
    try:
        version = store.champion(kind.NAME)
    except store.NoChampionError:
        if tested.is_empty():
            return None
        raise
    fit = kind.load(store.fitted_folder(version))
    of_backtest = tested.cast({"learner": pl.String}).filter(
        pl.col("season") <= fit.fitted_through, learner=fit.published
    )
    odds = [
        scored(fit).with_columns(model_version=pl.lit(str(version.number))),
        of_backtest.with_columns(model_version=pl.lit("backtest-") + pl.col("recipe")),
    ]
    return pl.concat(rows.select(*columns, "model_version") for rows in odds).with_columns(
        made_at=pl.lit(clock.now(), pl.Datetime("us", "UTC"))
    )
