"""The whole page: navigation around the view that the address names, or around a notice in plain words."""

from collections.abc import Callable, Mapping

from f1lake.app import texts
from f1lake.app.address import TABS, Address
from f1lake.app.live import Snapshot
from f1lake.app.queries.search import search_results
from f1lake.app.views.archive import archive_view
from f1lake.app.views.driver import driver_view
from f1lake.app.views.duel import duel_view
from f1lake.app.views.game import game_view
from f1lake.app.views.model import model_view
from f1lake.app.views.race import race_view
from f1lake.app.views.record import record_view
from f1lake.app.views.standings import standings_view
from f1lake.app.views.team import team_view
from f1lake.app.views.title import title_view
from f1lake.app.views.visit import View, Visit, visit_of
from f1lake.app.views.what_if import what_if_view

VIEWS: Mapping[str, Callable[[Visit], View]] = {
    "title": title_view, "race": race_view, "standings": standings_view, "what-if": what_if_view,
    "driver": driver_view, "team": team_view, "duel": duel_view,
    "archive": archive_view, "record": record_view, "game": game_view, "model": model_view,
}


ABOUT_NOW = ("title", "race", "what-if")
"""The views that say when results are waited for."""


def page_view(snapshot: Snapshot, address: Address, language: str) -> View:
    """The page at an address. What a view raises passes through."""
    visit = visit_of(snapshot, address, language)
    return _framed(visit, visit.notice(snapshot.problem) if snapshot.problem else VIEWS[address.tab](visit))


def notice_view(snapshot: Snapshot, address: Address, language: str, problem: str) -> View:
    """The page with a notice in place of the view: a key of the texts, explained by its `_help`."""
    visit = visit_of(snapshot, address, language)
    return _framed(visit, visit.notice(problem))


def found_html(snapshot: Snapshot, address: Address, language: str, words: str) -> str:
    """What a search found, as links to choose from: to pages, or in a duel to one with another side."""
    visit, in_duel = visit_of(snapshot, address, language), address.tab == "duel"
    kinds = ("driver" if address.kind == "drivers" else "team",) if in_duel else ("driver", "team")
    rows = search_results(snapshot.tables, words, kinds).to_dicts()
    for row in rows:
        side = {"who" if address.who is None else "against": row["id"]}
        row["href"] = address.to(**side) if in_duel else address.of(row["tab"], who=row["id"])
    return visit.render("found.html", found=rows, words=words)


def _offered(visit: Visit) -> list[str]:
    """The views in the navigation: that of the game only where one is played."""
    return [tab for tab in TABS if tab != "game" or visit.has("odds/game_scores") or visit.address.tab == tab]


def _framed(visit: Visit, view: View) -> View:
    address = visit.address
    html = visit.render(
        "page.html", content=view.html, instead=view.instead, tabs=_offered(visit), languages=texts.LANGUAGES,
        is_invented=visit.snapshot.is_invented,
        awaited=visit.snapshot.awaited if address.tab in ABOUT_NOW else None,
        view_key=f"{visit.language} {address.tab} {address.who} {address.unseen}",
    )
    return View(f"{view.title} · f1lake", html)
