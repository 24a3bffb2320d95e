"""Duel: two drivers or two teams over the races that both started, and their whole careers beside each other."""

from collections.abc import Iterable, Mapping

import polars as pl

from f1lake.app.queries import championship, duels
from f1lake.app.queries.names import full_names, team_names
from f1lake.app.views.histories import team_color
from f1lake.app.views.visit import View, Visit

COUNTED = ("race_duels", "qualifying_duels", "grid_duels")
CLASSICS = 8
"""How many of the closest title fights are offered as duels."""


def duel_view(visit: Visit) -> View:
    """The duel of the address; without two that are known, the two ahead in the title race, and a choice."""
    kind = visit.address.kind
    if not visit.has(duels.ENTRANTS[kind][1]):
        return visit.lacking()
    sides = chosen(visit)
    one, other = (side["id"] for side in sides)
    seasons = duels.common_seasons(visit.tables, kind, one, other)
    names = full_names(visit.tables) if kind == "drivers" else team_names(visit.tables)
    html = visit.render(
        "duel.html", kind=kind, sides=sides, seasons=seasons.reverse().to_dicts(), whole=duels.whole(seasons),
        counted=COUNTED, both=duels.BOTH, career=duels.CAREER, names=names,
        colors=[color(visit, kind, id_) for id_ in (one, other)],
        rivals=[id_ for id_ in duels.rivals(visit.tables, kind, one) if id_ != other], classics=_classics(visit),
    )
    wanted = zip((visit.address.who, visit.address.against), (one, other), strict=True)
    instead = visit.instead(*((who, there if who == there else names[there]) for who, there in wanted))
    return View(f"{sides[0]['name']} × {sides[1]['name']}", html, instead)


def chosen(visit: Visit) -> tuple[dict, dict]:
    """Both careers: the address's, else who is ahead in the title race, else who raced most against the first."""
    kind, tables = visit.address.kind, visit.tables
    key, table = duels.ENTRANTS[kind]
    ahead = championship.latest(visit.snapshot.titles[kind])["id"].to_list() if kind in visit.snapshot.titles else []
    everybody = tables[table].sort("wins", descending=True)[key].to_list()
    named = [id_ for id_ in (visit.address.who, visit.address.against) if id_ and id_ in everybody]
    first = _first(tables, kind, [*named, *ahead, *everybody])
    rivals = duels.rivals(tables, kind, first["id"]) if named else ahead
    return first, _first(tables, kind, [id_ for id_ in [*named, *rivals, *everybody] if id_ != first["id"]])


def _first(tables: Mapping[str, pl.DataFrame], kind: str, ids: Iterable[str]) -> dict:
    return next(career for id_ in ids if (career := duels.career(tables, kind, id_)))


def color(visit: Visit, kind: str, id_: str) -> str:
    """The colour of a side: of a driver, that of the last team."""
    if kind == "constructors":
        return team_color(visit.tables, id_)
    raced = visit.tables["silver/session_results"].filter(pl.col("driver_id") == id_).sort("season", "round")
    return team_color(visit.tables, raced["constructor_id"][-1] if raced.height else None)


def _classics(visit: Visit) -> list[dict]:
    """The pairs of the closest title fights of drivers, each once, closest first: `season`, `one`, `other`."""
    if visit.address.kind != "drivers" or not visit.has("gold/title_fights"):
        return []
    pair = pl.concat_list("champion_id", "runner_up_id").list.sort()
    return (
        visit.tables["gold/title_fights"].filter(pl.col("rounds_left") == 0).sort("margin", "season")
        .unique(pair, keep="first", maintain_order=True).head(CLASSICS)
        .select("season", one="champion_id", other="runner_up_id").to_dicts()
    )
