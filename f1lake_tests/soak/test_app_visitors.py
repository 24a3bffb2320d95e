"""The app under many visitors: a thousand page loads and 50 visitors at once leave its memory flat."""

import itertools
import json
import shutil
import statistics
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from f1lake_tests.app.serve import LAYERS, App, serve

pytestmark = pytest.mark.soak

LOADS, VISITORS, VIEWS_EACH = 1000, 50, 10
MIB = 2**20
QUERIES = [
    f"?lang={language}{rest}"
    for rest in (
        *(f"&season={season}" for season in range(1975, 2026)),
        *(f"&tab={tab}" for tab in ("race", "what-if", "driver", "team", "archive", "model")),
        *(f"&tab=driver&who={who}" for who in ("senna", "prost", "hamilton", "alonso", "fangio", "massa", "clark")),
        *(f"&tab=race&season=2024&round={round_}" for round_ in range(1, 25)),
    )
    for language in ("en", "pt")
]


def visit(app: App, component: int, query: str) -> float:
    """One page load: the document, its view, and the visitor's going; seconds until the view is there."""
    start = time.perf_counter()
    app.get("/" + query)
    said = json.dumps({"query": query, "languages": "en"})
    body = {"data": said, "component_id": component, "fn_name": "show", "session_hash": uuid.uuid4().hex}
    answer = json.loads(app.post("/gradio_api/component_server", body))
    assert "<h1" in answer["html"]
    return time.perf_counter() - start


def test_memory_stays_flat(history: Path, tmp_path: Path):
    for layer in LAYERS:
        shutil.copytree(history / layer, tmp_path / "lake" / layer)
    with serve(tmp_path / "lake") as app:
        process = psutil.Process(app.pid)
        component = next(c["id"] for c in json.loads(app.get("/config"))["components"] if c["type"] == "html")
        queries = itertools.cycle(QUERIES)
        for _ in range(2 * len(QUERIES)):  # fills what the server keeps: views, sessions, threads
            visit(app, component, next(queries))
        with ThreadPoolExecutor(VISITORS) as crowd:
            list(crowd.map(lambda query: visit(app, component, query), QUERIES[:VISITORS]))
        before = process.memory_info().rss
        for _ in range(LOADS):
            visit(app, component, next(queries))
        after_loads = process.memory_info().rss
        asked = [next(queries) for _ in range(VISITORS * VIEWS_EACH)]
        with ThreadPoolExecutor(VISITORS) as crowd:
            times = list(crowd.map(lambda query: visit(app, component, query), asked))
        after_crowd = process.memory_info().rss
    print(
        f"resident: {before / MIB:.0f} MiB, after {LOADS} loads {after_loads / MIB:.0f}, after {VISITORS} at once "
        f"{after_crowd / MIB:.0f}; p95 of a load with {VISITORS} at once {statistics.quantiles(times, n=20)[-1]:.2f} s"
    )
    assert after_loads - before < 30 * MIB
    assert after_crowd - before < 40 * MIB
