"""The chart of a title race, over a whole season or as far as it was known on a day."""

from collections.abc import Sequence

import polars as pl

from f1lake.app import texts
from f1lake.app.charts.colors import dashes, readable
from f1lake.app.charts.lines import Chart, Line, Step, line_chart, share_axis
from f1lake.app.queries import championship
from f1lake.app.views.visit import Visit


def title_chart(visit: Visit, title: pl.DataFrame, ids: Sequence[str], ahead: int = 0) -> Chart:
    """One season's odds, a line an entrant, a step a race or sprint; `ahead` steps are still to come."""
    field = championship.entrants(title).filter(pl.col("id").is_in(list(ids)))
    days = championship.days(title)
    colors = [readable(color) for color in field["color"]]
    values = title.filter(pl.col("id").is_in(list(ids))).pivot("as_of", index="id", values="probability")
    changes = title.filter(pl.col("id").is_in(list(ids))).pivot("as_of", index="id", values="change")
    order = [str(day) for day in days["as_of"]]
    by_id, change_of = values.rows_by_key("id", named=True), changes.rows_by_key("id", named=True)
    lines = []
    for who, color, dash in zip(field.to_dicts(), colors, dashes(colors), strict=True):
        shares = [by_id[who["id"]][0][day] for day in order]
        moved = [change_of[who["id"]][0][day] for day in order]
        lines.append(Line(
            who["name"], who["code"] or who["name"], color, shares,
            [_told(visit.language, share, change) for share, change in zip(shares, moved, strict=True)], dash,
            last=texts.percent(visit.language, shares[-1]) if shares[-1] is not None else "",
        ))
    won = championship.decided(title)
    names = ", ".join(line.name for line in lines)
    return line_chart(
        visit.say("chart_alt", season=title["season"][0], names=names), [step(visit, day) for day in days.to_dicts()],
        lines, share_axis([share for line in lines for share in line.values]),
        marked=None if won is None else (won, visit.say("decided")), ahead=ahead,
    )


def step(visit: Visit, day: dict) -> Step:
    """A day of a race or sprint, or the one before the season, as a step of a chart."""
    if day["event_name"] is None:
        before = day["round"] is None
        words = visit.say("before_season") if before else texts.date(visit.language, day["as_of"])
        return Step(words, label=visit.say("pre_season"))
    event = texts.event(visit.language, day["event_name"])
    if day["is_sprint"]:
        return Step(visit.say("sprint_of", event=event), visit.say("sprint_won_by", winner=day["winner"]))
    short = texts.short_event(visit.language, day["event_name"])
    return Step(event, visit.say("won_by", winner=day["winner"]), short)


def _told(language: str, share: float | None, change: float | None) -> str:
    if share is None:
        return "–"
    moved = "" if change is None else texts.signed_points(change)
    return texts.percent(language, share) + (f"  {moved}" if moved not in ("", "0") else "")
