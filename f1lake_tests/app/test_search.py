import polars as pl
import pytest

from f1lake.app.address import Address
from f1lake.app.queries.search import search_results
from f1lake.app.views.page import found_html
from f1lake_tests.app.conftest import seen
from f1lake_tests.app.small import tables


@pytest.fixture(scope="module")
def people() -> dict[str, pl.DataFrame]:
    names = {
        "perez": ("Sergio Pérez", 0, 6), "senna": ("Ayrton Senna", 3, 41), "bruno_senna": ("Bruno Senna", 0, 0),
        "schumacher": ("Ralf Schumacher", 0, 6), "michael_schumacher": ("Michael Schumacher", 7, 91),
    }
    drivers = [
        {"driver_id": who, "name": name, "titles": titles, "wins": wins, "first_season": 1990, "last_season": 2000}
        for who, (name, titles, wins) in names.items()
    ]
    teams = [{"constructor_id": "haas", "name": "Haas F1 Team", "titles": 0, "wins": 0, "first_season": 2016,
              "last_season": 2026}]
    return {"gold/driver_career": pl.DataFrame(drivers), "gold/constructor_career": pl.DataFrame(teams)}


@pytest.mark.parametrize(
    ("words", "ids"),
    [
        ("senna", ["senna", "bruno_senna"]), ("PEREZ", ["perez"]), ("pérez", ["perez"]),
        ("schumacher", ["michael_schumacher", "schumacher"]), ("ralf schu", ["schumacher"]), ("haas", ["haas"]),
        ("nobody", []), ("  ", []),
    ],
)
def test_parts_without_accents_find_the_most_successful_first(people, words, ids):
    assert search_results(people, words)["id"].to_list() == ids


def test_nobody_found_is_said_and_markup_stays_text():
    html = found_html(seen(tables()), Address(lang="pt"), "pt", "<b>zzz")
    assert "Ninguém desde 1950 tem “&lt;b&gt;zzz” no nome." in html
    html = found_html(seen(tables()), Address(lang="pt"), "pt", "str")
    assert 'href="?tab=driver&amp;lang=pt&amp;who=stroll"' in html
