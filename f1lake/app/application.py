"""The app as a web application: Gradio's page behind the gate, and the files to download.

Not here: serving it (`server.py`).
"""

import os

from fastapi import FastAPI
from starlette.middleware.gzip import GZipMiddleware

from f1lake.app import downloads, sharing
from f1lake.app.first_paint import FirstPaint
from f1lake.app.gate import Gate
from f1lake.app.lean_gradio import gr, themes
from f1lake.app.live import Live
from f1lake.app.page import FOLDER, build

FONT = themes.LocalFont("IBM Plex Sans", weights=(400, 700))
"""Served by Gradio itself; its own 600 of this family holds Cyrillic letters only."""

MOST_QUEUED = 50
"""What may wait in Gradio's queue, which the page and its API do without."""

KEPT_SESSIONS = 200
"""How many visitors Gradio remembers (10,000 by default): nothing of ours is in what it keeps of them."""

def application(live: Live) -> FastAPI:
    """The page, its API and its downloads as an ASGI application, read-only."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.add_middleware(FirstPaint, live=live)
    app.add_middleware(GZipMiddleware, minimum_size=2000, compresslevel=5)
    page = build(live)
    app.add_middleware(Gate, page=page)
    downloads.offer(app, live)
    sharing.offer(app, live)
    page.queue(max_size=MOST_QUEUED)
    page.state_session_capacity = KEPT_SESSIONS
    return gr.mount_gradio_app(
        app, page, path="/", root_path=os.environ.get("GRADIO_ROOT_PATH"),
        theme=themes.Base(neutral_hue="slate", radius_size="sm", font=[FONT, "system-ui", "sans-serif"]),
        head=_head(), favicon_path=str(FOLDER / "favicon.svg"),
        footer_links=[], run_history=False, ssr_mode=False, show_error=False, max_file_size=1, enable_monitoring=False,
        mcp_server=True,
    )


def _head() -> str:
    """What stands in the page's head. The style goes there whole: Gradio's `css` would rewrite its selectors."""
    return (FOLDER / "head.html").read_text() + f"<style>{(FOLDER / 'style.css').read_text()}</style>"
