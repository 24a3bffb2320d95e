"""The measures of a driver's starts: named expressions over rows of silver/session_results.

A measure is either a sum over starts (`SUMS`) or the mean of a value over the starts that have it (`MEANS`); a scope
says which sessions count. `windows.py` decides over which rounds, and computes `seasons`, the only measure that is
neither. To add a measure, add one line.
"""

import polars as pl

POSITION, GRID, POINTS = pl.col("position"), pl.col("grid"), pl.col("points")

SCOPES = {"all": pl.lit(True), "race": pl.col("session") == "Race", "sprint": pl.col("session") == "Sprint"}

HUNDREDTHS = (POINTS * 100).round().cast(pl.Int32)
"""Points as integers: the source rounds to hundredths (25.14), and sums of integers are exact."""


def in_points(hundredths: pl.Expr) -> pl.Expr:
    """Hundredths as points. They are rounded, because polars divides by multiplying with the inexact 0.01."""
    return (hundredths / 100).round(2)



SUMS = {
    "sessions": pl.col("is_start"),
    "finished": pl.col("status_class") == "classified",
    "wins": POSITION == 1,
    "podiums": POSITION <= 3,
    "top5": POSITION <= 5,
    "grid_top5": GRID <= 5,
    "points": HUNDREDTHS,
    "poles": GRID == 1,
    "pole_wins": (GRID == 1) & (POSITION == 1),
    "points_finishes": POINTS > 0,
    "gains": POSITION < GRID,
}
MEANS = {"avg_grid": GRID, "avg_position": POSITION, "avg_gain": GRID - POSITION}

MEANINGS = {
    "seasons": "seasons with a start",
    "sessions": "starts",
    "finished": "starts that were classified",
    "wins": "wins",
    "podiums": "first three places",
    "top5": "first five places",
    "grid_top5": "starts from the first five places of the grid",
    "points": "points as the source counts them, to the hundredth",
    "poles": "starts from the first place of the grid",
    "pole_wins": "wins from the first place of the grid",
    "points_finishes": "starts that brought points",
    "gains": "starts that ended ahead of the grid slot",
    "avg_grid": "mean place on the grid, starts without one left out",
    "avg_position": "mean finishing order, retirements included",
    "avg_gain": "mean places gained on the grid slot, starts without one left out",
}


def made_from(measure: str, scope: str) -> list[str]:
    """The columns of silver/session_results that a measure in a scope needs."""
    if measure == "seasons":
        return ["season", "is_start"]
    expressions = [(SUMS | MEANS)[measure], SCOPES[scope]]
    return sorted({"is_start", *(name for expression in expressions for name in expression.meta.root_names())})


def addends() -> dict[str, pl.Expr]:
    """What is summed over starts: `wins_sprint`, and for a mean `avg_grid_race_sum` and `…_count`.

    Each is an Int32 per start: 0 out of scope, and where the measure does not apply.
    """
    return {
        f"{name}_{scope}{part}": pl.when(in_scope).then(value.cast(pl.Int32)).otherwise(0).fill_null(0)
        for scope, in_scope in SCOPES.items()
        for name, part, value in [
            *((name, "", value) for name, value in SUMS.items()),
            *((name, "_sum", value) for name, value in MEANS.items()),
            *((name, "_count", value.is_not_null()) for name, value in MEANS.items()),
        ]
    }
