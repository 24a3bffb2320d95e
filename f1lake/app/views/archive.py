"""Past title fights as if live: what was known on the evening of a race, and nothing later."""

import polars as pl

from f1lake.app.address import nearest
from f1lake.app.queries import championship
from f1lake.app.queries.names import full_names
from f1lake.app.views.title import now
from f1lake.app.views.title_chart import title_chart
from f1lake.app.views.visit import View, Visit

CLOSEST = 8
"""How many of the closest fights are offered."""


def archive_view(visit: Visit) -> View:
    """A season's title fight on a day of it (default: the closest fight, on the evening before its last race)."""
    if not visit.has("gold/title_fights"):
        return visit.lacking()
    fights = past_fights(visit)
    if fights.is_empty():
        return visit.notice("no_past")
    known = fights["season"].to_list()
    title, so_far = chosen(visit, fights)
    season = title["season"][0]
    days = championship.days(title)
    dates = days["as_of"].to_list()
    place = so_far["as_of"].n_unique() - 1
    is_end = place == len(dates) - 1
    html = visit.render(
        "archive.html", season=season, seasons=sorted(known, reverse=True), days=days.to_dicts(), place=place,
        closest=_closest(fights), **now(visit, so_far), kind="drivers",
        chart=title_chart(visit, so_far, championship.contenders(so_far), ahead=len(dates) - 1 - place),
        fight=fights.row(by_predicate=pl.col("season") == season, named=True), is_end=is_end,
        names=full_names(visit.tables), events={row["round"]: row["event_name"] for row in days.to_dicts()},
    )
    day = visit.day(dates[place])
    instead = visit.instead((visit.address.season, season), (visit.day(visit.address.day), day))
    return View(visit.say("archive_title", season=season, date=day), html, instead)


def past_fights(visit: Visit) -> pl.DataFrame:
    """The title fights that are over and have odds."""
    seasons = visit.snapshot.titles["drivers"]["season"].unique().to_list()
    return visit.tables["gold/title_fights"].filter(pl.col("season").is_in(seasons))


def chosen(visit: Visit, fights: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The title race of the season of the address (default: the closest fight), and what of it was known on its day."""
    season = nearest(visit.address.season, fights["season"].to_list(), _closest(fights)[0]["season"])
    title = visit.snapshot.titles["drivers"].filter(pl.col("season") == season)
    dates = championship.days(title)["as_of"].to_list()
    day = nearest(visit.address.day, dates, dates[max(len(dates) - 2, 0)])
    return title, title.filter(pl.col("as_of") <= day)


def _closest(fights: pl.DataFrame) -> list[dict]:
    """The fights that were open to the last race and ended closest, closest first."""
    open_to_the_end = fights.filter(pl.col("rounds_left") == 0)
    return (open_to_the_end if open_to_the_end.height else fights).sort("margin", "season").head(CLOSEST).to_dicts()
