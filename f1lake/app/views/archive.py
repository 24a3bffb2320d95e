"""Past title fights as if live: what was known on the evening of a race, and nothing later."""

import polars as pl

from f1lake.app.queries import championship
from f1lake.app.queries.names import full_names
from f1lake.app.views.asked import Asked, View, nearest
from f1lake.app.views.title import now
from f1lake.app.views.title_chart import title_chart

CLOSEST = 8
"""How many of the closest fights are offered."""


def archive_view(asked: Asked) -> View:
    """A season's title fight on a day of it (default: the closest fight, on the evening before its last race)."""
    titles = asked.snapshot.titles["drivers"]
    fights = _fights(asked, titles)
    if fights.is_empty():
        return asked.notice("no_past")
    known = fights["season"].to_list()
    season = nearest(asked.address.season, known, _closest(fights)[0]["season"])
    title = titles.filter(pl.col("season") == season)
    days = championship.days(title)
    dates = days["as_of"].to_list()
    place = dates.index(nearest(asked.address.day, dates, dates[max(len(dates) - 2, 0)]))
    so_far = title.filter(pl.col("as_of") <= dates[place])
    is_end = place == len(dates) - 1
    html = asked.render(
        "archive.html", season=season, seasons=sorted(known, reverse=True), days=days.to_dicts(), place=place,
        closest=_closest(fights), **now(asked, so_far), kind="drivers",
        chart=title_chart(asked, so_far, championship.contenders(so_far), ahead=len(dates) - 1 - place),
        fight=fights.row(by_predicate=pl.col("season") == season, named=True), is_end=is_end,
        names=full_names(asked.tables), events={row["round"]: row["event_name"] for row in days.to_dicts()},
    )
    day = asked.day(dates[place])
    instead = asked.instead((asked.address.season, season), (asked.day(asked.address.day), day))
    return View(asked.say("archive_title", season=season, date=day), html, instead)


def _fights(asked: Asked, titles: pl.DataFrame) -> pl.DataFrame:
    """The title fights that are over and have odds."""
    if not asked.has("gold/title_fights"):
        return pl.DataFrame()
    return asked.tables["gold/title_fights"].filter(pl.col("season").is_in(titles["season"].unique().to_list()))


def _closest(fights: pl.DataFrame) -> list[dict]:
    """The fights that were open to the last race and ended closest, closest first."""
    open_to_the_end = fights.filter(pl.col("rounds_left") == 0)
    return (open_to_the_end if open_to_the_end.height else fights).sort("margin", "season").head(CLOSEST).to_dicts()
