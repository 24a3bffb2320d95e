import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl
import pytest
from starlette.testclient import TestClient

from f1lake.app import scenarios
from f1lake.app.live import Live, Snapshot
from f1lake_tests.app.small import odds


@pytest.fixture(scope="module")
def live(snapshot: Snapshot) -> Live:
    live = Live()
    live.snapshot = snapshot
    return live


@pytest.fixture(scope="module")
def client(live: Live, application: Callable) -> Iterator[TestClient]:
    with TestClient(application(live)) as client:
        yield client


def call(client: TestClient, name: str, *data: object) -> tuple[int, dict]:
    answer = client.post(f"/gradio_api/run/{name}", json={"data": list(data)})
    return answer.status_code, answer.json()


def show(client: TestClient, said: object) -> dict:
    component = next(c for c in client.get("/config").json()["components"] if c["type"] == "html")
    body = {"data": said, "component_id": component["id"], "fn_name": "show", "session_hash": "x"}
    return json.loads(client.post("/gradio_api/component_server", json=body).json())


def test_the_page_is_one_document_with_its_style(client: TestClient):
    page = client.get("/")
    assert page.status_code == 200
    assert "--accent" in page.text
    assert page.headers["x-content-type-options"] == "nosniff"


def test_an_address_is_answered_in_the_language_of_the_browser(client: TestClient):
    answer = show(client, json.dumps({"query": "?tab=race", "languages": "pt-BR,en"}))
    assert (answer["language"], answer["title"]) == ("pt", "GP do Japão · f1lake")
    assert "Próxima corrida" in answer["html"]


def test_what_has_been_seen_is_not_sent_again(client: TestClient):
    assert show(client, json.dumps({"query": "?", "seen": "1"})) == {}
    assert show(client, json.dumps({"query": "?", "seen": "0"}))["stamp"] == "1"


@pytest.mark.parametrize(
    "said",
    ["", "x", "[]", "7", "null", '{"query": 7}', '{"query": ["a"]}', {"query": "?"}, 7, None, "9" * 15_000],
)
def test_what_is_no_question_gets_the_first_page(client: TestClient, said: object):
    assert "2026" in show(client, said)["title"]


def test_a_view_that_fails_is_told_in_words_and_logged(
    live: Live, snapshot: Snapshot, client: TestClient, caplog: pytest.LogCaptureFixture
):
    live.snapshot = Snapshot("broken", {}, {"drivers": pl.DataFrame()})
    try:
        answer = show(client, json.dumps({"query": "?lang=en"}))
    finally:
        live.snapshot = snapshot
    assert "Something went wrong on our side" in answer["html"]
    assert "Traceback" not in answer["html"]
    assert "the view cannot be shown" in caplog.text


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/file=/etc/passwd", "/gradio_api/upload", "/gradio_api/proxy=http://127.0.0.1", "/monitoring",
        "/gradio_api/vibe-code", "/gradio_api/process_recording", "/docs", "/login", "/gradio_api/runs",
    ],
)
def test_what_the_page_does_not_need_is_closed(client: TestClient, path: str):
    assert client.get(path).status_code == 404
    assert client.post(path, json={}).status_code == 404


def test_large_requests_are_refused(client: TestClient):
    from f1lake.app.gate import LARGEST_BODY

    assert client.post("/gradio_api/run/title_odds", content=b"x" * (LARGEST_BODY + 1)).status_code == 413


def test_the_api_gives_the_odds_of_the_table(client: TestClient):
    status, answer = call(client, "title_odds", 2026, "drivers")
    assert status == 200
    found = {(row["as_of"], row["id"]): row["probability"] for row in answer["data"][0]}
    table = odds().filter(pl.col("season") == 2026).select("as_of", "driver_id", "probability")
    assert found == {(str(day), who): share for day, who, share in table.rows()}


def test_the_api_gives_a_race(client: TestClient):
    _, answer = call(client, "race_odds", 2026, 2)
    rows = answer["data"][0]
    assert {row["stage"] for row in rows} == {"grid", "qualifying", "before_qualifying"}
    assert next(row for row in rows if row["id"] == "antonelli")["p_win"] == 0.5


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("title_odds", (1949, "drivers")), ("title_odds", ("2026; DROP", "drivers")), ("title_odds", (2026, "pilots")),
        ("title_odds", (10**30, "drivers")), ("title_odds", (None, None)), ("race_odds", (2026, 99)),
        ("race_odds", ([], {})), ("race_odds", (True, 1)),
    ],
)
def test_the_api_refuses_in_words_without_a_path_or_a_trace(client: TestClient, name: str, data: tuple):
    status, answer = call(client, name, *data)
    assert status == 422
    assert "Traceback" not in json.dumps(answer)
    assert "/" not in (answer.get("error") or "")


