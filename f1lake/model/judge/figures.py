"""Figures of a backtest, logged with the model. The app shows none of them."""

from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BINS = 10


def calibration(backtest: pl.DataFrame) -> "Figure":
    """How often entrants with a given probability became champion, in tenths, for each learner.

    One row per entrant, scored decisions only: `learner`, `probability`, `is_champion`.
    """
    tenth = (pl.col("probability") * BINS).floor().clip(0, BINS - 1)
    binned = (
        backtest.group_by("learner", tenth=tenth)
        .agg(pl.col("probability").mean(), happened=pl.col("is_champion").mean())
        .sort("learner", "tenth")
    )
    figure, axes = _figure("probability given", "share that became champion")
    axes.plot([0, 1], [0, 1], color="0.7", linestyle="--")
    for (learner,), points in binned.group_by("learner", maintain_order=True):
        axes.plot(points["probability"], points["happened"], marker="o", label=learner)
    axes.legend()
    return figure


def log_loss_by_season(decisions: pl.DataFrame) -> "Figure":
    """The mean log loss of each season for each learner, from `metrics.by_decision`."""
    figure, axes = _figure("season", "log loss")
    seasons = decisions.group_by("learner", "season").agg(pl.col("log_loss").mean()).sort("learner", "season")
    for (learner,), points in seasons.group_by("learner", maintain_order=True):
        axes.plot(points["season"], points["log_loss"], label=learner)
    axes.legend()
    return figure


def _figure(x: str, y: str) -> "tuple[Figure, Axes]":
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 5), layout="constrained")
    axes = figure.subplots()
    axes.set(xlabel=x, ylabel=y)
    return figure, axes
