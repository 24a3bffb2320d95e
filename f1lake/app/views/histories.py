"""Charts over many seasons: places in championships, odds, strengths; shared by drivers and teams."""

from collections.abc import Mapping, Sequence

import polars as pl

from f1lake.app import texts
from f1lake.app.charts.colors import NEUTRAL, dashes, readable
from f1lake.app.charts.lines import Axis, Chart, Line, Step, line_chart, place_axis, share_axis
from f1lake.app.views.visit import Visit

INK = "var(--ink)"
"""The colour of a line over a whole career, in which a driver has had several teams."""


def places_chart(visit: Visit, name: str, seasons: pl.DataFrame, color: str) -> Chart | None:
    """The place in the championship, season by season from the first to the last; None without any place."""
    placed = seasons.filter(pl.col("position").is_not_null())
    if placed.height < 2:
        return None
    years = list(range(placed["season"][0], placed["season"][-1] + 1))
    by_year = {row["season"]: row for row in seasons.to_dicts()}
    steps = [Step(str(year), _season_note(visit, by_year.get(year)), f"{year}") for year in years]
    values = [by_year[year]["position"] if year in by_year else None for year in years]
    labels = [texts.ordinal(visit.language, place) if place else "–" for place in values]
    line = Line(name, name, color, values, labels)
    worst = max(place for place in values if place)
    return line_chart(visit.say("places_alt", name=name), steps, [line], place_axis(worst), has_ends=False)


def odds_chart(visit: Visit, name: str, titles: pl.DataFrame, color: str) -> Chart | None:
    """The title odds day by day over all seasons; None where they were never worth a line."""
    if titles.height < 2 or titles["probability"].max() == 0:
        return None
    rows = titles.sort("as_of")
    steps = _steps(visit, rows)
    labels = [texts.percent(visit.language, share) for share in rows["probability"]]
    line = Line(name, name, color, rows["probability"].to_list(), labels, parts=rows["season"].to_list())
    return line_chart(visit.say("odds_alt", name=name), steps, [line], share_axis(line.values), has_ends=False)


def strengths_chart(
    visit: Visit, name: str, days: pl.DataFrame, histories: Mapping[str, tuple[pl.DataFrame, str]]
) -> Chart | None:
    """Strengths with their uncertainty (2 standard deviations in all) over the days that the first has.

    `histories` are rows of `as_of`, `mean`, `sd` with a colour, by what the line is called.
    """
    own = next(iter(histories.values()))[0]
    if own.height < 2:
        return None
    rows = own.select("season", "as_of").join(days.drop("season"), on="as_of", how="left").sort("as_of")
    lines = []
    strokes = dashes([color for _, color in histories.values()])
    for (label, (history, color)), dash in zip(histories.items(), strokes, strict=True):
        at = rows.select("as_of").join(history.drop("season"), on="as_of", how="left", maintain_order="left")
        means = at["mean"].to_list()
        labels = ["–" if mean is None else texts.number(visit.language, mean, 2) for mean in means]
        low, high = ((at["mean"] + sign * at["sd"]).to_list() for sign in (-1, 1))
        lines.append(Line(label, label, color, means, labels, dash, low=low, high=high))
    return line_chart(
        visit.say("strengths_alt", name=name), _steps(visit, rows), lines, _strength_axis(visit, lines), has_ends=False
    )


def team_color(tables: Mapping[str, pl.DataFrame], constructor_id: str | None, season: int | None = None) -> str:
    """The readable colour of a constructor in a season, or in its latest."""
    is_team = pl.col("constructor_id") == constructor_id
    teams = tables["silver/constructors"].filter(is_team if season is None else is_team & (pl.col("season") <= season))
    newest = teams["season"].arg_max()
    return NEUTRAL if newest is None else readable(teams["color"][newest])


def _steps(visit: Visit, rows: pl.DataFrame) -> list[Step]:
    """A step a day, the first of each season named on the axis."""
    firsts = rows.select(pl.col("season") != pl.col("season").shift()).to_series().fill_null(True)
    return [
        Step(_day_name(visit, row), str(row["season"]), str(row["season"]) if is_first else None)
        for row, is_first in zip(rows.to_dicts(), firsts, strict=True)
    ]


def _day_name(visit: Visit, row: dict) -> str:
    return texts.event(visit.language, row["event_name"]) if row["event_name"] else visit.say("before_season")


def _season_note(visit: Visit, row: dict | None) -> str:
    if row is None:
        return visit.say("no_season")
    points = visit.say("points", points=texts.points(visit.language, row["points"] or 0))
    return f"{visit.say('won_here', count=row['wins'])}, {points}"


def _strength_axis(visit: Visit, lines: Sequence[Line]) -> Axis:
    bounds = [value for line in lines for value in (*line.low, *line.high) if value is not None]
    bottom, top = min([*bounds, -0.5]), max([*bounds, 0.5])
    marks = [value / 2 for value in range(-10, 11) if bottom <= value / 2 <= top]
    marks = [value for value in marks if value == int(value)] if len(marks) > 6 else marks
    return Axis(bottom, top, [(value, texts.number(visit.language, value, 1)) for value in marks])
