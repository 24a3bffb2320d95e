"""Both championships after any round, and what happened in it: the race, and the sprint if there was one."""

import polars as pl

from f1lake.app import texts
from f1lake.app.address import KINDS, nearest
from f1lake.app.queries import clinching, results, second_source
from f1lake.app.views.visit import View, Visit

RIVALS = 3
"""How many rivals a sentence names, the nearest first; who is further behind is overtaken with them."""


def standings_view(visit: Visit) -> View:
    """The standings after the round of the address (default: the latest held), and its results."""
    tables, address = visit.tables, visit.address
    seasons = results.seasons(tables)
    season, rounds, event = chosen(visit)
    round_ = event["round"]
    kind = address.kind if visit.has(results.ENTRANTS[address.kind][0]) else KINDS[0]
    standings = results.standings(tables, kind, season, round_)
    if standings.is_empty():  # no constructors' championship before 1958
        kind, standings = KINDS[0], results.standings(tables, KINDS[0], season, round_)
    sessions = [
        (session, of_session.to_dicts()) for session in ("Race", "Sprint")
        if (of_session := results.results(tables, season, round_, session)).height
    ]
    html = visit.render(
        "standings.html", season=season, seasons=seasons, rounds=rounds.to_dicts(), event_=event, kind=kind,
        kinds=[name for name, (table, _) in results.ENTRANTS.items() if visit.has(table)],
        standings=standings.to_dicts(), sessions=sessions,
        notes={session: second_source.notes_of(tables, season, round_, session) for session, _ in sessions},
        is_open=(standings["can_win_title"].sum() or 0) > 1,
        needed=what_it_takes(visit) if season == seasons[0] and round_ == rounds["round"][-1] else [],
    )
    title = f"{visit.say('tab_standings')}, {texts.event(visit.language, event['event_name'])} {season}"
    return View(title, html, visit.instead((address.season, season), (address.round, round_)))


def chosen(visit: Visit) -> tuple[int, pl.DataFrame, dict]:
    """The season, its rounds held, and the one of the address (default: the latest)."""
    seasons = results.seasons(visit.tables)
    season = nearest(visit.address.season, seasons, seasons[0])
    rounds = results.rounds(visit.tables, season)
    round_ = nearest(visit.address.round, rounds["round"].to_list(), rounds["round"][-1])
    return season, rounds, rounds.row(by_predicate=pl.col("round") == round_, named=True)


def what_it_takes(visit: Visit) -> list[str]:
    """What must happen at the next event for the drivers' title to be decided there, one sentence a driver."""
    needs = clinching.needed(visit.tables)
    if needs is None:
        return []
    event = texts.event(visit.language, needs["event_name"])
    if not needs["rows"]:
        left = texts.points(visit.language, needs["left_after"])
        return [visit.say("cannot_be_decided", event=event, count=left)]
    return [
        visit.say("can_be_champion", driver=row["name"], event=event, terms=visit.say("and").join(
            visit.say(
                "outscores" if rival["margin"] >= 0 else "is_not_outscored", rival=rival["name"],
                count=texts.points(visit.language, abs(rival["margin"])),
            ) for rival in row["rivals"][:RIVALS]
        )) for row in needs["rows"]
    ]
