"""Behind the numbers: which model, how good it was, where it was most wrong, how fresh the data, and the tables."""

import polars as pl

from f1lake.abt.race_abt import STAGES
from f1lake.app import downloads, texts
from f1lake.app.charts.lines import Axis, Chart, Line, Step, line_chart
from f1lake.app.queries import championship, quality
from f1lake.app.views.asked import Asked, View


def model_view(asked: Asked) -> View:
    """Everything a visitor may want to know before believing the odds."""
    title = asked.snapshot.titles["drivers"]
    latest = championship.latest(title).row(0, named=True)
    fights = asked.tables.get("gold/title_fights", pl.DataFrame())
    decisions = quality.title_decisions(title, fights) if fights.height else pl.DataFrame()
    groups = []
    if decisions.height:
        groups.append(_group(asked, "calibration_title", decisions))
    for stage in STAGES:
        raced = quality.race_decisions(asked.tables, stage) if asked.has("odds/race_odds") else pl.DataFrame()
        if raced.height:
            groups.append(_group(asked, f"calibration_{stage}", raced))
    html = asked.render(
        "model.html", latest=latest, groups=groups,
        wrong=quality.most_wrong(decisions).to_dicts() if decisions.height else [],
        tables=[(name, asked.tables[name].height, asked.say("table_" + name.replace("/", "_")))
                for name in downloads.OFFERED if name in asked.tables],
        seasons=(decisions["season"].min(), decisions["season"].max()) if decisions.height else None,
    )
    return View(asked.say("tab_model"), html)


def _group(asked: Asked, key: str, decisions: pl.DataFrame) -> dict:
    """One kind of odds: its calibration, and how often the favourite was the one."""
    share, cases = quality.favourites(decisions)
    bins = quality.calibration(decisions)
    return {
        "key": key, "favourite": share, "decisions": cases, "bins": bins.to_dicts(),
        "chart": _calibration_chart(asked, asked.say(key), bins),
    }


def _calibration_chart(asked: Asked, name: str, bins: pl.DataFrame) -> Chart:
    """What was said (x, by tenths) against what happened (y): on the diagonal both are the same."""
    found = {row["bin"]: row for row in bins.to_dicts()}
    places = range(quality.BINS)
    steps = [Step(
        f"{10 * place}–{10 * (place + 1)}%",
        asked.say("cases", count=found[place]["cases"]) if place in found else asked.say("no_cases"),
        f"{10 * place + 5}%" if place % 2 == 0 else None,
    ) for place in places]
    happened = [found[place]["happened"] if place in found else None for place in places]
    said = [found[place]["said"] if place in found else (place + 0.5) / quality.BINS for place in places]
    told = [["–" if value is None else texts.percent(asked.language, value, 1) for value in values]
            for values in (said, happened)]
    axis = Axis(0.0, 1.0, [(tick / 4, f"{25 * tick}%") for tick in range(5)])
    return line_chart(asked.say("calibration_alt", name=name), steps, [
        Line(asked.say("happened"), "", "#e0421f", happened, told[1]),
        Line(asked.say("said"), "", "#7d8590", said, told[0], dash="8 8"),
    ], axis, has_ends=False)
