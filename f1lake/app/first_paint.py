"""The words of an address in the page itself, before any script has run: the tags of its preview, and its view."""

import html
import re
from pathlib import Path

from fastapi import Request
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from f1lake.app.live import Live
from f1lake.app.page import view_at
from f1lake.app.sharing import SIZE, visit_in
from f1lake.app.views.summary import LONGEST_LINE, Summary, summary

STYLE = Path(__file__).parent / "style.css"
"""The page's own style comes with Gradio's script, too late for the first words."""
LOCALES = {"pt": "pt_BR", "en": "en_GB"}


class FirstPaint:
    """ASGI middleware: the page's head and body say what its address shows, before any script has run.

    The head has the tags of a preview in place of Gradio's own words; the body begins with the view, which `page.js`
    takes away once its own is there. So previews, readers without JavaScript and slow phones have the words at once.
    """

    def __init__(self, app: ASGIApp, live: Live) -> None:
        self._app, self._live = app, live

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Rewrite the page itself; pass everything else on."""
        if scope["type"] != "http" or scope["path"] != "/" or scope["method"] != "GET":
            return await self._app(scope, receive, send)
        start: Message = {}
        body = b""

        async def hold(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start":
                start = message
                return
            if message["type"] != "http.response.body":
                return
            body += message.get("body", b"")
            if message.get("more_body"):
                return
            if Headers(raw=start["headers"]).get("content-type", "").startswith("text/html"):
                body = self._with_words(Request(scope), body)
                MutableHeaders(raw=start["headers"])["content-length"] = str(len(body))
            await send(start)
            await send({"type": "http.response.body", "body": body})

        await self._app(scope, receive, hold)

    def _with_words(self, request: Request, body: bytes) -> bytes:
        snapshot = self._live.snapshot
        if snapshot.problem:
            return body
        visit = visit_in(request, snapshot)
        tags = head_of(summary(visit), request, visit.language)
        view = view_at(snapshot, request.url.query, visit.language)["html"]
        page = re.sub(r"<meta\s[^>]*?(?:og:|twitter:|name=\"description\")[^>]*?>", "", body.decode())
        page = page.replace("<head>", "<head>" + tags, 1)
        words = f'<div class="first-paint"><style>{STYLE.read_text()}</style><div id="f1lake">{view}</div></div>'
        return re.sub(r"<body[^>]*>", lambda tag: tag[0] + words, page, count=1).encode()


def head_of(shown: Summary, request: Request, language: str) -> str:
    """The tags of a preview: title, description, picture and address, in the language of the link."""
    root = f"{request.url.scheme}://{request.url.netloc}{request.scope.get('root_path', '')}/"
    query = "&".join(filter(None, [request.url.query, "" if "lang=" in request.url.query else f"lang={language}"]))
    values = {
        "og:type": "website", "og:site_name": "f1lake", "og:title": shown.question,
        "og:description": shown.line(LONGEST_LINE),
        "og:url": f"{root}?{query}", "og:image": f"{root}preview.png?{query}", "og:image:width": str(SIZE[0]),
        "og:image:height": str(SIZE[1]), "og:locale": LOCALES[language],
    }
    tags = [f'<meta property="{name}" content="{html.escape(value)}">' for name, value in values.items()]
    tags += ['<meta name="twitter:card" content="summary_large_image">',
             f'<meta name="description" content="{html.escape(values["og:description"])}">']
    return "".join(tags)
