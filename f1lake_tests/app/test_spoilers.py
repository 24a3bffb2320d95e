import datetime as dt

import polars as pl
import pytest

from f1lake.app.address import TABS, Address, parse
from f1lake.app.spoilers import before_the_last_weekend
from f1lake.app.views.page import page_view
from f1lake_tests.app.test_views import words


def test_nothing_of_the_last_weekend_is_left(snapshot):
    cut = before_the_last_weekend(snapshot)
    last = (pl.col("season") == 2026) & (pl.col("round") == 2)
    for name, table in cut.tables.items():
        if name in ("silver/events", "odds/race_odds"):
            continue
        if "round" in table.columns:
            assert table.filter(last).is_empty(), name
        if "as_of" in table.columns:
            assert table["as_of"].max() < dt.date(2026, 3, 14), name
    assert cut.tables["odds/race_odds"].filter(last)["stage"].unique().to_list() == ["before_qualifying"]


@pytest.mark.parametrize("tab", TABS)
def test_no_view_tells_who_won(snapshot, tab):
    page = words(page_view(snapshot, Address(tab=tab, unseen=True), "en").html)
    assert "Won by Antonelli" not in page
    assert "Chinese Grand Prix: Antonelli" not in page


def test_the_page_is_that_of_the_race_before(snapshot):
    page = words(page_view(snapshot, parse("?unseen=1"), "pt").html)
    assert "Depois do GP da Austrália · 8 de março de 2026" in page
    assert "O último fim de semana está escondido" in page
    assert Address(unseen=True).of("race") == "?tab=race&unseen=1"


@pytest.mark.parametrize("tab", ["driver", "team", "archive", "record"])
def test_what_counts_the_last_race_is_said_not_to_be_shown(snapshot, tab):
    page = words(page_view(snapshot, Address(tab=tab, unseen=True), "pt").html)
    assert "Esta parte conta a última corrida" in page
    assert "f1lake build" not in page
