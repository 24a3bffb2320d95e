"""What it takes to be champion at the next event: exact arithmetic with the points and rules of the season."""

import datetime as dt
from collections.abc import Mapping

import polars as pl

from f1lake.app.queries import races
from f1lake.app.queries.names import drivers_named
from f1lake.silver.scoring_rules import MOST_OF_RACE, MOST_OF_SPRINT

Tables = Mapping[str, pl.DataFrame]

NEEDED = ("silver/season_state", "silver/scoring_rules")


def needed(tables: Tables) -> dict | None:
    """Who can be champion at the next event, and by how much each rival must be outscored there.

    `event_name`, `most` (points one driver can take there), `left_after` (what is left after it), and `rows`, the
    leader first: `name`, and `rivals` (`name`, `margin`: champion with more than so many points more than the rival;
    with exactly so many, wins and places decide). Only who could do it is in `rows`. None once the title is decided,
    without a next event, and in seasons that count the best results only.
    """
    coming = races.to_come(tables)
    if not set(NEEDED) <= set(tables) or coming.is_empty():
        return None
    event = coming.head(1)
    season, rules = event["season"][0], tables["silver/scoring_rules"]
    state = tables["silver/season_state"].filter(season=season)
    now = state.filter(pl.col("as_of") == pl.col("as_of").max())
    fighting = now.filter("can_win_title").sort("points", descending=True)
    if fighting.height < 2 or rules.filter(season=season)["driver_best_of"].list.len()[0]:
        return None
    most = _most(event, rules, now["as_of"][0])
    left_after = now["points_remaining"][0] - most
    names = drivers_named(tables).select("season", "driver_id", "name").collect()
    named = fighting.join(names, on=["season", "driver_id"], how="left", maintain_order="left")
    points = named.select(pl.coalesce("name", "driver_id"), "points").rows()
    rows = []
    for who, has in points:
        margins = [(rival, left_after - (has - others)) for rival, others in points if rival != who]
        if max(margin for _, margin in margins) <= most:
            rows.append({"name": who, "rivals": [{"name": rival, "margin": margin} for rival, margin in margins]})
    return {"event_name": event["event_name"][0], "most": most, "left_after": left_after, "rows": rows}


def _most(event: pl.DataFrame, rules: pl.DataFrame, day: dt.date) -> float:
    """What one driver can take at an event from the evening of a day on: the sprint too, if it is yet to come."""
    has_sprint = pl.col("is_sprint_weekend") & (pl.col("sprint_date") > day).fill_null(value=True)
    most = MOST_OF_RACE + pl.when(has_sprint).then(MOST_OF_SPRINT).otherwise(0)
    return event.join(rules, on="season").select(most).item()
