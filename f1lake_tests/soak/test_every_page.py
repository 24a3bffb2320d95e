"""Every page that has an address: each driver, team, season and race, in both languages, on a narrow and a wide screen.

On every one: no script error, nothing cut off, no word that is a hole. On some of each kind, and on each view, also the
rules of accessibility, light and dark, and that another language keeps the place. Each language has a browser of its
own, which goes from page to page as a visitor does and changes its width on each.
"""

import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import polars as pl
import pytest

from f1lake_tests.app.browsing import CUT_OFF, needs_chromium, served, started, visitors

axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")
__all__ = ["served"]

pytestmark = [pytest.mark.soak, needs_chromium]

LOCALES = ("en-GB", "pt-BR")
WIDTHS = (320, 1280)
HEIGHT = 900
SOME = 3
"""How many pages of each kind are looked at more closely."""
PLACE_PX, MOVED_PX = 300, 60
HOLES = ("None", "nan", "undefined", "NaN")
VIEWS = [
    "?season=2021", "?kind=constructors&season=2010", "?tab=race", "?tab=race&season=2024&round=5", "?tab=standings",
    "?tab=standings&season=1988&kind=constructors", "?tab=driver", "?tab=team", "?tab=duel",
    "?tab=duel&who=senna&against=prost", "?tab=duel&kind=constructors", "?tab=archive", "?tab=record", "?tab=game",
    "?tab=archive&season=2021&day=2021-12-12", "?tab=model", "?tab=what-if", "?unseen=1", "?tab=race&embed=1",
]
OPEN = """async query => {
  const page = document.querySelector("#f1lake"), link = document.createElement("a");
  link.setAttribute("href", query);
  page.append(link);
  delete page.dataset.ready;
  link.click();
  for (let frames = 0; !page.dataset.ready && frames < 4000; frames++) await new Promise(requestAnimationFrame);
  link.remove();
  return {
    shown: page.dataset.ready, heads: page.querySelectorAll("h1").length, words: page.innerText,
    language: document.documentElement.lang,
  };
}"""
LAID_OUT = f"() => ({{ width: document.documentElement.scrollWidth, cut: ({CUT_OFF})() }})"


def addresses(lake: Path) -> dict[str, list[str]]:
    """The address of every page that is about somebody or something, by kind."""
    found = {}
    for tab, entrant in (("driver", "driver"), ("team", "constructor")):
        ids = pl.read_delta(str(lake / f"gold/{entrant}_career"))[f"{entrant}_id"].sort()
        found[tab] = [f"?tab={tab}&who={id_}" for id_ in ids]
    seasons = pl.read_delta(str(lake / "odds/title_odds"), columns=["season"])["season"].unique().sort()
    for kind, query in (("title", "?season={}"), ("teams", "?season={}&kind=constructors"),
                        ("archive", "?tab=archive&season={}")):  # fmt: skip
        found[kind] = [query.format(season) for season in seasons]
    for kind, table, query in (
        ("race", "odds/race_odds", "?tab=race&season={}&round={}"),
        ("standings", "gold/driver_standings", "?tab=standings&season={}&round={}"),
        ("teams' standings", "gold/driver_standings", "?tab=standings&season={}&round={}&kind=constructors"),
    ):
        rounds = pl.read_delta(str(lake / table), columns=["season", "round"]).unique().sort("season", "round")
        found[kind] = [query.format(*row) for row in rounds.rows()]
    return found


def in_both_languages(look: Callable[[Callable, str], list[tuple]], address: str) -> list[tuple]:
    """What `look` finds odd with a visitor's `visit` and a locale, in two browsers at a time."""

    def of(locale: str) -> list[tuple]:
        with started() as browser, visitors(browser, address) as visit:
            return look(visit, locale)

    with ThreadPoolExecutor(len(LOCALES)) as browsers:
        return [*itertools.chain.from_iterable(browsers.map(of, LOCALES))]


def test_every_page_opens_whole(served: tuple[str, Path]):
    address, lake = served
    every = [query for of_kind in addresses(lake).values() for query in of_kind]
    assert len(every) > len(VIEWS)

    def look(visit: Callable, locale: str) -> list[tuple]:
        odd, widths = [], list(WIDTHS)
        page = visit("", locale, widths[-1])
        for query in every:
            found = page.evaluate(OPEN, query)
            holes = [hole for hole in HOLES if hole in found["words"].split()]
            if holes or found["heads"] != 1 or found["language"] != locale[:2] or found["shown"] != query:
                odd.append((query, locale, holes, found["heads"], found["language"], found["shown"]))
            for width in reversed(widths):  # as it stands, then the other one
                page.set_viewport_size({"width": width, "height": HEIGHT})
                laid_out = page.evaluate(LAID_OUT)
                if laid_out["width"] > width or laid_out["cut"]:
                    odd.append((query, locale, width, laid_out["width"], laid_out["cut"][:3]))
            widths.reverse()
        return odd

    assert in_both_languages(look, address) == []


def test_views_and_some_of_all_pages_are_accessible_and_keep_their_place(served: tuple[str, Path]):
    address, lake = served
    some = [of_kind[n * (len(of_kind) - 1) // (SOME - 1)] for of_kind in addresses(lake).values() for n in range(SOME)]

    def look(visit: Callable, locale: str) -> list[tuple]:
        odd = []
        for n, query in enumerate([*VIEWS, *some]):
            page = visit(query, locale, WIDTHS[0], ("light", "dark")[n % 2])
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": HEIGHT})
                laid_out = page.evaluate(LAID_OUT)
                checked = axe.Axe().run(page, context="#f1lake")
                if laid_out["width"] > width or laid_out["cut"] or checked.violations_count:
                    odd.append((query, locale, width, laid_out, checked.generate_report()))
            there = page.evaluate(f"window.scrollTo(0, {PLACE_PX}); Math.min({PLACE_PX}, window.scrollY)")
            if "embed" not in query:
                page.locator(".languages a:not([aria-current])").evaluate("link => link.click()")
                page.wait_for_function("before => document.documentElement.lang !== before", arg=locale[:2])
                if abs(page.evaluate("window.scrollY") - there) > MOVED_PX:
                    odd.append((query, locale, "thrown to another place"))
            page.context.close()
        return odd

    assert in_both_languages(look, address) == []
