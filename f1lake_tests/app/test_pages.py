"""What every page has in common: languages, links, and what is said of what is not there."""

import re
from dataclasses import replace

import polars as pl
import pytest

from f1lake.app import texts
from f1lake.app.address import TABS, Address, parse
from f1lake.app.live import Snapshot
from f1lake.app.views.page import notice_view, page_view
from f1lake_tests.app.conftest import seen
from f1lake_tests.app.rendered import shown, words
from f1lake_tests.app.small import tables

pytestmark = pytest.mark.usefixtures("simulated")
QUERIES = [
    "?", "?kind=constructors", "?season=2006", "?tab=race", "?tab=race&season=2026&round=2",
    "?tab=race&season=2026&round=2&stage=before_qualifying",
    "?tab=what-if", "?tab=what-if&wins=3.bottas&out=4.russell",
    "?tab=driver", "?tab=driver&who=antonelli", "?tab=driver&who=michael", "?tab=team", "?tab=team&who=mercedes",
    "?tab=archive", "?tab=archive&season=2006&day=2006-03-19", "?tab=model",
    "?tab=what-if&round=3&wins=3.bottas&places=3.2.russell,4.3.stroll", "?tab=duel", "?tab=duel&kind=constructors",
    "?tab=duel&who=michael&against=ralf",
    "?tab=standings", "?tab=standings&kind=constructors", "?tab=standings&season=2026&round=2", "?tab=record",
    "?tab=game",
]


@pytest.mark.parametrize("language", texts.LANGUAGES)
@pytest.mark.parametrize("query", QUERIES)
def test_every_view_is_there_in_every_language(snapshot: Snapshot, query: str, language: str):
    view = page_view(snapshot, parse(query), language)
    html = view.html
    assert f'lang="{language}"' in html
    assert "None" not in words(html)
    assert html.count("<h1") == 1
    assert "unofficial project" in html or "projeto não oficial" in html
    labelled = re.findall(r'<(?:select|input) id="([\w-]+)"', html)
    assert all(f'for="{field}"' in html or f'id="{field}" name=' in html or "aria-label" in html for field in labelled)


def test_links_lead_to_what_they_name(snapshot: Snapshot):
    for query in QUERIES:
        for href in re.findall(r'href="(\?[^"]*)"', shown(snapshot, query, "pt")):
            address = parse(href.replace("&amp;", "&"))
            assert Address(**vars(address)).to() == href.replace("&amp;", "&")


NAMES_OF_TABS = {
    "season=1949": {"title", "race", "standings", "archive"}, "round=99": {"standings"},
    "day=1900-01-01": {"archive"}, "who=nobody": {"driver", "team", "duel"},
}


@pytest.mark.parametrize("tab", TABS)
@pytest.mark.parametrize("query", ["season=1949", "round=99", "day=1900-01-01", "who=nobody", "show=x,y", "wins=99.x"])
def test_what_is_not_there_is_said_where_it_matters(snapshot: Snapshot, tab: str, query: str):
    html = shown(snapshot, f"?tab={tab}&{query}")
    assert ("Nothing here is" in html) == (tab in NAMES_OF_TABS.get(query, ()))
    assert words(html).count("Title race") == words(shown(snapshot, f"?tab={tab}")).count("Title race")


def test_the_nearest_that_is_there_is_shown_instead(snapshot: Snapshot):
    page = words(shown(snapshot, "?season=2010"))
    assert "Nothing here is “2010”. Shown instead: 2006." in page
    assert "Title odds 2006" in page
    page = words(shown(snapshot, "?tab=race&season=2026&round=9"))
    assert "Nothing here is “Round 9 of 2026”. Shown instead: Round 3 of 2026." in page
    page = words(shown(snapshot, "?tab=archive&season=2006&day=2006-03-18", "pt"))
    assert "Não há nada aqui para “18 de março de 2006”. No lugar: 19 de março de 2006." in page
    assert "Nothing here is" not in shown(snapshot, "?tab=race&season=2026&round=3")


def test_names_from_the_lake_are_never_markup():
    frames = tables()
    hostile = {
        "silver/drivers": frames["silver/drivers"].with_columns(family_name=pl.lit("<script>")),
        "silver/constructors": frames["silver/constructors"].with_columns(name=pl.lit("<script>")),
        "silver/events": frames["silver/events"].with_columns(event_name=pl.lit("'><script>")),
        "gold/driver_career": frames["gold/driver_career"].with_columns(name=pl.lit("<script>")),
    }
    snapshot = seen(frames | hostile)
    for query in QUERIES:
        assert "<script>" not in shown(snapshot, query)


@pytest.mark.parametrize(
    "missing", ["odds/race_odds", "gold/driver_career", "gold/constructor_career", "gold/title_fights"]
)
def test_a_table_that_is_not_there_yet_leaves_the_other_views(missing: str):
    snapshot = seen({name: frame for name, frame in tables().items() if name != missing})
    for tab in TABS:
        assert "<h1" in shown(snapshot, f"?tab={tab}")


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_a_lake_without_odds_says_what_to_run(language: str):
    view = page_view(Snapshot("none", problem="no_odds"), Address(), language)
    assert "<code>make demo</code>" in view.html


def test_an_invented_championship_says_so_on_every_page(snapshot: Snapshot):
    invented = replace(snapshot, is_invented=True)
    assert all("An invented championship" in shown(invented, f"?tab={tab}") for tab in TABS)
    assert "invented" not in shown(snapshot, "?")


def test_a_failure_is_told_in_words(snapshot: Snapshot):
    view = notice_view(snapshot, replace(Address(), tab="race"), "pt", "failed")
    assert "Algo deu errado do nosso lado" in view.html
