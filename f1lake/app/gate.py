"""The gate before the app: what of Gradio is open to the public, and what a request may look like.

Gradio answers with status 500 if it does not have what is requested, and also if the API refuses a request on
purpose. The gate answers the first with 404, before Gradio sees it, and turns the second into 422. Not here:
what the page and the API answer (`page.py`, `api.py`).
"""

import json
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from f1lake.app.lean_gradio import gr

OPEN = (
    "/assets/", "/static/", "/svelte/", "/download/", "/theme.css", "/favicon.ico", "/robots.txt", "/manifest.json",
    "/config", "/gradio_api/info", "/gradio_api/openapi.json", "/gradio_api/app_id", "/gradio_api/startup-events",
    "/gradio_api/heartbeat/", "/gradio_api/component_server", "/gradio_api/call/", "/gradio_api/queue/",
    "/gradio_api/run/", "/gradio_api/theme.css", "/gradio_api/mcp/",
    "/preview.png", "/calendar.ics", "/chat/", "/overlay/",
)
"""All that the page and the API need. Gradio has more (uploads, files, a proxy, editing): it is closed."""

LARGEST_BODY = 20_000
"""Bytes of a request. The longest useful one is a what-if with some hundred results."""

API = ("/gradio_api/run/", "/gradio_api/call/")
"""Behind these stands the name of an endpoint."""

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


class Gate:
    """ASGI middleware: 404 for every path outside `OPEN`, 413 for a body larger than `LARGEST_BODY`."""

    def __init__(self, app: ASGIApp, page: gr.Blocks) -> None:
        self._app = app
        self._endpoints = {str(fn.api_name) for fn in page.fns.values()}
        self._functions, self._components = set(page.fns), set(page.blocks)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass on with `HEADERS` added."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        if (refusal := _refusal(scope)) is not None:
            return await refusal(scope, receive, send)
        body = await _body(receive) if scope["method"] == "POST" else b""
        if len(body) > LARGEST_BODY:
            return await TOO_LARGE(scope, receive, send)
        if scope["method"] == "POST" and not self._has(scope["path"], body):
            return await NOTHING_HERE(scope, receive, send)
        replayed = iter([{"type": "http.request", "body": body}])

        async def receive_again() -> Message:
            return next(replayed, None) or await receive()

        passed = _Passed(send, is_api=scope["path"].startswith(API))
        await self._app(scope, receive_again if scope["method"] == "POST" else receive, passed.send)

    def _has(self, path: str, body: bytes) -> bool:
        """Whether Gradio has the endpoint, function or component that a request names. Gradio checks the rest."""
        for prefix in API:
            if path.startswith(prefix) and path.removeprefix(prefix).partition("/")[0] not in self._endpoints:
                return False
        try:
            fields = json.loads(body)
        except (ValueError, RecursionError):
            return True  # Gradio answers 400
        if not isinstance(fields, dict):
            return True
        return _is_among(fields.get("fn_index"), self._functions) and _is_among(
            fields.get("component_id"), self._components
        )


class _Passed:
    """Passes an answer on, with `HEADERS`, and with 422 where an endpoint refused on purpose."""

    def __init__(self, send: Send, is_api: bool) -> None:
        self._send, self._is_api = send, is_api
        self._held: Message | None = None

    async def send(self, message: Message) -> None:
        """Send a part of the answer on; a 500 of the API waits for the first part of its body."""
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).update(HEADERS)
            if self._is_api and message["status"] == 500:
                self._held = message
                return
        elif self._held is not None:
            self._held["status"] = 422 if _is_meant(message.get("body", b"")) else 500
            await self._send(self._held)
            self._held = None
        await self._send(message)


def _is_meant(body: bytes) -> bool:
    """Whether an error has a message: Gradio passes on the message of a `gr.Error` and hides all others."""
    try:
        return bool(json.loads(body).get("error"))
    except (ValueError, AttributeError):
        return False


def _is_among(named: Any, known: set[int]) -> bool:
    return not isinstance(named, int) or named in known


async def _body(receive: Receive) -> bytes:
    """A request's body; reading stops at the first part that exceeds `LARGEST_BODY`."""
    body, is_over = b"", False
    while not is_over and len(body) <= LARGEST_BODY:
        message = await receive()
        body += message.get("body", b"")
        is_over = not message.get("more_body", False)
    return body


NOTHING_HERE = PlainTextResponse("There is nothing here.", 404)
TOO_LARGE = PlainTextResponse("That is more than this page takes.", 413)


def _refusal(scope: Scope) -> Response | None:
    path = scope["path"]
    if path != "/" and not path.startswith(OPEN):
        return NOTHING_HERE
    length = Headers(scope=scope).get("content-length", "")
    if scope["method"] == "POST" and not (length.isdigit() and int(length) <= LARGEST_BODY):
        return TOO_LARGE
    return None