DEEP = "[" * 9_000 + "]" * 9_000


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("component_server", {"data": "x", "component_id": 99_999, "fn_name": "show", "session_hash": "x"}, 404),
        ("component_server", {"data": "x", "component_id": 1, "fn_name": "nothing", "session_hash": "x"}, 404),
        ("component_server", [], 400),
        ("component_server", DEEP, 400),
        ("run/nothing", {"data": [1]}, 404),
        ("call/nothing", {"data": [1]}, 404),
        ("call/title_odds", {"data": [], "fn_index": 99}, 404),
        ("run/title_odds", '{"data": ' + DEEP + "}", 400),
        ("queue/join", {"data": [], "fn_index": 99, "session_hash": "x"}, 404),
        ("queue/join", {}, 422),
    ],
)
def test_what_is_not_there_or_no_request_is_refused_without_a_trace(
    live: Live, application: Callable, path: str, body: object, status: int, capfd: pytest.CaptureFixture[str]
):
    with TestClient(application(live), raise_server_exceptions=False) as client:
        content = body if isinstance(body, str) else json.dumps(body)
        headers = {"Content-Type": "application/json"}
        answer = client.post(f"/gradio_api/{path}", content=content, headers=headers)
    assert answer.status_code == status
    assert "Traceback" not in answer.text + "".join(capfd.readouterr())


@pytest.mark.parametrize("name", ["odds/title_odds", "gold/driver_career"])
def test_tables_can_be_downloaded_as_csv_and_parquet(client: TestClient, snapshot: Snapshot, name: str):
    table = snapshot.tables[name]
    parquet = client.get(f"/download/{name}.parquet")
    assert pl.read_parquet(io.BytesIO(parquet.content)).equals(table)
    csv = client.get(f"/download/{name}.csv")
    assert csv.headers["content-disposition"] == f'attachment; filename="{name.partition("/")[2]}.csv"'
    assert pl.read_csv(io.BytesIO(csv.content)).shape == table.shape


@pytest.mark.parametrize(
    "name",
    ["silver/drivers.csv", "gold/driver_career.exe", "gold/..%2Fx.csv", "raw/x.parquet", "gold/.csv"],
)
def test_no_other_table_can_be(client: TestClient, name: str):
    assert client.get(f"/download/{name}").status_code == 404


def test_nothing_that_is_served_names_a_place_on_the_machine(client: TestClient):
    for path in ("/", "/config", "/gradio_api/info", "/gradio_api/openapi.json"):
        assert str(Path(__file__).parents[2]) not in client.get(path).text
        assert str(Path.home()) + "/" not in client.get(path).text


@pytest.mark.usefixtures("application")
def test_a_lake_that_cannot_be_prepared_is_logged_and_no_error(caplog: pytest.LogCaptureFixture):
    from f1lake.app.page import prepare

    prepare(Snapshot("empty", problem="no_odds"))
    assert caplog.text == ""
    prepare(Snapshot("odd"))
    assert "the views cannot be prepared" in caplog.text


def test_the_views_are_made_before_a_visitor_asks(
    monkeypatch: pytest.MonkeyPatch, snapshot: Snapshot, client: TestClient, caplog: pytest.LogCaptureFixture
):
    from f1lake.app import page

    published = {"title": ["driver"], "entrant_id": ["russell"], "change": [0.0]}
    published |= {"probability": [1.0], "probability_published": [1.0]}
    monkeypatch.setattr(scenarios.what_if, "odds", lambda as_of, changes: pl.DataFrame(published))
    page.prepare(snapshot)
    assert caplog.text == ""
    monkeypatch.setattr(page, "page_view", None)
    for query in ("?", "?tab=race", "?tab=driver", "?tab=driver&who=antonelli", "?tab=what-if", "?tab=archive"):
        assert show(client, json.dumps({"query": query, "languages": "pt"}))["stamp"] == snapshot.stamp
