"""Every page that has an address: each driver, team, season and race, in both languages, on a narrow and a wide screen.

On every one: no script error, nothing cut off, no word that is a hole. On one in `EACH`, and on each view, also the
rules of accessibility, light and dark, and that a choice keeps the place.
"""

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl
import pytest

from f1lake_tests.app.browsing import CUT_OFF, browser, needs_chromium, served, visit

axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")
__all__ = ["browser", "served", "visit"]

pytestmark = [pytest.mark.soak, needs_chromium]

EACH = 40
PLACE_PX = 300
VIEWS = [
    "?season=2021", "?kind=constructors&season=2010", "?tab=race", "?tab=race&season=2024&round=5", "?tab=standings",
    "?tab=standings&season=1988&kind=constructors", "?tab=driver", "?tab=team", "?tab=duel",
    "?tab=duel&who=senna&against=prost", "?tab=duel&kind=constructors", "?tab=archive", "?tab=record", "?tab=game",
    "?tab=archive&season=2021&day=2021-12-12", "?tab=model", "?tab=what-if", "?unseen=1", "?tab=race&embed=1",
]
OPEN = f"""async query => {{
  const page = document.querySelector("#f1lake"), link = document.createElement("a");
  link.setAttribute("href", query);
  page.append(link);
  delete page.dataset.ready;
  link.click();
  for (let frames = 0; !page.dataset.ready && frames < 4000; frames++) await new Promise(requestAnimationFrame);
  await new Promise(requestAnimationFrame);
  return {{
    shown: page.dataset.ready, width: document.documentElement.scrollWidth, cut: ({CUT_OFF})(),
    heads: page.querySelectorAll("h1").length, words: page.innerText, language: document.documentElement.lang,
  }};
}}"""


def addresses(lake: Path) -> Iterator[str]:
    """The address of every page that is about somebody or something."""
    for tab, entrant in (("driver", "driver"), ("team", "constructor")):
        for id_ in pl.read_delta(str(lake / f"gold/{entrant}_career"))[f"{entrant}_id"].sort():
            yield f"?tab={tab}&who={id_}"
    odds = pl.read_delta(str(lake / "odds/title_odds"), columns=["season"])
    for season in odds["season"].unique().sort():
        yield from (f"?season={season}", f"?season={season}&kind=constructors", f"?tab=archive&season={season}")
    races = pl.read_delta(str(lake / "odds/race_odds"), columns=["season", "round"]).unique().sort("season", "round")
    yield from (f"?tab=race&season={season}&round={round_}" for season, round_ in races.rows())
    held = pl.read_delta(str(lake / "gold/driver_standings"), columns=["season", "round"]).unique()
    for season, round_ in held.sort("season", "round").rows():
        yield from (f"?tab=standings&season={season}&round={round_}{kind}" for kind in ("", "&kind=constructors"))


@pytest.mark.parametrize("locale", ["en-GB", "pt-BR"])
@pytest.mark.parametrize("width", [320, 1280])
def test_every_page_opens_whole(visit: Callable, served: tuple[str, Path], width: int, locale: str):
    page, odd = visit("", locale, width), []
    for query in addresses(served[1]):
        found = page.evaluate(OPEN, query)
        holes = [hole for hole in ("None", "nan", "undefined", "NaN") if hole in found["words"].split()]
        whole = found["heads"] == 1 and found["language"] == locale[:2] and found["shown"]
        if found["width"] > width or found["cut"] or holes or not whole:
            odd.append((query, found["width"], found["cut"][:3], holes, found["heads"], found["language"]))
    assert odd == []


@pytest.mark.parametrize("locale", ["en-GB", "pt-BR"])
@pytest.mark.parametrize("width", [320, 1280])
def test_views_and_some_of_all_pages_are_accessible_and_keep_their_place(
    visit: Callable, served: tuple[str, Path], width: int, locale: str
):
    some = itertools.islice(addresses(served[1]), 0, None, EACH)
    for n, query in enumerate([*VIEWS, *some]):
        page = visit(query, locale, width, ("light", "dark")[n % 2])
        found = page.evaluate(f"({CUT_OFF})()")
        assert found == [], query
        assert page.evaluate("document.documentElement.scrollWidth") <= width, query
        checked = axe.Axe().run(page, context="#f1lake")
        assert checked.violations_count == 0, f"{query}\n{checked.generate_report()}"
        there = page.evaluate(f"window.scrollTo(0, {PLACE_PX}); Math.min({PLACE_PX}, window.scrollY)")
        if "embed" not in query:
            page.locator(".languages a:not([aria-current])").evaluate("link => link.click()")
            page.wait_for_function("before => document.documentElement.lang !== before", arg=locale[:2])
            assert abs(page.evaluate("window.scrollY") - there) <= 60, f"{query}: thrown to another place"
        page.context.close()
