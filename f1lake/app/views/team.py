"""A team since 1950: its seasons, drivers, car and odds; or the list of all to choose from."""

import polars as pl

from f1lake.app.queries import careers, championship, second_source
from f1lake.app.queries.names import TEAM_NAME, full_names, team_names
from f1lake.app.views.histories import odds_chart, places_chart, strengths_chart, team_color
from f1lake.app.views.visit import View, Visit


def team_view(visit: Visit) -> View:
    """The constructor of the address; without one, or with one that nobody knows, all of them."""
    if not visit.has("gold/constructor_career"):
        return visit.lacking()
    career = _known(visit).filter(pl.col("constructor_id") == (visit.address.who or ""))
    return _everybody(visit) if career.is_empty() else _one(visit, career.row(0, named=True))


def _one(visit: Visit, career: dict) -> View:
    tables, who, name = visit.tables, career["constructor_id"], career["name"]
    seasons = careers.team_seasons(tables, who)
    color = team_color(tables, who)
    titles = visit.snapshot.titles.get("constructors", pl.DataFrame())
    odds = titles.filter(pl.col("id") == who) if titles.height else titles
    is_running = odds.height and odds["season"].max() == titles["season"].max()
    line_up = careers.line_up(tables, who)
    has_duels = visit.has("gold/teammate_duels") and line_up.height
    wholes = [careers.lineage(tables, lineage_id) for lineage_id in career["lineage_ids"]]
    html = visit.render(
        "team.html", career=career, color=color, seasons=seasons.reverse().to_dicts(),
        line_up=line_up.to_dicts(), wholes=[whole for whole in wholes if whole["names"] > 1],
        names=full_names(tables), teams=team_names(tables),
        duels=careers.team_duels(tables, who, line_up["season"][0]).to_dicts() if has_duels else [],
        places=places_chart(visit, name, seasons, color),
        odds=odds_chart(visit, name, odds, color) if odds.height else None,
        strengths=_strengths(visit, career, color), family=_family(visit, career),
        makers=second_source.makers(tables, seasons),
        now=championship.latest(odds).to_dicts() if is_running else [],
    )
    return View(name, html)


def _strengths(visit: Visit, career: dict, color: str):
    """The car's strength in the years that it raced under this name."""
    if not visit.has("odds/strengths"):
        return None
    lineage = career["lineage_ids"][-1]
    named = visit.tables["silver/constructors"].filter(
        pl.col("constructor_id") == career["constructor_id"], pl.col("lineage_id") == lineage
    )["season"].to_list()
    own = careers.strengths(visit.tables, "car", lineage).filter(pl.col("season").is_in(named))
    return strengths_chart(visit, career["name"], careers.race_days(visit.tables), {visit.say("the_car"): (own, color)})


def _family(visit: Visit, career: dict) -> list[dict]:
    """The other names under which this team raced, in order."""
    return (
        visit.tables["silver/constructors"]
        .filter(pl.col("lineage_id").is_in(career["lineage_ids"]), pl.col("constructor_id") != career["constructor_id"])
        .group_by("constructor_id").agg(
            name=TEAM_NAME.last(), first=pl.col("season").min(), last=pl.col("season").max()
        )
        .sort("first", "last", "name").rename({"constructor_id": "id"}).to_dicts()
    )


def _everybody(visit: Visit) -> View:
    known = _known(visit)
    season = known["last_season"].max()
    teams = visit.tables["silver/constructors"].filter(pl.col("season") == season).with_columns(TEAM_NAME).sort("name")
    champions = known.filter(pl.col("titles") > 0).sort("titles", "wins", descending=True)
    html = visit.render(
        "people.html", tab="team", season=season,
        current=teams.select("name", "color", id="constructor_id", team="name", code="name").to_dicts(),
        champions=champions.select("name", "titles", "title_seasons", "wins", id="constructor_id").to_dicts(),
    )
    instead = visit.instead((visit.address.who, visit.say("everybody_now", season=season)))
    return View(visit.say("tab_team"), html, instead)


def _known(visit: Visit) -> pl.DataFrame:
    return visit.tables["gold/constructor_career"].with_columns(TEAM_NAME)
