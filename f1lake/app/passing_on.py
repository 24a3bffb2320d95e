"""What others show of the page: previews of its links, lines for chats, overlays for streams, and the calendar.

Routes beside Gradio's; each takes the page's own addresses (`?tab=race&lang=pt`) and reads the newest snapshot.
"""

import datetime as dt
import functools
import html
import io
import re
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import icalendar
from fastapi import FastAPI, HTTPException, Request, Response
from PIL import Image, ImageDraw, ImageFont
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import HTMLResponse, PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from f1lake import clock
from f1lake.app import texts
from f1lake.app.address import Address, parse
from f1lake.app.charts.colors import readable
from f1lake.app.live import Live, Snapshot
from f1lake.app.page import view_at
from f1lake.app.queries import races
from f1lake.app.short import Short, short
from f1lake.app.views.asked import Asked

STYLE = Path(__file__).parent / "style.css"
"""The page's own style comes with Gradio's script, too late for the first words."""

LONGEST_LINE = 200
"""What chat bots pass on of an answer."""

SIZE = (1200, 630)
KEPT_PICTURES = 64
SUBJECTS = ("title", "race")
LASTS = {"race_start": dt.timedelta(hours=2), "sprint_start": dt.timedelta(hours=1)}
AN_HOUR = dt.timedelta(hours=1)


def offer(app: FastAPI, live: Live) -> None:
    """Add the routes."""

    @app.get("/preview.png")
    def preview(request: Request) -> Response:
        return Response(_picture(_there(live), *_asked(request)), media_type="image/png")

    @app.get("/chat/{subject}")
    def chat(subject: str, request: Request) -> Response:
        if subject not in SUBJECTS:
            raise HTTPException(404, "There is nothing here.")
        _, language = _asked(request)
        return PlainTextResponse(short(_there(live), Address(tab=subject), language).line(LONGEST_LINE))

    @app.get("/overlay/{subject}")
    def overlay(subject: str, request: Request) -> Response:
        if subject not in SUBJECTS:
            raise HTTPException(404, "There is nothing here.")
        snapshot, (_, language) = _there(live), _asked(request)
        address = Address(tab=subject)
        said = short(snapshot, address, language)
        rows = [(name, value, readable(color)) for name, value, _, color in said.rows]
        return HTMLResponse(Asked(snapshot, address, language).render("overlay.html", short=said, rows=rows))

    @app.get("/calendar.ics")
    def calendar(request: Request) -> Response:
        return Response(calendar_of(_there(live), _asked(request)[1]), media_type="text/calendar; charset=utf-8")


def _there(live: Live) -> Snapshot:
    if live.snapshot.problem:
        raise HTTPException(503, "There are no odds yet.")
    return live.snapshot


def _asked(request: Request) -> tuple[Address, str]:
    address = parse(request.url.query)
    return address, texts.language_for(address.lang, request.headers.get("accept-language"))


@functools.lru_cache(maxsize=KEPT_PICTURES)
def _picture(snapshot: Snapshot, address: Address, language: str) -> bytes:
    """A picture of 1200 x 630: the question, the first three with their chances, and the date."""
    said = short(snapshot, address, language)
    image = Image.new("RGB", SIZE, "#0e1116")
    draw = ImageDraw.Draw(image)
    draw.text((70, 52), "f1lake", "#ff6a45", _font(40, bold=True))
    draw.text((70, 120), said.question, "#f2f4f7", _fitting(said.question, 64))
    draw.text((70, 208), said.when, "#a3abb7", _font(34))
    for place, (name, value, share, color) in enumerate(said.rows):
        top = 290 + 108 * place
        draw.rectangle((70, top, 82, top + 78), readable(color))
        draw.text((108, top - 2), name, "#f2f4f7", _font(46, bold=True))
        draw.text((SIZE[0] - 70, top - 2), value, "#f2f4f7", _font(46, bold=True), anchor="ra")
        draw.rectangle((108, top + 64, SIZE[0] - 70, top + 74), "#2c313a")
        draw.rectangle((108, top + 64, 108 + int((SIZE[0] - 178) * share), top + 74), readable(color))
    written = io.BytesIO()
    image.save(written, "PNG", optimize=True)
    return written.getvalue()


