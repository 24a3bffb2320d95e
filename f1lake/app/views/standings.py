"""Both championships after any round, and what happened in it: the race, and the sprint if there was one."""

import polars as pl

from f1lake.app import texts
from f1lake.app.address import KINDS, nearest
from f1lake.app.queries import clinching, results, second_source
from f1lake.app.views.asked import Asked, View

RIVALS = 3
"""How many rivals a sentence names, the nearest first; who is further behind is overtaken with them."""


def standings_view(asked: Asked) -> View:
    """The standings after the round of the address (default: the latest held), and its results."""
    tables, address = asked.tables, asked.address
    seasons = results.seasons(tables)
    season, rounds, event = chosen(asked)
    round_ = event["round"]
    kind = address.kind if asked.has(results.ENTRANTS[address.kind][0]) else KINDS[0]
    standings = results.standings(tables, kind, season, round_)
    if standings.is_empty():  # no constructors' championship before 1958
        kind, standings = KINDS[0], results.standings(tables, KINDS[0], season, round_)
    sessions = [
        (session, found.to_dicts()) for session in ("Race", "Sprint")
        if (found := results.results(tables, season, round_, session)).height
    ]
    html = asked.render(
        "standings.html", season=season, seasons=seasons, rounds=rounds.to_dicts(), event_=event, kind=kind,
        kinds=[name for name, (table, _) in results.ENTRANTS.items() if asked.has(table)],
        standings=standings.to_dicts(), sessions=sessions,
        told={session: second_source.told_of(tables, season, round_, session) for session, _ in sessions},
        is_open=(standings["can_win_title"].sum() or 0) > 1,
        needed=what_it_takes(asked) if season == seasons[0] and round_ == rounds["round"][-1] else [],
    )
    title = f"{asked.say('tab_standings')}, {texts.event(asked.language, event['event_name'])} {season}"
    return View(title, html, asked.instead((address.season, season), (address.round, round_)))


def chosen(asked: Asked) -> tuple[int, pl.DataFrame, dict]:
    """The season, its rounds held, and the one of the address (default: the latest)."""
    seasons = results.seasons(asked.tables)
    season = nearest(asked.address.season, seasons, seasons[0])
    rounds = results.rounds(asked.tables, season)
    round_ = nearest(asked.address.round, rounds["round"].to_list(), rounds["round"][-1])
    return season, rounds, rounds.row(by_predicate=pl.col("round") == round_, named=True)


def what_it_takes(asked: Asked) -> list[str]:
    """What must happen at the next event for the drivers' title to be decided there, one sentence a driver."""
    found = clinching.needed(asked.tables)
    if found is None:
        return []
    event = texts.event(asked.language, found["event_name"])
    if not found["rows"]:
        left = texts.points(asked.language, found["left_after"])
        return [asked.say("cannot_be_decided", event=event, count=left)]
    return [
        asked.say("can_be_champion", driver=row["name"], event=event, terms=asked.say("and").join(
            asked.say(
                "outscores" if rival["margin"] >= 0 else "is_not_outscored", rival=rival["name"],
                count=texts.points(asked.language, abs(rival["margin"])),
            ) for rival in row["rivals"][:RIVALS]
        )) for row in found["rows"]
    ]
