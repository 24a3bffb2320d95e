"""A driver since 1950: career, form, team mates, strength and odds; or the list of all to choose from."""

import polars as pl

from f1lake.app.queries import careers, championship, second_source
from f1lake.app.queries.names import full_names, team_names
from f1lake.app.views.histories import INK, odds_chart, places_chart, strengths_chart, team_color
from f1lake.app.views.visit import View, Visit


def driver_view(visit: Visit) -> View:
    """The driver of the address; without one, or with one that nobody knows, everybody."""
    if not visit.has("gold/driver_career"):
        return visit.lacking()
    career = visit.tables["gold/driver_career"].filter(pl.col("driver_id") == (visit.address.who or ""))
    return _everybody(visit) if career.is_empty() else _one(visit, career.row(0, named=True))


def _one(visit: Visit, career: dict) -> View:
    tables, who, name = visit.tables, career["driver_id"], career["name"]
    seasons = careers.driver_seasons(tables, who)
    form = careers.form(tables, who)
    team_id = form["constructor_id"][0] if form.height else None
    color = team_color(tables, team_id)
    colors = {row["season"]: team_color(tables, row["teams"][-1], row["season"]) for row in seasons.to_dicts()}
    titles = visit.snapshot.titles["drivers"].filter(pl.col("id") == who)
    duels = careers.duels(tables, who) if visit.has("gold/teammate_duels") else pl.DataFrame()
    html = visit.render(
        "driver.html", career=career, color=color, team_id=team_id, teams=team_names(tables), names=full_names(tables),
        seasons=seasons.reverse().to_dicts(), colors=colors, form=form.to_dicts(), duels=duels.to_dicts(),
        places=places_chart(visit, name, seasons, INK), odds=odds_chart(visit, name, titles, INK),
        strengths=_strengths(visit, who, color), makers=second_source.makers(tables, seasons),
        now=championship.latest(titles).to_dicts() if _is_running(visit, titles) else [],
    )
    return View(name, html)


def _is_running(visit: Visit, titles: pl.DataFrame) -> bool:
    return titles.height > 0 and titles["season"].max() == visit.snapshot.titles["drivers"]["season"].max()


def _strengths(visit: Visit, who: str, color: str):
    if not visit.has("odds/strengths"):
        return None
    tables = visit.tables
    raced = tables["silver/session_results"].lazy().filter(
        pl.col("driver_id") == who, pl.col("session_date").is_not_null()
    ).select("season", "constructor_id", as_of="session_date").unique("as_of").collect()
    own = careers.strengths(tables, "driver", who).filter(pl.col("as_of") <= raced["as_of"].max())
    lineages = tables["silver/constructors"].select("season", "constructor_id", entity_id="lineage_id")
    cars = raced.join(lineages, on=["season", "constructor_id"]).select("as_of", "entity_id")
    driven = tables["odds/strengths"].lazy().filter(pl.col("kind") == "car").join(
        cars.lazy(), on=["as_of", "entity_id"], how="semi"
    ).select("season", "as_of", "mean", "sd").collect()
    lines = {visit.say("the_driver"): (own, color), visit.say("the_car"): (driven, "#7d8590")}
    return strengths_chart(visit, visit.say("the_driver"), careers.race_days(tables), lines)


def _everybody(visit: Visit) -> View:
    """Those who race now, and the champions."""
    known = visit.tables["gold/driver_career"]
    season = known["last_season"].max()
    now = championship.latest(visit.snapshot.titles["drivers"]).select("id", "team", "color", "name", "code")
    champions = known.filter(pl.col("titles") > 0).sort("titles", "wins", descending=True)
    html = visit.render(
        "people.html", tab="driver", season=season, current=now.to_dicts(),
        champions=champions.select("name", "titles", "title_seasons", "wins", id="driver_id").to_dicts(),
    )
    instead = visit.instead((visit.address.who, visit.say("everybody_now", season=season)))
    return View(visit.say("tab_driver"), html, instead)
