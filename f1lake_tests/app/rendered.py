"""A page as the tests read it."""

import re

from f1lake.app.address import parse
from f1lake.app.live import Snapshot
from f1lake.app.views.page import page_view


def shown(snapshot: Snapshot, query: str, language: str = "en") -> str:
    """The HTML of an address."""
    return page_view(snapshot, parse(query), language).html


def words(html: str) -> str:
    """The words of some HTML, each gap one space."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html.replace("</", " </")))
