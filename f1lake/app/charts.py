"""The page's charts: plotly figures as pure functions of frames and a language.

What does not belong here: colours of text, grid and page, which `style.css` gives for light and
dark. A team's colour is shaded here once, so that it reads on both.
"""

import math
from collections.abc import Sequence

import plotly.graph_objects as go
import polars as pl
from plotly.colors import hex_to_rgb

from f1lake.app import texts
from f1lake.app.queries import drivers_of

NEUTRAL = "#7d8590"
"""The colour of a team that has none."""

DARKEST, LIGHTEST = 0.12, 0.30
"""The relative luminances (WCAG) between which a colour has contrast 3 to a white page and to a dark one."""

DASHES = ("solid", "dot", "dashdot", "longdash")
HEIGHT_PX, TOP_PX, LABEL_PX = 480, 14, 17
LETTER_PX = 7.4


def title_race_chart(
    race: pl.DataFrame, drivers: Sequence[str], language: str, narrow: bool = False
) -> go.Figure:
    """One season's odds, a line a driver, a step a race or sprint; team mates told apart by dash.

    `narrow` fits the chart to a phone: codes for names at the lines' ends, every other race named.
    """
    lines = drivers_of(race).filter(pl.col("driver_id").is_in(list(drivers)))
    shown = race.filter(pl.col("driver_id").is_in(list(drivers)))
    by_driver = shown.partition_by("driver_id", as_dict=True)
    steps = race.select("as_of", "round", "event_name", "is_sprint", "winner").unique("as_of").sort("as_of")
    titles = {step["as_of"]: _hover_title(step, language) for step in steps.to_dicts()}
    figure = go.Figure([
        _line(by_driver[driver["driver_id"],], driver, titles, language) for driver in lines.to_dicts()
    ])
    top = max(math.ceil(10 * max(shown["probability"], default=0)), 1) / 10
    bottom_px, ticks = 100 if narrow else 84, _ticks(steps, titles, language, narrow)
    axis = {"fixedrange": True, "zeroline": False, "tickfont": {"size": 10 if narrow else 12}}
    labels = _end_labels(lines, top, HEIGHT_PX - TOP_PX - bottom_px, language, narrow)
    right_px = 34 + LETTER_PX * max(labels["letters"], default=0)
    figure.update_layout(
        height=HEIGHT_PX, dragmode=False, hovermode="x unified", showlegend=False,
        margin={"t": TOP_PX, "b": bottom_px, "l": 38 if narrow else 48, "r": right_px},
        paper_bgcolor="rgba(0,0,0,0)", plot_bgcolor="rgba(0,0,0,0)",
        font={"family": "'IBM Plex Sans', system-ui, sans-serif", "size": 13, "color": NEUTRAL},
        hoverlabel={"bgcolor": "#14171d", "bordercolor": "#3a404b", "font": {"color": "#f4f5f7", "size": 13}},
        xaxis=axis | {
            "type": "category", "categoryorder": "array", "categoryarray": list(titles.values()),
            "range": [-0.4, len(titles) - 0.8], "showgrid": False, "tickangle": -90 if narrow else -45,
            "spikethickness": 1, "spikecolor": NEUTRAL, "spikedash": "solid",
            "tickvals": list(ticks), "ticktext": list(ticks.values()),
        },
        yaxis=axis | {
            "range": [-0.025 * top, 1.025 * top], "tickformat": ".0%", "nticks": 6,
            "gridcolor": "rgba(125,133,144,.25)",
        },
        annotations=[_annotation(label, len(titles) - 1) for label in labels.to_dicts()],
    )
    return figure


def readable(color: str | None) -> str:
    """A team's colour, shaded just enough to have contrast 3 to a white page and to a dark one.

    Raises `ValueError` for anything but `#rrggbb` or None (which gives a neutral grey).
    """
    if color is None:
        return NEUTRAL
    linear = [_to_linear(channel / 255) for channel in hex_to_rgb(color)]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    if luminance > LIGHTEST:
        linear = [channel * LIGHTEST / luminance for channel in linear]
    elif luminance < DARKEST:
        white = (DARKEST - luminance) / (1 - luminance)
        linear = [channel + (1 - channel) * white for channel in linear]
    return "#" + "".join(f"{round(255 * _from_linear(channel)):02x}" for channel in linear)


