"""`make pictures`: takes the pictures of README and docs anew, from the lake of the demo and this version's pages.

Needs Chromium and a lake that `make demo` built. The picture of a failed check is taken on a copy of the odds that is
wrong on purpose, in a Dagster home of its own.
"""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl
from PIL import Image, ImageDraw
from playwright.sync_api import Browser, Page, sync_playwright

from f1lake.automation.checks.odds import probabilities_are_valid
from f1lake.cli.lakes import choose_lake
from f1lake.contracts import declared
from f1lake.home import dagster_home
from f1lake.settings import settings
from f1lake.storage.delta_io import DeltaIOManager
from f1lake.storage.lake import read
from f1lake_tests.app.browsing import CHROMIUM, FLAGS, READY
from f1lake_tests.app.serve import serve

ROOT = Path(__file__).resolve().parents[1]
IMAGES = ROOT / "docs" / "images"
BACKGROUND, GAP, ROUND = "#e5e8f0", 18, 20
"""Of the picture that shows three phones: color, pixels between them, and radius of their corners."""
PHONES = [("", "pt-BR", "light"), ("?tab=race", "en-GB", "dark"), ("?tab=what-if", "en-GB", "light")]
ASSET = "/assets/gold/driver_standings"
AT_REST_MS = 10_000
"""Until everything has loaded and nothing moves any more."""


def main() -> None:
    """Take every picture."""
    os.environ["F1LAKE_LAKE"] = choose_lake()
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        with serve(settings().lake) as app:
            of_app(browser, app.address)
        with dagster_ui(dagster_home()) as address:
            of_dagster(browser, address)
        of_failed_check(browser)
        browser.close()


def of_app(browser: Browser, address: str) -> None:
    """The title race, three views on a phone, a past title fight, a driver."""
    for name, query, width, height in [
        ("app", "", 1240, 1310), ("app-archive", "?tab=archive&season=2008&day=2008-10-19", 1000, 1400),
        ("app-driver", "?tab=driver&who=senna", 1000, 1400),
    ]:  # fmt: skip
        save(name, shot(browser, f"{address}/{query}", READY, width, height))
    screens = [
        Image.open(BytesIO(shot(browser, f"{address}/{query}", READY, 378, 818, locale, scheme)))
        for query, locale, scheme in PHONES
    ]
    width, height = screens[0].size
    together = Image.new("RGB", (len(screens) * (width + GAP) + GAP, height + 2 * GAP), BACKGROUND)
    corners = Image.new("L", (width, height))
    ImageDraw.Draw(corners).rounded_rectangle((0, 0, width - 1, height - 1), ROUND, fill=255)
    for at, screen in enumerate(screens):
        together.paste(screen, (GAP + at * (width + GAP), GAP), corners)
    together.save(IMAGES / "app-phone.png", optimize=True)


def of_dagster(browser: Browser, address: str) -> None:
    """The layers, a table's page, its plot, and what runs automatically."""
    save("asset-graph", shot(browser, f"{address}/asset-groups", "text=odds", 1360, 340))
    save("automation", shot(browser, f"{address}/automation", "text=race_weekend_sensor", 1200, 520))
    page = opened(browser, f"{address}{ASSET}?view=overview", "text=table_version", 1200, 780)
    save("asset-page", page.screenshot())
    page.get_by_text("Show Markdown", exact=False).first.click()
    page.wait_for_selector("text=points_dropped")  # the rows below the plot
    page.wait_for_timeout(AT_REST_MS)
    save("asset-plot", page.screenshot())
    page.context.close()


def of_failed_check(browser: Browser) -> None:
    """The check of the title odds on a copy in which everybody still has a chance."""
    declared()  # what may be written
    names = ("odds/title_odds", "silver/session_results", "silver/season_state")
    tables = {name: read(name).collect() for name in names}
    with tempfile.TemporaryDirectory() as folder, environment(F1LAKE_LAKE=f"{folder}/lake", DAGSTER_HOME=None):
        equal = (1 / pl.len()).over("season", "as_of", "model_version")
        tables["odds/title_odds"] = tables["odds/title_odds"].with_columns(probability=equal)
        for name, rows in tables.items():
            DeltaIOManager().write(name, rows, sorted(set(rows["season"])))
        job = dg.define_asset_job("check", dg.AssetSelection.checks(probabilities_are_valid))
        spec = dg.AssetSpec(["odds", "title_odds"])
        defs = dg.Definitions(assets=[spec], asset_checks=[probabilities_are_valid], jobs=[job])
        home = dagster_home()
        with dg.DagsterInstance.get() as instance:
            defs.resolve_job_def("check").execute_in_process(instance=instance)
        with dagster_ui(home) as address:
            view = f"{address}/assets/odds/title_odds?view=checks&checkDetail=probabilities_are_valid"
            save("failed-check", shot(browser, view, "text=chances of", 1200, 780))


@contextlib.contextmanager
def environment(**values: str | None) -> Iterator[None]:
    """Other environment variables for a while; None: none."""
    before = dict(os.environ)
    os.environ.update({name: value for name, value in values.items() if value is not None})
    for name in (name for name, value in values.items() if value is None):
        os.environ.pop(name, None)
    yield
    os.environ.clear()
    os.environ.update(before)


@contextlib.contextmanager
def dagster_ui(home: Path) -> Iterator[str]:
    """The address of a webserver on a Dagster home."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "dagster_webserver", "-w", "workspace.yaml", "-h", "127.0.0.1", "-p", str(port)]
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            command, cwd=ROOT, env=os.environ | {"DAGSTER_HOME": str(home)}, stdout=log, stderr=log
        )
        try:
            for _ in range(300):
                with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/server_info"):
                    break
                time.sleep(1)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(60)


def opened(browser: Browser, address: str, ready: str, width: int, height: int, **options: Any) -> Page:
    """A page in a window of this size, once `ready` is on it and nothing moves."""
    context = browser.new_context(
        viewport={"width": width, "height": height}, timezone_id="America/Sao_Paulo", **options
    )
    page = context.new_page()
    page.goto(address)
    page.wait_for_selector(ready, timeout=180_000)
    page.wait_for_timeout(AT_REST_MS)
    return page


def shot(
    browser: Browser, address: str, ready: str, width: int, height: int, locale: str = "en-GB", scheme: Any = "light"
) -> bytes:
    """A picture of a page."""
    page = opened(browser, address, ready, width, height, locale=locale, color_scheme=scheme)
    picture = page.screenshot()
    page.context.close()
    return picture


def save(name: str, picture: bytes) -> None:
    """Write a picture of the docs, with few colors, as the pages have."""
    Image.open(BytesIO(picture)).convert("RGB").quantize(256).save(IMAGES / f"{name}.png", optimize=True)


if __name__ == "__main__":
    if shutil.which("chromium") is None:
        sys.exit("Chromium is missing (Debian: apt-get install chromium)")
    main()
