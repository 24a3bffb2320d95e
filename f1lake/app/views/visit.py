"""A visit: snapshot, address and language, and how a view answers it: templates that speak the visitor's language."""

import datetime as dt
import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
import polars as pl
from markupsafe import Markup, escape

from f1lake.app import texts
from f1lake.app.address import Address
from f1lake.app.charts.colors import readable
from f1lake.app.live import Snapshot
from f1lake.app.spoilers import before_the_last_weekend

SPOKEN = (
    "text", "event", "short_event", "country", "nationality", "reason", "percent", "points", "number", "ordinal",
    "date", "short_date", "instant", "seconds",
)
"""The functions of `texts` that templates call without a language."""


@dataclass(frozen=True)
class View:
    """A view as HTML, and what the browser's tab is called."""

    title: str
    html: str
    instead: str = ""
    """What the address names and is not there, and what is shown instead; empty where all is there."""


@dataclass(frozen=True)
class Visit:
    """The snapshot, the address and the language that a view is made for."""

    snapshot: Snapshot
    address: Address
    language: str

    @property
    def tables(self) -> Mapping[str, pl.DataFrame]:
        """The lake's tables that have rows."""
        return self.snapshot.tables

    def has(self, *names: str) -> bool:
        """Whether the lake has all these tables."""
        return set(names) <= set(self.tables)

    def say(self, key: str, **values: object) -> str:
        """A text in the visitor's language."""
        return texts.text(self.language, key, **values)

    def instead(self, *shown: tuple[object | None, object]) -> str:
        """Says which of what was wanted is not there, and what is shown: pairs of both, as the visitor reads them."""
        missing = ((wanted, there) for wanted, there in shown if wanted is not None and wanted != there)
        return " ".join(self.say("not_there", wanted=wanted, shown=there) for wanted, there in missing)

    def day(self, day: dt.date | None) -> str | None:
        """A day as the visitor reads it."""
        return None if day is None else texts.date(self.language, day)

    def render(self, template: str, **values: Any) -> str:
        """A template with these values, the words, and links as `address.to(…)` and `address.of(tab, …)`."""
        spoken = {name: functools.partial(getattr(texts, name), self.language) for name in SPOKEN}
        return _templates().get_template(template).render(
            spoken | {
                "language": self.language, "address": self.address, "readable": readable,
                "signed_points": texts.signed_points, "lap_time": texts.lap_time,
            } | values
        )

    def lacking(self) -> View:
        """What stands in place of a view whose table is not there, or not shown to who has not seen the last race."""
        return self.notice("not_shown_yet" if self.address.unseen else "not_there_yet")

    def notice(self, problem: str) -> View:
        """What stands in place of a view: a key of the texts, explained by its `_help`."""
        return View(self.say(problem), self.render("notice.html", problem=problem))


def visit_of(snapshot: Snapshot, address: Address, language: str) -> Visit:
    """The visit of an address, with the tables that the visitor may see."""
    return Visit(before_the_last_weekend(snapshot) if address.unseen else snapshot, address, language)


@functools.lru_cache(maxsize=1)
def _templates() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parents[1] / "templates"), autoescape=True,
        undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True,
    )
    environment.filters["commands"] = _commands
    return environment


def _commands(words: str) -> Markup:
    """Words with what stands between backticks set as code."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(words))))
