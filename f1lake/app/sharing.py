"""What others show of the page: pictures for previews of its links, lines for chats, overlays for streams, a calendar.

Routes beside Gradio's; each takes the page's own addresses (`?tab=race&lang=pt`) and reads the newest snapshot.
"""

import functools
import io
from importlib.util import find_spec
from pathlib import Path

from fastapi import FastAPI, HTTPException, Request, Response
from PIL import Image, ImageDraw, ImageFont
from starlette.responses import HTMLResponse, PlainTextResponse

from f1lake.app import texts
from f1lake.app.address import Address, parse
from f1lake.app.calendar_feed import calendar_of
from f1lake.app.charts.colors import readable
from f1lake.app.live import Live, Snapshot
from f1lake.app.views.summary import LONGEST_LINE, summary
from f1lake.app.views.visit import Visit, visit_of

SIZE = (1200, 630)
"""Of a picture, in pixels: what networks show of a link."""
KEPT_PICTURES = 64
SUBJECTS = ("title", "race")


def offer(app: FastAPI, live: Live) -> None:
    """Add the routes."""

    @app.get("/preview.png")
    def preview(request: Request) -> Response:
        visit = visit_in(request, _there(live))
        return Response(_picture(visit.snapshot, visit.address, visit.language), media_type="image/png")

    @app.get("/chat/{subject}")
    def chat(subject: str, request: Request) -> Response:
        return PlainTextResponse(summary(_about(subject, request)).line(LONGEST_LINE))

    @app.get("/overlay/{subject}")
    def overlay(subject: str, request: Request) -> Response:
        visit = _about(subject, request)
        return HTMLResponse(visit.render("overlay.html", summary=summary(visit)))

    @app.get("/calendar.ics")
    def calendar(request: Request) -> Response:
        feed = calendar_of(visit_in(request, _there(live)))
        return Response(feed, media_type="text/calendar; charset=utf-8")

    def _about(subject: str, request: Request) -> Visit:
        if subject not in SUBJECTS:
            raise HTTPException(404, "There is nothing here.")
        visit = visit_in(request, _there(live))
        return visit_of(live.snapshot, Address(tab=subject, unseen=visit.address.unseen), visit.language)


def visit_in(request: Request, snapshot: Snapshot) -> Visit:
    """What a request's address asks for, in its language or the browser's."""
    address = parse(request.url.query)
    return visit_of(snapshot, address, texts.language_for(address.lang, request.headers.get("accept-language")))


def _there(live: Live) -> Snapshot:
    if live.snapshot.problem:
        raise HTTPException(503, "There are no odds yet.")
    return live.snapshot


@functools.lru_cache(maxsize=KEPT_PICTURES)
def _picture(snapshot: Snapshot, address: Address, language: str) -> bytes:
    """A picture of 1200 x 630: the question, the first three with their chances, and the date."""
    shown = summary(Visit(snapshot, address, language))
    image = Image.new("RGB", SIZE, "#0e1116")
    draw = ImageDraw.Draw(image)
    draw.text((70, 52), "f1lake", "#ff6a45", _font(40, bold=True))
    draw.text((70, 120), shown.question, "#f2f4f7", _fitting(shown.question, 64))
    draw.text((70, 208), shown.when, "#a3abb7", _font(34))
    for place, row in enumerate(shown.rows):
        top, color = 290 + 108 * place, readable(row.color)
        draw.rectangle((70, top, 82, top + 78), color)
        draw.text((108, top - 2), row.name, "#f2f4f7", _font(46, bold=True))
        draw.text((SIZE[0] - 70, top - 2), row.value, "#f2f4f7", _font(46, bold=True), anchor="ra")
        draw.rectangle((108, top + 64, SIZE[0] - 70, top + 74), "#2c313a")
        draw.rectangle((108, top + 64, 108 + int((SIZE[0] - 178) * row.share), top + 74), color)
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
