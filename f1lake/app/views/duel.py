"""Duel: two drivers or two teams over the races that both started, and their whole careers beside each other."""

import polars as pl

from f1lake.app.queries import championship, duels
from f1lake.app.queries.names import full_names, team_names
from f1lake.app.views.asked import Asked, View
from f1lake.app.views.histories import team_color

COUNTED = ("race_duels", "qualifying_duels", "grid_duels")
CLASSICS = 8
"""How many of the closest title fights are offered as duels."""


def duel_view(asked: Asked) -> View:
    """The duel of the address; without two that are known, the two ahead in the title race, and a choice."""
    kind = asked.address.kind
    if not asked.has(duels.ENTRANTS[kind][1]):
        return asked.lacking()
    one, other = chosen(asked)
    sides = [duels.career(asked.tables, kind, id_) for id_ in (one, other)]
    seasons = duels.common_seasons(asked.tables, kind, one, other)
    whole = seasons.select(pl.exclude("season").sum()).row(0, named=True)
    names = full_names(asked.tables) if kind == "drivers" else team_names(asked.tables)
    html = asked.render(
        "duel.html", kind=kind, sides=sides, seasons=seasons.reverse().to_dicts(), whole=whole, counted=COUNTED,
        both=duels.BOTH, career=duels.CAREER, colors=[color(asked, kind, id_) for id_ in (one, other)], names=names,
        rivals=[id_ for id_ in duels.rivals(asked.tables, kind, one) if id_ != other], classics=_classics(asked),
        span=(seasons["season"].min(), seasons["season"].max()),
    )
    wanted = zip((asked.address.who, asked.address.against), (one, other), strict=True)
    instead = asked.instead(*((who, there if who == there else names[there]) for who, there in wanted))
    return View(f"{sides[0]['name']} × {sides[1]['name']}", html, instead)


def chosen(asked: Asked) -> tuple[str, str]:
    """Who is in the duel: the address's, else who is ahead in the title race, else who raced most against the first."""
    kind, tables = asked.address.kind, asked.tables
    titles = asked.snapshot.titles.get(kind, asked.snapshot.titles["drivers"])
    ahead = championship.latest(titles)["id"].to_list() if kind in asked.snapshot.titles else []
    known = [id_ for id_ in (asked.address.who, asked.address.against) if id_ and duels.career(tables, kind, id_)]
    everybody = tables[duels.ENTRANTS[kind][1]].sort("wins", descending=True)[duels.ENTRANTS[kind][0]].to_list()
    first = next(id_ for id_ in [*known[:1], *ahead, *everybody] if duels.career(tables, kind, id_))
    others = [*known[1:], *(duels.rivals(tables, kind, first) if known else ahead), *everybody]
    return first, next(id_ for id_ in others if id_ != first and duels.career(tables, kind, id_))


def color(asked: Asked, kind: str, id_: str) -> str:
    """The colour of a side: of a driver, that of the last team."""
    if kind == "constructors":
        return team_color(asked.tables, id_)
    raced = asked.tables["silver/session_results"].filter(pl.col("driver_id") == id_).sort("season", "round")
    return team_color(asked.tables, raced["constructor_id"][-1] if raced.height else None)


def _classics(asked: Asked) -> list[dict]:
    """The pairs of the closest title fights of drivers, each once, closest first: `season`, `one`, `other`."""
    if asked.address.kind != "drivers" or not asked.has("gold/title_fights"):
        return []
    pair = pl.concat_list("champion_id", "runner_up_id").list.sort()
    return (
        asked.tables["gold/title_fights"].filter(pl.col("rounds_left") == 0).sort("margin", "season")
        .unique(pair, keep="first", maintain_order=True).head(CLASSICS)
        .select("season", one="champion_id", other="runner_up_id").to_dicts()
    )
