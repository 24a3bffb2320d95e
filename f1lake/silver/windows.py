"""Sums over the last N rounds, for any day and driver, without reading the rows again.

Starts are sorted by driver and day and have running totals. A window is then a contiguous part, and its sum is the
difference of two totals: the one on the day in question minus the one on the last day before the window. The measures
are in `measures.py`.
"""

from collections.abc import Callable

import polars as pl

from f1lake.silver.measures import MEANS, SCOPES, SUMS, addends, in_points

WINDOWS = {"life": None, "last_10": 10, "last_20": 20, "last_40": 40}
"""Championship rounds held, whether or not the driver entered; a sprint day counts for its round."""

Reached = Callable[[pl.DataFrame, str], pl.Series]
BLOCK_ROWS = 131_072
"""Rows are computed in blocks, so that memory does not grow with the history."""


def session_days(sessions: pl.DataFrame) -> pl.DataFrame:
    """Every day of a race or sprint, one row each: `season`, `as_of`, `day`, and `before_<window>`.

    `day` numbers the days from 0. `before_last_10` is the last day before the ten rounds that end with this day's
    round, or -1 if there are no rounds before them.
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

    `starts` are rows of silver/session_results with `driver` (a number) and `day`; `wanted` has `driver`, `day` and
    `before_<window>`. Without a start, counts are 0 and means null.
    """
    ordered, reached = in_order(starts, wanted)
    totals = _running_totals(ordered)
    begun = totals["seasons"]

    def measured(window: str, added: pl.DataFrame, first: pl.Series, last: pl.Series) -> pl.DataFrame:
        # A season may have begun before the window: count from the window's own first start.
        seasons = begun.gather(last) - begun.gather((first + 1).clip(upper_bound=last)) + 1
        return added.with_columns(seasons=seasons).select(_measures(window))

    return _over_windows(totals, reached, wanted, measured)


def window_totals(entries: pl.DataFrame, wanted: pl.DataFrame, names: list[str]) -> pl.DataFrame:
    """The sums of some columns over all windows, `<name>_<window>`, one row for each row of `wanted`, in its order.

    `entries` have `driver`, `day` and these columns; nulls count as 0.
    """
    ordered, reached = in_order(entries, wanted)
    totals = ordered.select(pl.col(names).fill_null(0).cum_sum())
    totals = pl.concat([totals.clear(n=1).fill_null(0), totals], rechunk=True)

    def named(window: str, added: pl.DataFrame, first: pl.Series, last: pl.Series) -> pl.DataFrame:
        return added.rename(lambda name: f"{name}_{window}")

    return _over_windows(totals, reached, wanted, named)


def _over_windows(
    totals: pl.DataFrame, reached: Reached, wanted: pl.DataFrame,
    finished: Callable[[str, pl.DataFrame, pl.Series, pl.Series], pl.DataFrame],
) -> pl.DataFrame:
    """Applies `finished` to the sums of each window: the totals at its last entry minus those before its first."""
    blocks = []
    for rows in wanted.iter_slices(BLOCK_ROWS) if wanted.height else [wanted]:
        last = reached(rows, "day")
        at_last = totals[last]
        firsts = {window: reached(rows, f"before_{window}") for window in WINDOWS}
        parts = [finished(window, at_last - totals[first], first, last) for window, first in firsts.items()]
        blocks.append(pl.concat(parts, how="horizontal"))
    return pl.concat(blocks)


def in_order(entries: pl.DataFrame, wanted: pl.DataFrame) -> tuple[pl.DataFrame, Reached]:
    """Entries sorted by driver and day, and a function that finds positions in them.

    `reached(rows, "day")` returns, for each of these rows of `wanted`, the number of entries up to and including that
    day of its driver; entries of earlier drivers are counted too.
    """
    days = 1 + wanted.select(pl.max("day")).item() if wanted.height else 1
    place = pl.col("driver").cast(pl.Int64) * days
    ordered = entries.with_columns(place=place + pl.col("day")).sort("place")

    def reached(rows: pl.DataFrame, day: str) -> pl.Series:
        return ordered["place"].search_sorted(rows.select(place + pl.col(day)).to_series(), side="right")

    return ordered, reached


def _running_totals(ordered: pl.DataFrame) -> pl.DataFrame:
    """Totals of every addend before the first start and after each, and `seasons` begun so far."""
    begins_season = pl.struct("driver", "season") != pl.struct("driver", "season").shift()
    totals = ordered.select(
        seasons=begins_season.fill_null(True).cast(pl.Int32).cum_sum(),
        **{name: value.cum_sum() for name, value in addends().items()},
    )
    return pl.concat([totals.clear(n=1).fill_null(0), totals], rechunk=True)


def _measures(window: str) -> list[pl.Expr]:
    """The measures of one window, from the sums of its addends."""
    none = pl.lit(0, pl.Int32)
    measures = [pl.when(pl.col("sessions_all") > 0).then("seasons").otherwise(none).alias(f"seasons_all_{window}")]
    for scope in SCOPES:
        measures += [
            (in_points(added) if name == "points" else added).alias(f"{name}_{scope}_{window}")
            for name in SUMS
            for added in [pl.col(f"{name}_{scope}")]
        ]
        measures += [
            pl.when(pl.col(f"{name}_{scope}_count") > 0)
            .then(pl.col(f"{name}_{scope}_sum") / pl.col(f"{name}_{scope}_count"))
            .alias(f"{name}_{scope}_{window}")
            for name in MEANS
        ]
    return measures
