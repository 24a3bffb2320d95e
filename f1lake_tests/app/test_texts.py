import datetime as dt
import gzip
import json
import lzma
import re
from pathlib import Path

import polars as pl
import pytest

from f1lake.abt.race_abt import STAGES
from f1lake.app import texts
from f1lake.app.address import TABS
from f1lake.app.downloads import OFFERED
from f1lake.app.queries.races import SESSIONS
from f1lake.app.queries.second_source import MARKED
from f1lake.silver.departures import REASONS
from f1lake.silver.retirements import REASONS as WHY_RETIRED
from f1lake.silver.session_results import STATUS_CLASSES
from f1lake_tests.recorded_upstream import UPSTREAM


def test_both_languages_have_every_text_with_the_same_places():
    for key, words in texts.book()["texts"].items():
        places = {language: set(re.findall(r"{(\w+)}", words[language])) for language in texts.LANGUAGES}
        assert set(words) == set(texts.LANGUAGES), key
        assert places["en"] == places["pt"], key
        if key.endswith("_one"):
            assert "{count}" in texts.book()["texts"][key.removesuffix("_one")]["en"], key
    assert set(texts.book()["months"]) == set(texts.LANGUAGES)


def test_every_text_is_used_somewhere():
    folder = Path(texts.__file__).parent
    source = "".join(f.read_text() for f in [*folder.rglob("*.py"), *folder.rglob("*.html")])
    made = r"tab_|table_|stage_|chances_|follows_|calibration_|out_"  # of a view, a table, a stage, a class
    made += r"|duel_(find|hint|careers)_|duel_(race|qualifying|grid)_duels|layout_(clockwise|anti_clockwise|figure_8)"
    made += r"|departed_|record_kind_|standings_|results_|reason_|differs_|of_practice_|is_(yes|no)|champions_|"
    made += r"(up|down|unchanged)(_if)?|"
    made += "|".join(SESSIONS)
    unused = [
        key for key in texts.book()["texts"]
        if not re.match(made, key) and not re.search(rf'"{re.sub("_(help|one)$", "", key)}"', source)
    ]
    assert unused == []


def test_the_500_miles_are_plural_in_portuguese():
    miles = texts.event("pt", "Indianapolis 500")
    assert texts.text("pt", "after", event=miles, date="x") == "Depois das 500 Milhas de Indianápolis · x"
    assert texts.text("pt", "who_wins", event=miles, season=1960).startswith("Quem vence as 500 Milhas")
    assert "nas 500 Milhas" in texts.text("pt", "decided_before", event=miles, count=2)
    assert texts.text("pt", "after", event="GP da China", date="x") == "Depois do GP da China · x"


def test_every_text_made_of_a_name_is_there():
    known = set(texts.book()["texts"])
    assert {f"tab_{tab}" for tab in TABS} <= known
    assert {"table_" + name.replace("/", "_") for name in OFFERED} <= known
    assert {f"reason_{name}" for name in WHY_RETIRED} <= known
    assert {f"differs_{what}" for what in MARKED if what != "entry"} <= known
    of_stages = {f"{what}_{stage}" for what in ("stage", "chances", "calibration") for stage in STAGES}
    assert {*SESSIONS, *of_stages, *(f"follows_{stage}" for stage in STAGES[:-1])} <= known
    assert {f"departed_{reason}" for reason in REASONS} <= known
    assert {f"out_{status}" for status in STATUS_CLASSES if status != "classified"} <= known


def test_every_event_country_and_nationality_since_1950_has_a_portuguese_name(recording: Path):
    answers = [json.loads(gzip.decompress(f.read_bytes())) for f in recording.glob("[0-9]*.json.gz")]
    races = [race for answer in answers for race in answer["races"]]
    events = {race["raceName"] for race in races}
    assert len(events) > 50
    assert events <= set(texts.book()["events_pt"])
    same = {"Argentina", "China", "Portugal", "Singapore"}
    countries = {race["Circuit"]["Location"]["country"] for race in races if "Circuit" in race}
    assert countries - same - set(texts.book()["countries_pt"]) == set()


