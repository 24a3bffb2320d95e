"""What if: the visitor chooses results of coming races, and sees what they do to the title."""

import polars as pl

from f1lake.app import scenarios
from f1lake.app.address import FURTHER_PLACES
from f1lake.app.queries import championship, races
from f1lake.app.scenarios import ImpossibleError
from f1lake.app.views.visit import View, Visit
from f1lake.storage.lake import TableMissingError

LISTED = 8
TITLES = {"drivers": "driver", "constructors": "constructor"}


def what_if_view(visit: Visit) -> View:
    """The scenario of the address: choices for each race to come, and the odds with and without them.

    Raises `BusyError` where too many ask at once.
    """
    titles = visit.snapshot.titles["drivers"]
    latest = championship.latest(titles)
    season, as_of = latest["season"][0], latest["as_of"][0]
    coming = races.to_come(visit.tables)
    if coming.is_empty() or coming["season"][0] != season:
        return visit.notice("season_over")
    rounds, drivers = coming["round"].to_list(), latest["id"].to_list()
    out = tuple(result for result in visit.address.out if result[0] in rounds and result[1] in drivers)
    taken = tuple(place for place in visit.address.taken if place[0] in rounds and place[2] in drivers)
    kind = visit.address.kind if visit.address.kind in visit.snapshot.titles else "drivers"
    try:
        odds, problem = scenarios.odds(visit.snapshot, season, as_of, taken, out), None
    except TableMissingError:
        return visit.lacking()
    except ImpossibleError:
        odds, problem = scenarios.odds(visit.snapshot, season, as_of, (), ()), "impossible"
    html = visit.render(
        "what-if.html", season=season, races=coming.to_dicts(), drivers=latest.to_dicts(), out=dict(out),
        taken={(round_, place): who for round_, place, who in taken}, places=FURTHER_PLACES,
        names=dict(latest.select("id", "name").rows()),
        kind=kind, kinds=list(visit.snapshot.titles), problem=problem, has_choices=bool(taken or out),
        rows=_rows(odds, championship.latest(visit.snapshot.titles[kind]), TITLES[kind]),
    )
    return View(visit.say("what_if_title", season=season), html)


def _rows(odds: pl.DataFrame, entrants: pl.DataFrame, title: str) -> list[dict]:
    named = entrants.select("id", "name", "code", "team", "color")
    return (
        odds.filter(pl.col("title") == title)
        .rename({"entrant_id": "id"})
        .join(named, on="id", how="left", maintain_order="left")
        .with_columns(pl.col("name").fill_null(pl.col("id")))
        .head(LISTED).to_dicts()
    )
