"""The API's endpoints as tools for assistants: the Model Context Protocol over HTTP, as a client speaks it."""

import ast
import json
from collections.abc import Callable, Iterator

import polars as pl
import pytest
from starlette.testclient import TestClient

from f1lake.app.live import Live, Snapshot

TOOLS = {"title_odds", "title_odds_on", "race_odds", "what_if", "standings", "duel", "search"}
ACCEPTED = {"Accept": "application/json, text/event-stream"}


@pytest.fixture(scope="module")
def client(snapshot: Snapshot, application: Callable) -> Iterator[TestClient]:
    live = Live()
    live.snapshot = snapshot
    with TestClient(application(live)) as client:
        yield client


def visit(client: TestClient, method: str, **params: object) -> dict:
    said = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    answer = client.post("/gradio_api/mcp/", json=said, headers=ACCEPTED)
    assert answer.status_code == 200, answer.text
    text = answer.text
    return json.loads(text if text.startswith("{") else text.partition("data: ")[2].splitlines()[0])["result"]


def called(client: TestClient, tool: str, **arguments: object) -> dict:
    return visit(client, "tools/call", name=tool, arguments=arguments)


def test_every_tool_and_each_of_its_arguments_is_described(client: TestClient):
    tools = visit(client, "tools/list")["tools"]
    assert {tool["name"] for tool in tools} == TOOLS
    for tool in tools:
        assert len(tool["description"]) > 80, tool
        assert all(len(about.get("description", "")) > 15 for about in tool["inputSchema"]["properties"].values()), tool


def test_a_tool_answers_with_rows_of_the_tables(client: TestClient, race_2026: pl.DataFrame):
    answer = called(client, "title_odds_on", season=2026, kind="drivers", day="latest")
    rows = ast.literal_eval(answer["content"][0]["text"])
    newest = race_2026.filter(pl.col("as_of") == pl.col("as_of").max())
    assert {row["id"]: row["probability"] for row in rows} == dict(newest.select("id", "probability").iter_rows())


def test_names_are_found_and_set_against_each_other(client: TestClient):
    found = called(client, "search", words="russell")["content"][0]["text"]
    assert "'id': 'russell'" in found
    told = called(client, "duel", one="russell", other="antonelli", kind="drivers")["content"][0]["text"]
    assert "race_duels_won" in told


@pytest.mark.parametrize(
    ("tool", "arguments", "why"),
    [
        ("title_odds", {"season": 1949}, "2006 to 2026"), ("duel", {"one": "nobody", "other": "russell"}, "search"),
        ("standings", {"season": 1900, "round": 1}, "2006 to 2026"),
        ("title_odds_on", {"season": 2026, "day": "2026-01-02"}, "2026-03-08"),
    ],
)
def test_a_tool_says_why_not(client: TestClient, tool: str, arguments: dict, why: str):
    answer = called(client, tool, **arguments)
    assert answer["isError"]
    assert why in answer["content"][0]["text"]