def test_every_reason_since_1950_has_a_portuguese_name_and_a_new_one_keeps_its_own():
    files = [UPSTREAM.parent / "f1db" / "data" / f"races-{name}-results.csv.xz" for name in ("race", "sprint-race")]
    if not files[0].is_file():
        pytest.skip("no F1DB: shared/f1db is not beside the checkout")
    rows = [pl.read_csv(lzma.decompress(file.read_bytes()), infer_schema=False) for file in files]
    reasons = {*pl.concat(rows, how="diagonal")["reasonRetired"].drop_nulls()}
    assert len(reasons) > 190
    same = {"ERS"}
    assert {words for words in reasons if texts.reason("pt", words) == words} == same
    assert {texts.reason("en", words) for words in reasons} == reasons
    assert texts.reason("pt", "Car raced by Gurney") == "carro cedido a Gurney"
    assert texts.reason("pt", "Flux capacitor") == "Flux capacitor"


@pytest.mark.parametrize(
    ("of_address", "accepted", "language"),
    [
        (None, "pt-BR,pt;q=0.9,en;q=0.8", "pt"),
        (None, "de,en;q=0.4,pt;q=0.6", "pt"),
        ("en", "pt-BR", "en"),
        ("PT", "en", "pt"),
        ("xx", "de", "en"),
        (None, None, "en"),
        ("", "", "en"),
        (None, ";q=x,=,;", "en"),
    ],
)
def test_the_address_beats_the_browser_and_english_is_the_rest(
    of_address: str | None, accepted: str | None, language: str
):
    assert texts.language_for(of_address, accepted) == language


@pytest.mark.parametrize(
    ("share", "decimals", "english", "portuguese"),
    [
        (0.714, 0, "71%", "71%"),
        (0.714, 1, "71.4%", "71,4%"),
        (0.0, 0, "0%", "0%"),
        (1.0, 0, "100%", "100%"),
        (0.004, 0, "<1%", "<1%"),
        (0.9996, 0, ">99%", ">99%"),
        (0.0004, 1, "<0.1%", "<0,1%"),
        (0.99996, 1, ">99.9%", ">99,9%"),
    ],
)
def test_shares_read_as_percent_and_only_the_certain_is_certain(
    share: float, decimals: int, english: str, portuguese: str
):
    assert texts.percent("en", share, decimals) == english
    assert texts.percent("pt", share, decimals) == portuguese


def test_one_is_counted_in_the_singular():
    said = [texts.text(language, "why_behind", count=texts.points(language, gap))
            for language in texts.LANGUAGES for gap in (1.0, 0.5, 2.0)]
    assert said == [
        "is 1 point behind", "is 0.5 points behind", "is 2 points behind",
        "está 1 ponto atrás", "está 0,5 ponto atrás", "está 2 pontos atrás",
    ]
    assert texts.text("en", "down", count="1").startswith("down 1 percentage point since")
    assert texts.text("en", "moved", event="X", driver="Y", count="−1") == "X: Y −1 percentage point"


def test_numbers_days_and_events_are_written_as_each_language_does():
    assert [texts.signed_points(change) for change in (0.064, -0.12, 0.001, -0.001)] == [
        "+6",
        "−12",
        "0",
        "0",
    ]
    assert (texts.points("en", 87.5), texts.points("pt", 87.5), texts.points("pt", 196.0)) == (
        "87.5",
        "87,5",
        "196",
    )
    assert [texts.points(language, 3520.5) for language in texts.LANGUAGES] == ["3,520.5", "3.520,5"]
    assert [texts.number(language, 1132) for language in texts.LANGUAGES] == ["1,132", "1.132"]
    assert texts.date("en", dt.date(2026, 7, 5)) == "5 July 2026"
    assert texts.date("pt", dt.date(2026, 3, 8)) == "8 de março de 2026"
    assert texts.date("pt", dt.date(1994, 5, 1)) == "1º de maio de 1994"
    assert texts.instant("en", dt.datetime(2026, 7, 5, 18, 4)) == "5 July 2026, 18:04 UTC"
    assert texts.short_event("en", "British Grand Prix") == "British"
    assert texts.short_event("pt", "British Grand Prix") == "Grã-Bretanha"
    assert texts.short_event("pt", "70th Anniversary Grand Prix") == "70 Anos"
    assert texts.short_event("pt", "New Grand Prix") == "New"
    assert [texts.ordinal("en", place) for place in (1, 2, 3, 11, 22)] == ["1st", "2nd", "3rd", "11th", "22nd"]
    assert texts.ordinal("pt", 2) == "2º"
    assert texts.lap_time(87_097) == "1:27.097"
    assert texts.country("pt", "UK") == "Reino Unido"
    assert texts.nationality("pt", "Brazilian") == "Brasil"
