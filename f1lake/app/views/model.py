"""Behind the numbers: which model, how good it was, where it was most wrong, how fresh the data, and the tables."""

import polars as pl

from f1lake.abt.race_abt import STAGES
from f1lake.app import downloads, texts
from f1lake.app.charts.lines import Axis, Chart, Line, Step, line_chart
from f1lake.app.queries import championship, quality
from f1lake.app.views.visit import View, Visit


def model_view(visit: Visit) -> View:
    """Everything a visitor may want to know before believing the odds."""
    title = visit.snapshot.titles["drivers"]
    latest = championship.latest(title).row(0, named=True)
    fights = visit.tables.get("gold/title_fights", pl.DataFrame())
    decisions = quality.title_decisions(title, fights) if fights.height else pl.DataFrame()
    groups = []
    if decisions.height:
        groups.append(_group(visit, "calibration_title", decisions))
    for stage in STAGES:
        raced = quality.race_decisions(visit.tables, stage) if visit.has("odds/race_odds") else pl.DataFrame()
        if raced.height:
            groups.append(_group(visit, f"calibration_{stage}", raced))
    html = visit.render(
        "model.html", latest=latest, groups=groups,
        wrong=quality.most_wrong(decisions).to_dicts() if decisions.height else [],
        tables=[(name, visit.tables[name].height, visit.say("table_" + name.replace("/", "_")))
                for name in downloads.OFFERED if name in visit.tables],
        seasons=(decisions["season"].min(), decisions["season"].max()) if decisions.height else None,
    )
    return View(visit.say("tab_model"), html)


def _group(visit: Visit, key: str, decisions: pl.DataFrame) -> dict:
    """One kind of odds: its calibration, and how often the favourite was the one."""
    share, cases = quality.favourites(decisions)
    bins = quality.calibration(decisions)
    return {
        "key": key, "favourite": share, "decisions": cases, "bins": bins.to_dicts(),
        "chart": _calibration_chart(visit, visit.say(key), bins),
    }


def _calibration_chart(visit: Visit, name: str, bins: pl.DataFrame) -> Chart:
    """What was said (x, by tenths) against what happened (y): on the diagonal both are the same."""
    by_bin = {row["bin"]: row for row in bins.to_dicts()}
    places = range(quality.BINS)
    steps = [Step(
        f"{10 * place}–{10 * (place + 1)}%",
        visit.say("cases", count=by_bin[place]["cases"]) if place in by_bin else visit.say("no_cases"),
        f"{10 * place + 5}%" if place % 2 == 0 else None,
    ) for place in places]
    happened = [by_bin[place]["happened"] if place in by_bin else None for place in places]
    forecast = [by_bin[place]["said"] if place in by_bin else (place + 0.5) / quality.BINS for place in places]
    labels = [["–" if value is None else texts.percent(visit.language, value, 1) for value in values]
            for values in (forecast, happened)]
    axis = Axis(0.0, 1.0, [(tick / 4, f"{25 * tick}%") for tick in range(5)])
    return line_chart(visit.say("calibration_alt", name=name), steps, [
        Line(visit.say("happened"), "", "#e0421f", happened, labels[1]),
        Line(visit.say("said"), "", "#7d8590", forecast, labels[0], dash="8 8"),
    ], axis, has_ends=False)
