"""A browser on a running app: what the tests in Debian's Chromium share, those of every day and of the soak.

What does not belong here: what a page must show.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from f1lake_tests.app.serve import LAYERS, serve

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = shutil.which("chromium")
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="no chromium here (Debian: apt-get install chromium)")
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]
READY = "#f1lake[data-ready] [data-view]"
CUT_OFF = """() => [...document.querySelectorAll("#f1lake *")]
  .filter(e => !e.closest(".scroll, .tabs, .unseen, [hidden], pre") && e.offsetParent
    && !(e instanceof SVGElement) && e.getBoundingClientRect().right > innerWidth + 1)
  .map(e => e.className + ": " + e.textContent.slice(0, 40))"""


@pytest.fixture(scope="module")
def served(history: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The address of a running app, and the lake it reads: a copy of what the page needs of the recorded one."""
    folder = tmp_path_factory.mktemp("app")
    for layer in LAYERS:
        shutil.copytree(history / layer, folder / "lake" / layer)
    with serve(folder / "lake") as app:
        yield app.address, folder / "lake"


@contextmanager
def started() -> Iterator[Any]:
    """A browser, of the thread that starts it."""
    with playwright.sync_playwright() as running:
        browser = running.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with started() as browser:
        yield browser


@pytest.fixture
def visit(served: tuple[str, Path], browser: Any) -> Iterator[Callable]:
    """Opens the page as a new visitor; afterwards: no console error, no request to anybody else."""
    with visitors(browser, served[0]) as visit:
        yield visit


@contextmanager
def visitors(browser: Any, address: str) -> Iterator[Callable]:
    """What `visit` gives, in a browser of one's own."""
    problems: list[str] = []
    contexts = []

    def open_page(query: str = "", locale: str = "en-GB", width: int = 1440, scheme: str = "light"):
        contexts.append(browser.new_context(
            locale=locale, viewport={"width": width, "height": 900}, color_scheme=scheme,
            timezone_id="America/Sao_Paulo",
        ))
        page = contexts[-1].new_page()
        page.on("console", lambda m: problems.append(m.text) if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("request", lambda r: problems.append(r.url) if not _own(r.url, address) else None)
        page.goto(address + "/" + query)
        page.wait_for_selector(READY)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert problems == []


def _own(url: str, address: str) -> bool:
    return url.startswith((address, "data:", "blob:"))
