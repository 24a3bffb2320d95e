"""Sums over the last so many rounds, for any day and driver, without going through the rows again.

Starts stand in the order of driver and day, with running totals beside them. A window is then a
stretch of that order, and its sum the difference of two totals: the one at the day in question
less the one at the last day before the window. What is summed is `measures.py`'s business.
"""

from collections.abc import Callable

import polars as pl

from f1lake.silver.measures import MEANS, SCOPES, SUMS, addends, in_points

WINDOWS = {"life": None, "last_10": 10, "last_20": 20, "last_40": 40}
"""Championship rounds held, whether or not the driver entered; a sprint day counts its round."""


def session_days(sessions: pl.DataFrame) -> pl.DataFrame:
    """Every day of a race or sprint, one row each: `season`, `as_of`, `day`, and `before_<window>`.

    `day` numbers the days from 0; `before_last_10` is the last day before the ten rounds that
    end with this day's, -1 where there are no rounds before them.
    """
    days = (
        sessions.select("season", "round", as_of="session_date").unique().sort("as_of")
        .with_columns(day=pl.int_range(pl.len(), dtype=pl.Int64))
    )
    rounds = days.group_by("season", "round").agg(pl.col("day").max()).sort("day")
    before = {
        f"before_{window}": -1 if length is None else pl.col("day").shift(length, fill_value=-1)
        for window, length in WINDOWS.items()
    }
    return days.join(rounds.select("season", "round", **before), on=["season", "round"]).sort("day")


def window_sums(starts: pl.DataFrame, wanted: pl.DataFrame) -> pl.DataFrame:
    """All measures over all windows, one row for each row of `wanted`, in its order.

    `starts` are rows of silver/session_results with `driver` (a number) and `day`; `wanted` has
    `driver`, `day` and `before_<window>`. Counts are 0 and means null without a start.
    """
    ordered, reached = in_order(starts, wanted)
    totals = _running_totals(ordered)
    last = reached("day")
    return totals.select(
        feature
        for window in WINDOWS
        for feature in _measures(window, reached(f"before_{window}"), last)
    )


def window_totals(entries: pl.DataFrame, wanted: pl.DataFrame, names: list[str]) -> pl.DataFrame:
    """The sums of some columns over all windows, `<name>_<window>`, one row for each of `wanted`, in its order.

    `entries` have `driver`, `day` and these columns; nulls count nothing.
    """
    ordered, reached = in_order(entries, wanted)
    totals = ordered.select(pl.col(names).fill_null(0).cum_sum())
    totals = pl.concat([totals.clear(n=1).fill_null(0), totals])
    last = reached("day")
    return totals.select(
        (pl.col(name).gather(last) - pl.col(name).gather(reached(f"before_{window}"))).alias(f"{name}_{window}")
        for window in WINDOWS
        for name in names
    )


def in_order(entries: pl.DataFrame, wanted: pl.DataFrame) -> tuple[pl.DataFrame, Callable[[str], pl.Series]]:
    """Entries in the order of driver and day, and a function that finds places in it.

    `reached("day")` says how many entries stand at or before the day of each row of `wanted` and its
    driver, those of the drivers before included.
    """
    days = 1 + wanted.select(pl.max("day")).item() if wanted.height else 1
    place = pl.col("driver").cast(pl.Int64) * days
    ordered = entries.with_columns(place=place + pl.col("day")).sort("place")

    def reached(day: str) -> pl.Series:
        return ordered["place"].search_sorted(wanted.select(place + pl.col(day)).to_series(), side="right")

    return ordered, reached


def _running_totals(ordered: pl.DataFrame) -> pl.DataFrame:
    """Totals of every addend before the first start and after each, and `seasons` begun by then."""
    begins_season = pl.struct("driver", "season") != pl.struct("driver", "season").shift()
    totals = ordered.select(
        seasons=begins_season.fill_null(True).cast(pl.Int32).cum_sum(),
        **{name: value.cum_sum() for name, value in addends().items()},
    )
    return pl.concat([totals.clear(n=1).fill_null(0), totals])


def _measures(window: str, first: pl.Series, last: pl.Series) -> list[pl.Expr]:
    """The measures of one window, over the starts after the `first`-th up to the `last`-th."""

    def total(name: str) -> pl.Expr:
        return pl.col(name).gather(last) - pl.col(name).gather(first)

    # A season may have begun before the window: count from the window's own first start.
    begun = pl.col("seasons")
    seasons = begun.gather(last) - begun.gather((first + 1).clip(upper_bound=last)) + 1
    none = pl.lit(0, pl.Int32)
    measures = [pl.when(last > first).then(seasons).otherwise(none).alias(f"seasons_all_{window}")]
    for scope in SCOPES:
        measures += [
            (in_points(added) if name == "points" else added).alias(f"{name}_{scope}_{window}")
            for name in SUMS
            for added in [total(f"{name}_{scope}")]
        ]
        measures += [
            pl.when(total(f"{name}_{scope}_count") > 0)
            .then(total(f"{name}_{scope}_sum") / total(f"{name}_{scope}_count"))
            .alias(f"{name}_{scope}_{window}")
            for name in MEANS
        ]
    return measures
