"""The next race, or one before it: who wins, reaches the podium, scores; the weekend and the circuit."""

import polars as pl

from f1lake.abt.race_abt import STAGES
from f1lake.app import texts
from f1lake.app.address import nearest
from f1lake.app.queries import races, second_source
from f1lake.app.queries.layouts import layout_here
from f1lake.app.queries.names import full_names
from f1lake.app.views.visit import View, Visit


def race_view(visit: Visit) -> View:
    """The race of the address (default: the next one), at the stage of the address (default: the latest known)."""
    if not visit.has("odds/race_odds"):
        return visit.lacking()
    tables, address = visit.tables, visit.address
    coming = races.to_come(tables)
    season, round_ = chosen(visit)
    events = races.calendar(tables)
    rounds = races.rounds_with_odds(tables, season)
    event = events.filter(pl.col("season") == season, pl.col("round") == round_).row(0, named=True)
    odds = races.race_odds(tables, season, round_)
    stages, stage = stages_of(visit, odds)
    before = (season, round_)
    named = events.filter(pl.col("season") == season, pl.col("round").is_in(rounds))
    practices, practised = second_source.practices(tables, season, round_)
    html = visit.render(
        "race.html", race=event, season=season, seasons=races.seasons_with_odds(tables), rounds=named.to_dicts(),
        practices=practices, practised=practised,
        is_next=coming.height > 0 and before == coming.select("season", "round").row(0),
        stage=stage, stages=stages,
        rows=odds.filter(pl.col("stage") == stage).to_dicts(), sessions=_sessions(visit, event),
        winners=races.winners_here(tables, event["circuit_id"], before).to_dicts(),
        records={row["driver_id"]: row for row in races.records_here(tables, event["circuit_id"], before).to_dicts()},
        circuit=_circuit(visit, event), layout=layout_here(tables, season, round_), names=full_names(tables),
    )
    wanted, shown = (address.season, address.round), (season, round_ if address.round else None)
    instead = visit.instead((_named(visit, *wanted), _named(visit, *shown))) if address.season else ""
    return View(texts.event(visit.language, event["event_name"]), html, instead)


def _named(visit: Visit, season: int | None, round_: int | None) -> str:
    return str(season) if round_ is None else visit.say("round_of", round=round_, season=season)


def chosen(visit: Visit) -> tuple[int, int]:
    """Season and round: the address's, else the next race, else the latest that has odds."""
    tables, address = visit.tables, visit.address
    seasons = races.seasons_with_odds(tables)
    if address.season is not None:
        season = nearest(address.season, seasons, seasons[0])
        rounds = races.rounds_with_odds(tables, season)
        return season, nearest(address.round, rounds, rounds[-1])
    coming = races.to_come(tables)
    if coming.height:
        season, round_ = coming.select("season", "round").row(0)
        if season in seasons and round_ in races.rounds_with_odds(tables, season):
            return season, round_
    return seasons[0], races.rounds_with_odds(tables, seasons[0])[-1]


def stages_of(visit: Visit, odds: pl.DataFrame) -> tuple[list[str], str]:
    """The stages that a race has odds of, and the one of the address (default: the latest)."""
    known = [stage for stage in STAGES if stage in odds["stage"]]
    return known, visit.address.stage if visit.address.stage in known else known[-1]


def _sessions(visit: Visit, event: dict) -> list[tuple[str, object]]:
    """What starts when, in order; sessions without a known time left out."""
    known = [(visit.say(name), event[name]) for name in races.SESSIONS if event.get(name) is not None]
    return sorted(known, key=lambda session: session[1])


def _circuit(visit: Visit, event: dict) -> dict | None:
    if not visit.has("gold/circuit_records"):
        return None
    facts = visit.tables["gold/circuit_records"].filter(pl.col("circuit_id") == event["circuit_id"])
    return facts.row(0, named=True) if facts.height else None
