"""The features of one driver on one day, worked out the obvious, slow way: rows, loops and sums."""

import datetime as dt
from typing import Any

import polars as pl

LENGTHS = {"life": None, "last_10": 10, "last_20": 20, "last_40": 40}


def features(results: pl.DataFrame, as_of: dt.date, driver: str) -> dict[str, float | None]:
    """Every feature of silver/driver_features by its name."""
    held = results.filter(pl.col("session").is_in(["Race", "Sprint"]), pl.col("session_date") <= as_of)
    rounds = held.select("season", "round").unique().sort("season", "round").rows()
    own = held.filter(pl.col("driver_id") == driver).to_dicts()
    starts = [row for row in own if row["laps"] or row["status_class"] not in ("withdrawn", "failed_to_qualify")]
    found: dict[str, float | None] = {}
    for window, length in LENGTHS.items():
        inside = set(rounds if length is None else rounds[-length:])
        recent = [row for row in starts if (row["season"], row["round"]) in inside]
        found[f"seasons_all_{window}"] = len({row["season"] for row in recent})
        for scope in ("all", "race", "sprint"):
            rows = [row for row in recent if scope == "all" or row["session"].lower() == scope]
            found |= {f"{name}_{scope}_{window}": value for name, value in measures(rows).items()}
    return found


def measures(rows: list[dict[str, Any]]) -> dict[str, float | None]:
    """The measures of some starts."""
    gridded = [row for row in rows if row["grid"] is not None]
    return {
        "sessions": len(rows),
        "finished": sum(row["status_class"] == "classified" for row in rows),
        "wins": sum(row["position"] == 1 for row in rows),
        "podiums": sum(row["position"] in (1, 2, 3) for row in rows),
        "top5": sum(row["position"] in (1, 2, 3, 4, 5) for row in rows),
        "grid_top5": sum(row["grid"] in (1, 2, 3, 4, 5) for row in gridded),
        "points": round(sum(row["points"] for row in rows), 2),
        "avg_grid": mean([row["grid"] for row in gridded]),
        "avg_position": mean([row["position"] for row in rows]),
        "poles": sum(row["grid"] == 1 for row in gridded),
        "pole_wins": sum(row["grid"] == 1 and row["position"] == 1 for row in gridded),
        "points_finishes": sum(row["points"] > 0 for row in rows),
        "gains": sum(row["position"] < row["grid"] for row in gridded),
        "avg_gain": mean([row["grid"] - row["position"] for row in gridded]),
    }


def mean(values: list[int]) -> float | None:
    """The mean, None of nothing."""
    return sum(values) / len(values) if values else None


def remembered(results: pl.DataFrame, as_of: dt.date) -> set[str]:
    """Who has a row on a day: a race or sprint row by then, in that season or the two before."""
    held = results.filter(pl.col("session").is_in(["Race", "Sprint"]), pl.col("session_date") <= as_of)
    season = held.filter(pl.col("session_date") == as_of)["season"].unique().item()
    return set(held.filter(pl.col("season") >= season - 2)["driver_id"])
