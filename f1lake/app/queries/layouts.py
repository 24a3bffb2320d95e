"""What the layout of a circuit has seen on which a race is driven, where that is not all that the circuit has."""

from collections.abc import Mapping

import polars as pl

from f1lake.app.queries.names import full_names

Tables = Mapping[str, pl.DataFrame]

EVENT = ["season", "round"]


def layout_here(tables: Tables, season: int, round_: int) -> dict | None:
    """The layout of a race, and the races on it before that one; None where no table knows it.

    `length_km`, `turns`, `direction` (clockwise, anti_clockwise or figure_8; None: not known), `is_new` (no race
    before), and, where the circuit has had others: `races`, `first_season`, `most_wins` with `most_wins_by` (names),
    `pole_wins`, and the fastest race lap, `lap_ms`, `lap_by` and `lap_season` (None before there were lap times). Else
    `races` is None: the facts of the circuit are those of its only layout.
    """
    if "silver/circuit_layouts" not in tables:
        return None
    layouts = tables["silver/circuit_layouts"]
    mine = layouts.filter(season=season, round=round_)
    if mine.is_empty():
        return None
    row = mine.row(0, named=True)
    direction = (row["direction"] or "").lower() or None
    layout = {"length_km": row["length_km"], "turns": row["turns"], "direction": direction}
    is_before = (pl.col("season") < season) | ((pl.col("season") == season) & (pl.col("round") < round_))
    here = layouts.filter(is_before, circuit_id=row["circuit_id"])
    raced = tables["silver/session_results"].filter(pl.col("session").cast(pl.String) == "Race")
    on_it = raced.join(here.filter(layout_id=row["layout_id"]).select(EVENT), on=EVENT, how="semi")
    others = raced.join(here.filter(pl.col("layout_id") != row["layout_id"]).select(EVENT), on=EVENT, how="semi")
    if others.is_empty():
        return layout | {"is_new": False, "races": None}
    return layout | {"is_new": on_it.is_empty()} | _facts(tables, on_it)


def _facts(tables: Tables, raced: pl.DataFrame) -> dict:
    names, won = full_names(tables), raced.filter(pl.col("position") == 1)
    wins = won.group_by("driver_id").len().filter(pl.col("len") == pl.col("len").max()).sort("driver_id")
    laps = raced.filter(pl.col("fastest_lap_ms").is_not_null()).sort("fastest_lap_ms", *EVENT).head(1)
    lap = laps.row(0, named=True) if laps.height else None
    return {
        "races": raced.select(EVENT).n_unique(), "first_season": raced["season"].min(),
        "most_wins": wins["len"].max(), "most_wins_by": [names.get(id_, id_) for id_ in wins["driver_id"]],
        "pole_wins": won.filter("is_pole").select(EVENT).n_unique(),
        "lap_ms": lap and lap["fastest_lap_ms"], "lap_by": lap and names.get(lap["driver_id"], lap["driver_id"]),
        "lap_season": lap and lap["season"],
    }
