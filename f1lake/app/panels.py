"""The page's panels as HTML: frames and a language go into the templates beside this file.

What does not belong here: words (`texts.py`), looks (`style.css`) and charts (`charts.py`).
"""

import functools
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jinja2
import polars as pl
from markupsafe import Markup, escape

from f1lake.app import texts
from f1lake.app.charts import readable
from f1lake.app.queries import drivers_of, latest

RANKED = 6
"""How many drivers the list of now shows at most; the rest is one line."""

WORTH_A_ROW = 0.005


def header(language: str, is_invented: bool) -> str:
    """The page's name and question, and a warning above what is invented."""
    return _render("header.html", language, is_invented=is_invented)


def leaders(race: pl.DataFrame, language: str) -> str:
    """The odds now: who leads, the ranking, and what happened last."""
    now = latest(race)
    ranked = now.head(RANKED).filter((pl.col("probability") >= WORTH_A_ROW) | (pl.int_range(pl.len()) < 3))
    moved = now.filter(pl.col("change").is_not_null()).sort(pl.col("change").abs(), descending=True).head(1)
    rest = now.slice(ranked.height)
    return _render(
        "leaders.html", language,
        rows=ranked.to_dicts(), moved=moved.to_dicts(),
        others=rest.height, others_share=rest["probability"].sum(),
    )


def chart_title(race: pl.DataFrame, drivers: Sequence[str], language: str) -> str:
    """The chart's heading, and what it shows in words for those who cannot see it."""
    names = race.filter(pl.col("driver_id").is_in(list(drivers)))["name"].unique().sort()
    return _render("chart_title.html", language, season=race["season"][0], names=", ".join(names))


def table(race: pl.DataFrame, drivers: Sequence[str], language: str) -> str:
    """The chart's values: a row a race or sprint, newest first, a column a driver."""
    chosen = drivers_of(race).filter(pl.col("driver_id").is_in(list(drivers)))
    step = ["as_of", "event_name", "is_sprint", "winner"]
    steps = race.pivot("driver_id", index=step, values="probability")
    rows = steps.sort("as_of", descending=True).to_dicts()
    return _render("table.html", language, drivers=chosen.to_dicts(), rows=rows)


def footer(race: pl.DataFrame | None, language: str) -> str:
    """Which model, when, up to which race; and that this is nobody's official page."""
    return _render("footer.html", language, last=None if race is None else latest(race).to_dicts()[0])


def notice(problem: str, language: str) -> str:
    """What stands in place of the odds: `no_odds`, `unreadable` or `failed`."""
    return _render("notice.html", language, problem=problem)


def _render(template: str, language: str, **values: Any) -> str:
    speaking = {
        name: functools.partial(getattr(texts, name), language)
        for name in ("text", "event", "short_event", "percent", "points", "date", "instant")
    }
    return _templates().get_template(template).render(
        language=language, readable=readable, signed_points=texts.signed_points, **speaking, **values
    )


@functools.lru_cache(maxsize=1)
def _templates() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True,
        undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True,
    )
    environment.filters["commands"] = _commands
    return environment


def _commands(words: str) -> Markup:
    """Words with what stands between backticks set as code."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(words))))
