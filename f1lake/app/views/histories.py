"""Charts over many seasons: places in championships, odds, strengths; shared by drivers and teams."""

from collections.abc import Mapping, Sequence

import polars as pl

from f1lake.app import texts
from f1lake.app.charts.colors import NEUTRAL, dashes, readable
from f1lake.app.charts.lines import Axis, Chart, Line, Step, line_chart, place_axis, share_axis
from f1lake.app.views.asked import Asked

INK = "var(--ink)"
"""The colour of a line over a whole career, in which a driver has had several teams."""


def places_chart(asked: Asked, name: str, seasons: pl.DataFrame, color: str) -> Chart | None:
    """The place in the championship, season by season from the first to the last; None without any place."""
    placed = seasons.filter(pl.col("position").is_not_null())
    if placed.height < 2:
        return None
    years = list(range(placed["season"][0], placed["season"][-1] + 1))
    by_year = {row["season"]: row for row in seasons.to_dicts()}
    steps = [Step(str(year), _season_note(asked, by_year.get(year)), f"{year}") for year in years]
    values = [by_year[year]["position"] if year in by_year else None for year in years]
    told = [texts.ordinal(asked.language, place) if place else "–" for place in values]
    line = Line(name, name, color, values, told)
    worst = max(place for place in values if place)
    return line_chart(asked.say("places_alt", name=name), steps, [line], place_axis(worst), has_ends=False)


def odds_chart(asked: Asked, name: str, titles: pl.DataFrame, color: str) -> Chart | None:
    """The title odds day by day over all seasons; None where they were never worth a line."""
    if titles.height < 2 or titles["probability"].max() == 0:
        return None
    rows = titles.sort("as_of")
    steps = _steps(asked, rows)
    told = [texts.percent(asked.language, share) for share in rows["probability"]]
    line = Line(name, name, color, rows["probability"].to_list(), told, parts=rows["season"].to_list())
    return line_chart(asked.say("odds_alt", name=name), steps, [line], share_axis(line.values), has_ends=False)


def strengths_chart(
    asked: Asked, name: str, days: pl.DataFrame, histories: Mapping[str, tuple[pl.DataFrame, str]]
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
        told = ["–" if mean is None else texts.number(asked.language, mean, 2) for mean in means]
        low, high = ((at["mean"] + sign * at["sd"]).to_list() for sign in (-1, 1))
        lines.append(Line(label, label, color, means, told, dash, low=low, high=high))
    return line_chart(
        asked.say("strengths_alt", name=name), _steps(asked, rows), lines, _strength_axis(asked, lines), has_ends=False
    )


def team_color(tables: Mapping[str, pl.DataFrame], constructor_id: str | None, season: int | None = None) -> str:
    """The readable colour of a constructor in a season, or in its latest."""
    teams = tables["silver/constructors"].filter(pl.col("constructor_id") == constructor_id).sort("season")
    teams = teams if season is None else teams.filter(pl.col("season") <= season)
    return readable(teams["color"][-1]) if teams.height else NEUTRAL


def _steps(asked: Asked, rows: pl.DataFrame) -> list[Step]:
    """A step a day, the first of each season named on the axis."""
    firsts = rows.select(pl.col("season") != pl.col("season").shift()).to_series().fill_null(True)
    return [
        Step(_day_name(asked, row), str(row["season"]), str(row["season"]) if is_first else None)
        for row, is_first in zip(rows.to_dicts(), firsts, strict=True)
    ]


def _day_name(asked: Asked, row: dict) -> str:
    return texts.event(asked.language, row["event_name"]) if row["event_name"] else asked.say("before_season")


def _season_note(asked: Asked, row: dict | None) -> str:
    if row is None:
        return asked.say("no_season")
    points = asked.say("points", points=texts.points(asked.language, row["points"] or 0))
    return f"{asked.say('won_here', count=row['wins'])}, {points}"


def _strength_axis(asked: Asked, lines: Sequence[Line]) -> Axis:
    bounds = [value for line in lines for value in (*line.low, *line.high) if value is not None]
    bottom, top = min([*bounds, -0.5]), max([*bounds, 0.5])
    marks = [value / 2 for value in range(-10, 11) if bottom <= value / 2 <= top]
    marks = [value for value in marks if value == int(value)] if len(marks) > 6 else marks
    return Axis(bottom, top, [(value, texts.number(asked.language, value, 1)) for value in marks])