def _fitting(text: str, size: int) -> ImageFont.FreeTypeFont:
    """The largest font in which a text is no wider than the picture."""
    font = _font(size, bold=True)
    while font.getlength(text) > SIZE[0] - 140:
        size -= 4
        font = _font(size, bold=True)
    return font


@functools.lru_cache(maxsize=32)
def _font(size: int, *, bold: bool = False) -> ImageFont.FreeTypeFont:
    """DejaVu Sans, which matplotlib brings along (its folder is found without importing it)."""
    matplotlib = find_spec("matplotlib")
    folder = Path(matplotlib.origin or "").parent if matplotlib else Path()
    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return ImageFont.truetype(str(folder / "mpl-data" / "fonts" / "ttf" / name), size)


def calendar_of(snapshot: Snapshot, language: str) -> bytes:
    """The present season as iCalendar: each session in UTC, a race with the chances of its favourites once known.

    An event keeps its identity by its name, so that a moved one moves and a cancelled one is gone.
    """
    coming = races.to_come(snapshot.tables)
    events = races.calendar(snapshot.tables)
    season = int((coming if coming.height else events.filter("is_held").tail(1))["season"][0])
    feed = icalendar.Calendar()
    feed.add("prodid", "-//f1lake//calendar//")
    feed.add("version", "2.0")
    feed.add("x-wr-calname", f"f1lake {season}")
    known = races.rounds_with_odds(snapshot.tables, season) if "odds/race_odds" in snapshot.tables else []
    for event in events.filter(season=season).to_dicts():
        sessions = [name for name in races.SESSIONS if event[name] is not None] or ["event_date"]
        for session in sessions:
            entry = icalendar.Event()
            name = texts.event(language, event["event_name"])
            what = texts.text(language, "race_start" if session == "event_date" else session)
            entry.add("uid", f"{season}-{quote(event['event_name'])}-{session}@f1lake")
            entry.add("summary", f"{name}: {what}")
            entry.add("dtstart", event[session])
            if session != "event_date":
                entry.add("dtend", event[session] + LASTS.get(session, AN_HOUR))
            entry.add("dtstamp", clock.now())
            entry.add("location", ", ".join(filter(None, [event["circuit_name"], event["locality"]])))
            if session in ("race_start", "event_date") and event["round"] in known:
                address = Address(tab="race", season=season, round=event["round"])
                entry.add("description", short(snapshot, address, language).line(LONGEST_LINE))
            feed.add_component(entry)
    return feed.to_ical()


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
        address, language = _asked(request)
        tags = head_of(short(snapshot, address, language), request, language)
        view = view_at(snapshot, request.url.query, language)["html"]
        page = re.sub(r"<meta\s[^>]*?(?:og:|twitter:|name=\"description\")[^>]*?>", "", body.decode())
        page = page.replace("<head>", "<head>" + tags, 1)
        words = f'<div class="first-paint"><style>{STYLE.read_text()}</style><div id="f1lake">{view}</div></div>'
        return re.sub(r"<body[^>]*>", lambda tag: tag[0] + words, page, count=1).encode()


def head_of(said: Short, request: Request, language: str) -> str:
    """The tags of a preview: title, description, picture and address, in the language of the link."""
    root = f"{request.url.scheme}://{request.url.netloc}{request.scope.get('root_path', '')}/"
    query = "&".join(filter(None, [request.url.query, "" if "lang=" in request.url.query else f"lang={language}"]))
    values = {
        "og:type": "website", "og:site_name": "f1lake", "og:title": said.question,
        "og:description": said.line(LONGEST_LINE),
        "og:url": f"{root}?{query}", "og:image": f"{root}preview.png?{query}", "og:image:width": str(SIZE[0]),
        "og:image:height": str(SIZE[1]), "og:locale": {"pt": "pt_BR", "en": "en_GB"}[language],
    }
    tags = [f'<meta property="{name}" content="{html.escape(value)}">' for name, value in values.items()]
    tags += ['<meta name="twitter:card" content="summary_large_image">',
             f'<meta name="description" content="{html.escape(values["og:description"])}">']
    return "".join(tags)