def _line(rows: pl.DataFrame, driver: dict, titles: dict, language: str) -> go.Scatter:
    rows = rows.sort("as_of")
    shares = [texts.percent(language, share) for share in rows["probability"]]
    changes = ["" if change is None else texts.signed_points(change) for change in rows["change"]]
    color, dash = readable(driver["color"]), DASHES[driver["teammate"] % len(DASHES)]
    sizes_px = [4 if is_sprint else 7 for is_sprint in rows["is_sprint"]]
    return go.Scatter(
        x=[titles[day] for day in rows["as_of"]], y=rows["probability"].to_list(), name=driver["name"],
        mode="lines+markers", line={"color": color, "width": 3, "dash": dash},
        marker={"color": color, "opacity": 1, "line": {"width": 0}, "size": sizes_px},
        customdata=list(zip(shares, changes, strict=True)),
        hovertemplate="%{fullData.name}  <b>%{customdata[0]}</b>  %{customdata[1]}<extra></extra>",
    )


def _hover_title(step: dict, language: str) -> str:
    """What a step is called, and who won; different for every step of a season."""
    if step["event_name"] is None:
        name = "before_season" if step["as_of"].month == 1 else "odds_on"
        return f"<b>{texts.text(language, name, date=texts.date(language, step['as_of']))}</b>"
    name, won = texts.event(language, step["event_name"]), "won_by"
    if step["is_sprint"]:
        name, won = texts.text(language, "sprint_of", event=name), "sprint_won_by"
    return f"<b>{name}</b><br>{texts.text(language, won, winner=step['winner'])}"


def _ticks(steps: pl.DataFrame, titles: dict, language: str, narrow: bool) -> dict[str, str]:
    """The steps named on the axis: the races, every other one where there is no room."""
    races = steps.filter(~pl.col("is_sprint").fill_null(False)).reverse()
    races = races.gather_every(2) if narrow and races.height > 14 else races
    return {
        titles[day]: texts.text(language, "pre_season") if name is None else texts.short_event(language, name)
        for day, name in races.select("as_of", "event_name").iter_rows()
    }


def _end_labels(lines: pl.DataFrame, top: float, plot_px: float, language: str, narrow: bool) -> pl.DataFrame:
    """Where each line's label stands: beside its end, pushed up where the one below leaves no room."""
    lines = lines.sort("probability", "best")
    label_px = min(LABEL_PX, plot_px / max(lines.height, 1))
    end = pl.col("probability") * plot_px / (1.05 * top)
    place = pl.int_range(pl.len()) * label_px
    room = (end - place).cum_max().clip(upper_bound=plot_px - lines.height * label_px) + place
    name = pl.coalesce("driver_code", "name") if narrow else pl.col("name")
    shares = [texts.percent(language, share) for share in lines["probability"]]
    return (
        lines.with_columns(pl.Series("share", shares, pl.String), push_px=room - end, name=name)
        .with_columns(letters=pl.col("name").str.len_chars() + pl.col("share").str.len_chars() + 1)
    )


def _annotation(label: dict, last_step: int) -> dict:
    return {
        "x": last_step, "y": label["probability"], "ax": 22, "ay": -label["push_px"], "xanchor": "left",
        "text": f"<b>{label['name']}</b> {label['share']}", "align": "left",
        "showarrow": True, "arrowhead": 0, "arrowwidth": 1, "standoff": 5,
        "arrowcolor": readable(label["color"]),
    }


def _to_linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4


def _from_linear(channel: float) -> float:
    return 12.92 * channel if channel <= 0.0031308 else 1.055 * channel ** (1 / 2.4) - 0.055
