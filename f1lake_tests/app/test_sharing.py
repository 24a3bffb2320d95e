import io
from collections.abc import Callable

import icalendar
import polars as pl
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from f1lake.app.address import Address, parse
from f1lake.app.calendar_feed import calendar_of
from f1lake.app.live import Live, Snapshot
from f1lake.app.sharing import SIZE
from f1lake.app.views.page import page_view
from f1lake.app.views.summary import LONGEST_LINE, summary
from f1lake.app.views.visit import visit_of
from f1lake_tests.app.conftest import seen
from f1lake_tests.app.small import tables


@pytest.fixture(scope="module")
def client(snapshot: Snapshot, application: Callable) -> TestClient:
    live = Live()
    live.snapshot = snapshot
    return TestClient(application(live))


@pytest.mark.parametrize(
    ("query", "line"),
    [
        ("?lang=en", "Title odds 2026 (15 March 2026): Antonelli 55%, Russell 45%, Stroll <1%"),
        ("?season=2006&lang=pt", "Chances de título em 2006 (19 de março de 2006): M. Schumacher 100%"),
        ("?tab=archive&season=2006&day=2006-03-12", "Title odds 2006 (12 March 2006): M. Schumacher 90%"),
        ("?season=1949", "Title odds 2006 (19 March 2006)"),
        ("?tab=archive", "Title odds 2006 (12 March 2006)"),
        ("?unseen=1", "Title odds 2026 (8 March 2026): Russell 68%, Antonelli 28%"),
        ("?tab=standings&unseen=1", "Drivers' championship 2026 (8 March 2026)"),
        ("?tab=standings", "Drivers' championship 2026 (15 March 2026): Russell 51 pts, Antonelli 50.5 pts, Stroll"),
        ("?tab=race&season=2026&round=2&lang=pt", "Quem vence o GP da China de 2026? (Com o grid): "),
    ],
)
def test_an_address_in_a_few_words(snapshot: Snapshot, query: str, line: str):
    address = parse(query)
    assert summary(visit_of(snapshot, address, address.lang or "en")).line(LONGEST_LINE).startswith(line)


def test_a_line_is_no_longer_than_a_chat_takes(snapshot: Snapshot):
    said = summary(visit_of(snapshot, Address(), "en"))
    assert said.line(60) == "Title odds 2026 (15 March 2026): Antonelli 55%, Russell 45%"
    assert said.line(40) == "Title odds 2026 (15 March 2026)"


def test_a_preview_has_the_questions_words_in_the_language_of_the_link(client: TestClient):
    head = client.get("/?tab=race&season=2026&round=2", headers={"accept-language": "pt-BR"}).text.split("</head>")[0]
    assert '<meta property="og:title" content="Quem vence o GP da China de 2026?">' in head
    picture = "http://testserver/preview.png?tab=race&amp;season=2026&amp;round=2&amp;lang=pt"
    assert f'<meta property="og:image" content="{picture}">' in head
    assert head.count("og:image\"") == 1
    assert "gradio-app/gradio" not in head
    answer = client.get("/preview.png?tab=race&lang=pt")
    assert (answer.status_code, Image.open(io.BytesIO(answer.content)).size) == (200, SIZE)


def test_the_words_are_there_before_any_script(client: TestClient):
    body = client.get("/?tab=standings&lang=pt").text.split("</head>")[1]
    words_first = body.split("<script")[0]
    assert "Campeonato de pilotos" in words_first
    assert "Antonelli" in words_first


def test_a_link_without_spoilers_has_a_preview_without_them(client: TestClient):
    page = client.get("/?unseen=1&lang=en").text
    assert "(8 March 2026): Russell 68%, Antonelli 28%" in page
    assert "15 March 2026" not in page.split("<script")[0]
    assert client.get("/preview.png?unseen=1&lang=en").content != client.get("/preview.png?lang=en").content
    assert "(8 March 2026)" in client.get("/chat/title?unseen=1&lang=en").text


def test_a_chat_bot_gets_one_line(client: TestClient):
    answer = client.get("/chat/title?lang=pt")
    assert answer.text.startswith("Chances de título em 2026 (15 de março de 2026): Antonelli 55%")
    assert len(answer.text) <= LONGEST_LINE
    assert answer.headers["content-type"].startswith("text/plain")
    assert client.get("/chat/weather").status_code == 404


def test_an_overlay_is_transparent_and_says_the_same(client: TestClient):
    page = client.get("/overlay/race?lang=en").text
    assert "background: transparent" in page
    assert "Who wins the Japanese Grand Prix 2026?" in page


def test_an_embedded_page_has_no_navigation(snapshot: Snapshot):
    page = page_view(snapshot, parse("?embed=1&tab=race"), "en").html
    assert "<header" not in page
    assert "<footer" not in page
    assert "embed=1" in page, "its links stay so"


def test_the_calendar_follows_the_schedule_and_has_the_favourites():
    frames = tables()
    entries = {str(entry["uid"]): entry for entry in _feed(frames).walk("VEVENT")}
    race = entries["2026-Japanese%20Grand%20Prix-race_start@f1lake"]
    assert race.decoded("dtstart").isoformat() == "2026-03-22T14:00:00+00:00"
    assert str(race["summary"]) == "GP do Japão: Corrida"
    assert str(race["description"]).startswith("Quem vence o GP do Japão de 2026?")
    assert "2026-Chinese%20Grand%20Prix-sprint_start@f1lake" in entries
    events = frames["silver/events"]
    japan = pl.col("event_name") == "Japanese Grand Prix"
    moved = events.filter(pl.col("event_name") != "Brazilian Grand Prix").with_columns(
        pl.when(japan).then(pl.col("race_start").dt.offset_by("7d")).otherwise("race_start")
    )
    later = {str(entry["uid"]): entry for entry in _feed(frames | {"silver/events": moved}).walk("VEVENT")}
    assert later[str(race["uid"])].decoded("dtstart").isoformat() == "2026-03-29T14:00:00+00:00"
    assert [uid for uid in later if "Brazilian" in uid] == []


def _feed(frames: dict[str, pl.DataFrame]) -> icalendar.Calendar:
    return icalendar.Calendar.from_ical(calendar_of(visit_of(seen(frames), Address(), "pt")))


def test_without_odds_there_is_nothing_to_pass_on(application: Callable):
    client = TestClient(application(Live()))
    assert [client.get(path).status_code for path in ("/chat/title", "/preview.png", "/calendar.ics")] == [503] * 3
    assert client.get("/").status_code == 200
