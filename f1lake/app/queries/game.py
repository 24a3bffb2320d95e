"""Predictions of friends and of the model, race by race."""

from collections.abc import Mapping

import polars as pl

from f1lake.abt.race_abt import BEFORE_QUALIFYING
from f1lake.app.queries.names import drivers_named
from f1lake.odds.game_scores import ALIKE, MODEL_NAME

Tables = Mapping[str, pl.DataFrame]


def by_race(tables: Tables) -> list[dict]:
    """One row a race, the newest first: `season`, `round`, `event_name`, `winner` (None while it is to come).

    `said` by player: `chance` given to the winner, `favourite` and `favourite_chance`; the model as before qualifying.
    """
    scores = tables["odds/game_scores"].with_columns(pl.col("side").cast(pl.String))
    early = (pl.col("player") != MODEL_NAME) | (pl.col("stage") == BEFORE_QUALIFYING)
    names = drivers_named(tables).select("season", "driver_id", "name").collect()
    rows = scores.filter(pl.col("side") != ALIKE, early)
    for column, name in (("winner_id", "winner"), ("favourite_id", "favourite")):
        named = names.rename({"driver_id": column, "name": name})
        rows = rows.join(named, on=["season", column], how="left").with_columns(pl.col(name).fill_null(pl.col(column)))
    return [
        {
            "season": season, "round": round_, "event_name": group["event_name"][0], "winner": group["winner"][0],
            "said": {row["player"]: row for row in group.to_dicts()},
        }
        for (season, round_), group in rows.sort("season", "round", descending=True).group_by(
            "season", "round", maintain_order=True
        )
    ]
