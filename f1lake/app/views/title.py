"""The title race: the odds now, how they moved over the season, and why."""

import polars as pl

from f1lake.app import texts
from f1lake.app.address import nearest
from f1lake.app.queries import championship
from f1lake.app.views.title_chart import title_chart
from f1lake.app.views.visit import View, Visit

RANKED = 6
"""How many entrants the list of now shows at most; the rest is one line."""

WORTH_A_ROW = 0.005


def title_view(visit: Visit) -> View:
    """The title race of a season (default: the newest), of drivers or constructors."""
    kind, title = chosen(visit)
    seasons, season = championship.seasons(visit.snapshot.titles[kind]), title["season"][0]
    ids = championship.shown(title, visit.address.show)
    html = visit.render(
        "title.html", kind=kind, kinds=list(visit.snapshot.titles), season=season, seasons=seasons,
        **now(visit, title), chart=title_chart(visit, title, ids), field=championship.entrants(title).to_dicts(),
        ids=ids, contenders=championship.contenders(title), rows=table(title), is_current=season == seasons[0],
    )
    return View(visit.say("title_odds", season=season), html, visit.instead((visit.address.season, season)))


def chosen(visit: Visit) -> tuple[str, pl.DataFrame]:
    """The championship of the address, and its season (default: the newest)."""
    kind = visit.address.kind if visit.address.kind in visit.snapshot.titles else "drivers"
    titles = visit.snapshot.titles[kind]
    seasons = championship.seasons(titles)
    return kind, titles.filter(pl.col("season") == nearest(visit.address.season, seasons, seasons[0]))


def now(visit: Visit, title: pl.DataFrame) -> dict:
    """What the templates of the odds on the latest day need: the ranking, who moved most, why the leader leads."""
    latest = championship.latest(title)
    ranked = latest.head(RANKED).filter((pl.col("probability") >= WORTH_A_ROW) | (pl.int_range(pl.len()) < 2))
    still_races = pl.col("change").is_not_null() & ~pl.col("is_out").fill_null(value=False)
    moved = latest.filter(still_races).sort(pl.col("change").abs(), descending=True).head(1)
    rest = latest.slice(ranked.height)
    leader = ranked.row(0, named=True)
    return {
        "ranked": ranked.to_dicts(), "leader": leader, "moved": next(iter(moved.to_dicts()), None),
        "others": rest.height, "others_share": rest["probability"].sum(), "why": why(visit, leader),
        "is_decided": leader["probability"] == 1, "departed": departed(visit, title),
    }


def departed(visit: Visit, title: pl.DataFrame) -> list[str]:
    """Who has raced for the last time since the day before, one sentence each."""
    if not visit.has("silver/departures"):
        return []
    days = title["as_of"].unique().sort().tail(2).to_list()
    rows = championship.departed(visit.tables, days[0] if len(days) > 1 else None, days[-1])
    return [
        visit.say("departed_" + reason, driver=name, date=texts.date(visit.language, day))
        for name, reason, day in rows.join(title, on="id", how="semi").select("full_name", "reason", "out_from").rows()
    ]


def why(visit: Visit, row: dict) -> str:
    """Why an entrant has these odds, in one sentence; empty where the odds do not say."""
    if row["is_out"] and row["probability"] < 1:
        return visit.say("why_out", count=row["rounds_remaining"]) + "."
    gap, left = row["points_gap"], row["rounds_remaining"]
    if gap is None or left is None or row["probability"] == 1:
        return ""
    points = texts.points(visit.language, abs(gap))
    if row["round"] is None:
        standing = visit.say("why_before", count=left)
    else:
        standing = visit.say(
            "why_level" if gap == 0 else "why_leads" if row["position"] == 1 else "why_behind", count=points
        ) + " " + visit.say("why_left", count=left)
    since = row["strongest_car_since"]
    if since is None:
        return standing + "."
    return standing + "; " + (visit.say("why_car", round=since) if since else visit.say("why_car_always")) + "."


def table(title: pl.DataFrame) -> list[dict]:
    """The chart's values: a row a race or sprint, newest first, a column an entrant."""
    day = ["as_of", "round", "event_name", "is_sprint", "winner"]
    return title.pivot("id", index=day, values="probability").sort("as_of", descending=True).to_dicts()
