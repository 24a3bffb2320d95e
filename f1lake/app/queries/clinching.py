"""What it takes to be champion at the next event: exact arithmetic with the points and rules of the season."""

import datetime as dt
from collections.abc import Mapping

import polars as pl

from f1lake.app.queries import races
from f1lake.app.queries.names import drivers_named

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
    event = coming.row(0, named=True)
    rules = tables["silver/scoring_rules"].filter(season=event["season"]).row(0, named=True)
    state = tables["silver/season_state"].filter(season=event["season"])
    now = state.filter(pl.col("as_of") == pl.col("as_of").max())
    fighting = now.filter("can_win_title").sort("points", descending=True)
    if fighting.height < 2 or rules["driver_best_of"]:
        return None
    most = _most(event, rules, now["as_of"][0])
    left_after = now["points_remaining"][0] - most
    named = drivers_named(tables).filter(season=event["season"]).select("driver_id", "name").collect()
    name = dict(named.iter_rows())
    points = [(name.get(who, who), has) for who, has in fighting.select("driver_id", "points").iter_rows()]
    rows = []
    for who, has in points:
        margins = [(rival, left_after - (has - others)) for rival, others in points if rival != who]
        if max(margin for _, margin in margins) <= most:
            rows.append({"name": who, "rivals": [{"name": rival, "margin": margin} for rival, margin in margins]})
    return {"event_name": event["event_name"], "most": most, "left_after": left_after, "rows": rows}


def _most(event: dict, rules: dict, day: dt.date) -> float:
    """What one driver can take at an event from the evening of a day on: the sprint too, if it is yet to come."""
    twice = 2 if event["round"] in rules["double_points_rounds"] else 1
    race = twice * rules["race_points"][0] + rules["fastest_lap_points"]
    has_sprint = event["is_sprint_weekend"] and (event["sprint_date"] is None or event["sprint_date"] > day)
    return race + (rules["sprint_points"][0] if has_sprint and len(rules["sprint_points"]) else 0)
