"""A driver since 1950: career, form, team mates, strength and odds; or the list of all to choose from."""

import polars as pl

from f1lake.app.queries import careers, championship
from f1lake.app.queries.names import full_names, team_names
from f1lake.app.views.asked import Asked, View
from f1lake.app.views.histories import INK, odds_chart, places_chart, strengths_chart, team_color


def driver_view(asked: Asked) -> View:
    """The driver of the address; without one, or with one that nobody knows, everybody."""
    if not asked.has("gold/driver_career"):
        return asked.lacking()
    career = asked.tables["gold/driver_career"].filter(pl.col("driver_id") == (asked.address.who or ""))
    return _everybody(asked) if career.is_empty() else _one(asked, career.row(0, named=True))


def _one(asked: Asked, career: dict) -> View:
    tables, who, name = asked.tables, career["driver_id"], career["name"]
    seasons = careers.driver_seasons(tables, who)
    form = careers.form(tables, who)
    team_id = form["constructor_id"][0] if form.height else None
    color = team_color(tables, team_id)
    colors = {row["season"]: team_color(tables, row["teams"][-1], row["season"]) for row in seasons.to_dicts()}
    titles = asked.snapshot.titles["drivers"].filter(pl.col("id") == who)
    duels = careers.duels(tables, who) if asked.has("gold/teammate_duels") else pl.DataFrame()
    html = asked.render(
        "driver.html", career=career, color=color, team_id=team_id, teams=team_names(tables), names=full_names(tables),
        seasons=seasons.reverse().to_dicts(), colors=colors, form=form.to_dicts(), duels=duels.to_dicts(),
        places=places_chart(asked, name, seasons, INK), odds=odds_chart(asked, name, titles, INK),
        strengths=_strengths(asked, who, color),
        now=championship.latest(titles).to_dicts() if _is_running(asked, titles) else [],
    )
    return View(name, html)


def _is_running(asked: Asked, titles: pl.DataFrame) -> bool:
    return titles.height > 0 and titles["season"].max() == asked.snapshot.titles["drivers"]["season"].max()


def _strengths(asked: Asked, who: str, color: str):
    if not asked.has("odds/strengths"):
        return None
    tables = asked.tables
    raced = tables["silver/session_results"].lazy().filter(
        pl.col("driver_id") == who, pl.col("session_date").is_not_null()
    ).select("season", "constructor_id", as_of="session_date").unique("as_of").collect()
    own = careers.strengths(tables, "driver", who).filter(pl.col("as_of") <= raced["as_of"].max())
    lineages = tables["silver/constructors"].select("season", "constructor_id", entity_id="lineage_id")
    cars = raced.join(lineages, on=["season", "constructor_id"]).select("as_of", "entity_id")
    driven = tables["odds/strengths"].lazy().filter(pl.col("kind") == "car").join(
        cars.lazy(), on=["as_of", "entity_id"], how="semi"
    ).select("season", "as_of", "mean", "sd").collect()
    lines = {asked.say("the_driver"): (own, color), asked.say("the_car"): (driven, "#7d8590")}
    return strengths_chart(asked, asked.say("the_driver"), careers.race_days(tables), lines)


def _everybody(asked: Asked) -> View:
    """Those who race now, and the champions."""
    known = asked.tables["gold/driver_career"]
    season = known["last_season"].max()
    now = championship.latest(asked.snapshot.titles["drivers"]).select("id", "team", "color", "name", "code")
    champions = known.filter(pl.col("titles") > 0).sort("titles", "wins", descending=True)
    html = asked.render(
        "people.html", tab="driver", season=season, current=now.to_dicts(),
        champions=champions.select("name", "titles", "title_seasons", "wins", id="driver_id").to_dicts(),
    )
    instead = asked.instead((asked.address.who, asked.say("racing_now", season=season)))
    return View(asked.say("tab_driver"), html, instead)
