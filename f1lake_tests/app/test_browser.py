"""The main path in Debian's Chromium, against `app.py` as a visitor's browser sees it."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl
import pytest

from f1lake_tests.app.small import odds, store, tables

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="no chromium here (Debian: apt-get install chromium)"
)
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
VALUES = """() => {
  const chart = document.querySelector(".js-plotly-plot").data.map(line => [line.name, [...line.y]]);
  const columns = [...document.querySelectorAll("tbody tr")].map(row =>
    [...row.querySelectorAll("td[data-share]")].map(cell => Number(cell.dataset.share)));
  return [chart, columns];
}"""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The address of a running app, and the lake it reads."""
    lake = tmp_path_factory.mktemp("app") / "lake"
    store(lake, tables())
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | {
        "F1LAKE_LAKE": str(lake),
        "GRADIO_SERVER_NAME": "127.0.0.1",
        "GRADIO_SERVER_PORT": str(port),
    }
    project = Path(__file__).parents[2]
    log = tmp_path_factory.mktemp("log") / "app.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "app.py"], cwd=project, env=environment, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        address = f"http://127.0.0.1:{port}"
        _wait_until_served(address, process, log)
        yield address, lake
    finally:
        process.terminate()
        process.wait(timeout=30)


def _wait_until_served(address: str, process: subprocess.Popen, log: Path) -> None:
    for _ in range(240):
        assert process.poll() is None, log.read_text()
        try:
            urllib.request.urlopen(address, timeout=5)
        except OSError:
            time.sleep(0.5)
        else:
            return
    pytest.fail(f"the app did not answer: {log.read_text()}")


@pytest.fixture(scope="module")
def browser() -> Iterator:
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def visit(served: tuple[str, Path], browser) -> Iterator[Callable]:
    """Opens the page as a new visitor; afterwards: no console error, no request to anybody else."""
    address, _ = served
    problems: list[str] = []
    contexts = []

    def open_page(query: str = "", locale: str = "en-GB", width: int = 1440):
        contexts.append(browser.new_context(locale=locale, viewport={"width": width, "height": 900}))
        page = contexts[-1].new_page()
        page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on(
            "request",
            lambda request: problems.append(request.url) if not _own(request.url, address) else None,
        )
        page.goto(address + query)
        page.wait_for_selector(".js-plotly-plot .annotation-text")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert problems == []


def _own(url: str, address: str) -> bool:
    return url.startswith((address, "data:", "blob:"))


def test_the_page_speaks_the_language_of_the_browser_and_of_the_switch(visit: Callable):
    assert "points of probability" in visit().inner_text(".headline")
    page = visit(locale="pt-BR")
    assert "pontos de probabilidade" in page.inner_text(".headline")
    page.locator(".language label", has_text="EN").click()
    page.wait_for_selector("text=The numbers behind it")
    assert "lang=en" in page.url


def test_the_chart_holds_the_values_of_the_table(visit: Callable):
    chart, rows = visit().evaluate(VALUES)
    assert [name for name, _ in chart] == ["Antonelli", "Russell", "Stroll"]
    columns = [list(reversed(column)) for column in zip(*rows, strict=True)]
    assert [values for _, values in chart] == columns
    assert columns[0] == [0.30, 0.28, 0.25, 0.55]


def test_a_shared_address_restores_its_view_and_a_choice_changes_the_address(visit: Callable):
    page = visit("/?season=2026&drivers=bottas,russell&lang=pt")
    assert [name for name, _ in page.evaluate(VALUES)[0]] == ["Russell", "Bottas"]
    assert "Os números por trás" in page.inner_text("body")
    page.locator(".season input").click()
    page.locator("[role=option]", has_text="2006").click()
    page.wait_for_selector("h1:has-text('2006')")
    assert page.url.endswith("season=2006&lang=pt")
    assert visit("/?" + page.url.partition("?")[2]).inner_text("h1").endswith("2006")


def test_nothing_is_cut_off_on_a_phone(visit: Callable):
    page = visit(width=390)
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    labels = page.evaluate(
        "[...document.querySelectorAll('.annotation-text')].map(e => e.getBoundingClientRect().right)"
    )
    assert max(labels) <= 390
    assert "ANT" in page.inner_text(".js-plotly-plot")


def test_new_odds_appear_without_restart_or_reload(visit: Callable, served: tuple[str, Path]):
    page = visit("/?lang=en")
    share = pl.when(pl.col("driver_id") == "antonelli").then(0.91).otherwise(0.03)
    store(served[1], {"odds/title_odds": odds("2").with_columns(probability=share)})
    page.wait_for_selector(".odds:has-text('91%')", timeout=60_000)
    assert "version 2" in page.inner_text("footer")
