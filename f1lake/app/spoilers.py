"""The page as it was before the last weekend, for those who have not seen the race yet."""

import functools
from dataclasses import replace

import polars as pl

from f1lake.app.live import Snapshot

COUNT_EVERYTHING = (
    "gold/driver_career", "gold/constructor_career", "gold/teammate_duels", "gold/circuit_records",
    "gold/season_summary", "gold/title_fights", "odds/published_scores", "odds/game_scores",
)
"""Sums over whole careers and seasons: the last race cannot be taken out of them, so they are not shown."""


@functools.lru_cache(maxsize=1)
def before_the_last_weekend(snapshot: Snapshot) -> Snapshot:
    """The same tables without the newest race weekend that has results, qualifying and sprint included.

    The odds of its race remain, as they were before qualifying.
    """
    if snapshot.problem:
        return snapshot
    results = snapshot.tables["silver/session_results"]
    newest = results.sort("season", "round").select("season", "round").row(-1)
    day = results.filter(_is(newest))["session_date"].min()
    cut = {}
    for name, table in snapshot.tables.items():
        if name in COUNT_EVERYTHING:
            continue
        if name == "odds/race_odds":
            later = (pl.col("season") > newest[0]) | ((pl.col("season") == newest[0]) & (pl.col("round") > newest[1]))
            table = table.filter(~later, ~_is(newest) | (pl.col("stage").cast(pl.String) == "before_qualifying"))
        elif "as_of" in table.columns:
            table = table.filter(pl.col("as_of") < day)
        elif "round" in table.columns and name not in ("silver/events", "silver/circuit_layouts"):
            table = table.filter(~_is(newest))
        elif name == "silver/departures":
            table = table.filter(pl.col("out_from") < day)
        if table.height:
            cut[name] = table
    titles = {kind: rows.filter(pl.col("as_of") < day) for kind, rows in snapshot.titles.items()}
    return replace(snapshot, tables=cut, titles={kind: rows for kind, rows in titles.items() if rows.height})


def _is(event: tuple[int, int]) -> pl.Expr:
    return (pl.col("season") == event[0]) & (pl.col("round") == event[1])
