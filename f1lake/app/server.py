"""The web server of the app: what of Gradio is open to the public, the files to download, and the launch."""

import os

import gradio as gr
import uvicorn
from fastapi import FastAPI
from gradio.themes import Base
from gradio.themes.utils.fonts import LocalFont
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from f1lake.app import downloads
from f1lake.app.live import Live
from f1lake.app.page import FOLDER, build, prepare

FONT = LocalFont("IBM Plex Sans", weights=(400, 700))
"""Served by Gradio itself; its own 600 of this family holds Cyrillic letters only."""

OPEN = (
    "/assets/", "/static/", "/svelte/", "/download/", "/theme.css", "/favicon.ico", "/robots.txt", "/manifest.json",
    "/config", "/gradio_api/info", "/gradio_api/openapi.json", "/gradio_api/app_id", "/gradio_api/startup-events",
    "/gradio_api/heartbeat/", "/gradio_api/component_server", "/gradio_api/call/", "/gradio_api/queue/",
    "/gradio_api/run/", "/gradio_api/theme.css",
)
"""All that the page and the API need. Gradio has more (uploads, files, a proxy, editing): it is closed."""

LARGEST_BODY = 20_000
"""Bytes of a request; the longest that means anything is a what-if of some hundred."""

MOST_QUEUED = 50
"""What-ifs of the API that may wait; the next one is told to come again."""

KEPT_SESSIONS = 200
"""How many visitors Gradio remembers (10,000 by default): nothing of ours is in what it keeps of them."""

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


def application(live: Live) -> FastAPI:
    """The page, its API and its downloads as an ASGI application, read-only."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.add_middleware(GZipMiddleware, minimum_size=2000, compresslevel=5)
    app.add_middleware(OnlyWhatIsOpen)
    downloads.offer(app, live)
    page = build(live)
    page.queue(max_size=MOST_QUEUED)
    page.state_session_capacity = KEPT_SESSIONS
    return gr.mount_gradio_app(
        app, page, path="/",
        theme=Base(neutral_hue="slate", radius_size="sm", font=[FONT, "system-ui", "sans-serif"]),
        head=_head(), favicon_path=str(FOLDER / "favicon.svg"),
        footer_links=[], run_history=False, ssr_mode=False, show_error=False, max_file_size=1, enable_monitoring=False,
    )


def _head() -> str:
    """What stands in the page's head. The style goes there whole: Gradio's `css` would rewrite its selectors."""
    return (FOLDER / "head.html").read_text() + f"<style>{(FOLDER / 'style.css').read_text()}</style>"


class OnlyWhatIsOpen:
    """ASGI middleware: what is not `OPEN` is not there, and no request is larger than it can mean."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass on with `HEADERS` added."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        if (refusal := _refusal(scope)) is not None:
            return await refusal(scope, receive, send)

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        return await self.app(scope, receive, with_headers)


def _refusal(scope: Scope) -> Response | None:
    path = scope["path"]
    if path != "/" and not path.startswith(OPEN):
        return PlainTextResponse("There is nothing here.", 404)
    length = Headers(scope=scope).get("content-length", "")
    if scope["method"] == "POST" and not (length.isdigit() and int(length) <= LARGEST_BODY):
        return PlainTextResponse("That is more than this page takes.", 413)
    return None


def launch() -> None:
    """Serve until interrupted, at Gradio's own GRADIO_SERVER_NAME and GRADIO_SERVER_PORT."""
    live = Live(prepare)
    live.watch()
    uvicorn.run(
        application(live), host=os.environ.get("GRADIO_SERVER_NAME", "127.0.0.1"),
        port=int(os.environ.get("GRADIO_SERVER_PORT", "7860")), log_level="warning",
    )
