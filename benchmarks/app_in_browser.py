"""The app in a browser: first page from a warm server, interactions, what-ifs; wall clock as a visitor feels it.

    python -m benchmarks.app_in_browser

Serves the lake at `F1LAKE_LAKE`, else of `make demo`, with `app.py` on a free port of loopback, and drives Debian's
Chromium. An interaction is over when its view is on the screen: two frames after the page's script has put it
there. Targets: first page 2 s, interactions 200 ms and what-ifs 1 s at p95.
"""

import os
import shutil
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parents[1]
LAKE = os.environ.get("F1LAKE_LAKE", str(ROOT / "lake-demo"))
FIRST_PAGES, ROUNDS = 10, 6
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]

GO = """async query => {
  const page = document.querySelector("#f1lake"), link = document.createElement("a");
  link.setAttribute("href", query);
  page.append(link);
  delete page.dataset.ready;
  const start = performance.now();
  link.click();
  while (!page.dataset.ready) await new Promise(requestAnimationFrame);
  await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
  return performance.now() - start;
}"""
HOVER = """async () => {
  const plot = document.querySelector(".plot"), box = plot.getBoundingClientRect(), times = [];
  for (let step = 0; step < 20; step++) {
    const start = performance.now();
    plot.dispatchEvent(new PointerEvent("pointermove",
      { bubbles: true, clientX: box.left + box.width * step / 20, clientY: box.top + 50 }));
    await new Promise(requestAnimationFrame);
    times.push(performance.now() - start);
  }
  return times;
}"""
SEASONS = ("1976", "1984", "1994", "1999", "2007", "2008", "2010", "2012", "2016", "2021")
DAYS = ("03-28", "05-09", "07-18", "09-26", "11-14", "12-12")
INTERACTIONS: dict[str, Callable[[int], str]] = {
    "another view": lambda n: "?tab=" + ("race", "driver", "team", "archive", "model", "title")[n % 6],
    "another season": lambda n: f"?season={SEASONS[n % 10]}",
    "other drivers in the chart": lambda n: "?season=2021&show=" + ",".join(
        ("hamilton", "max_verstappen", "norris", "bottas", "perez", "sainz")[: n % 6 + 1]
    ),
    "a driver": lambda n: "?tab=driver&who=" + ("senna", "prost", "hamilton", "fangio", "massa", "piquet")[n % 6],
    "the archive's slider": lambda n: f"?tab=archive&season=2021&day=2021-{DAYS[n % 6]}",
    "a race": lambda n: f"?tab=race&season=2024&round={n % 20 + 1}",
}


def main() -> None:
    """Measure and print p50 and p95."""
    with served() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        warming = opened(browser, address)
        warming.evaluate(GO, "?tab=what-if")  # the slowest of what the server prepares at its start
        warming.context.close()
        report("first page", [first_page(browser, address) for _ in range(FIRST_PAGES)], 2000)
        page = opened(browser, address)
        everything = []
        for name, query in INTERACTIONS.items():
            times = [page.evaluate(GO, query(n)) for n in range(ROUNDS)]
            everything += times
            report(name, times, 200)
        page.evaluate(GO, "?season=2021")
        report("hover", page.evaluate(HOVER), 200)
        report("interactions together", everything, 200)
        report("what-if", [page.evaluate(GO, query) for query in what_ifs(page)], 1000)
        browser.close()


def what_ifs(page: Page) -> list[str]:
    """Scenarios that nobody has asked for yet, of the races that are to come."""
    page.evaluate(GO, "?tab=what-if")
    rounds = page.eval_on_selector_all("select[name=wins]", "fields => fields.map(field => field.dataset.round)")
    drivers = page.eval_on_selector_all(f"#wins-{rounds[0]} option", "options => options.map(o => o.value)")[1:7]
    return [
        f"?tab=what-if&wins={round_}.{driver},{rounds[-1]}.{drivers[0]}" for round_ in rounds[:2] for driver in drivers
    ]


def first_page(browser: Browser, address: str) -> float:
    """Milliseconds from nothing (empty cache) to the view on the screen."""
    start = time.perf_counter()
    page = opened(browser, address)
    elapsed = 1000 * (time.perf_counter() - start)
    page.context.close()
    return elapsed


def opened(browser: Browser, address: str) -> Page:
    """The first page in a new visitor's browser."""
    page = browser.new_context(locale="en-GB", viewport={"width": 390, "height": 844}).new_page()
    page.goto(address)
    page.wait_for_selector("#f1lake[data-ready] [data-view]")
    return page


def report(name: str, times_ms: list[float], target_ms: int) -> None:
    """One line: p50, p95 and whether the target is met."""
    p95 = statistics.quantiles(times_ms, n=20, method="inclusive")[-1]
    verdict = "" if p95 <= target_ms else f"  over {target_ms} ms"
    print(f"{name:28} p50 {statistics.median(times_ms):6.0f} ms   p95 {p95:6.0f} ms   of {len(times_ms)}{verdict}")


@contextmanager
def served() -> Iterator[str]:
    """`app.py` over the lake; yields its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    environment = os.environ | {"F1LAKE_LAKE": LAKE, "GRADIO_SERVER_PORT": port}
    process = subprocess.Popen([sys.executable, "app.py"], cwd=ROOT, env=environment)
    address = f"http://127.0.0.1:{port}"
    try:
        while process.poll() is None:
            try:
                urllib.request.urlopen(address, timeout=5)
                break
            except OSError:
                time.sleep(0.5)
        yield address
    finally:
        process.terminate()
        process.wait(timeout=30)


if __name__ == "__main__":
    main()
