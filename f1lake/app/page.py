"""Gradio's side of the page: one HTML component, whose script asks the server for the view of its address.

The server keeps no state of its visitors and may be restarted under them: what a visitor sends is the
address, and it is checked in `address.py` and `views/`.
"""

import functools
import json
import logging
from collections.abc import Callable
from pathlib import Path

from f1lake.app import api, texts
from f1lake.app.address import LONGEST, TABS, Address, parse
from f1lake.app.lean_gradio import gr
from f1lake.app.live import Live, Snapshot
from f1lake.app.queries import championship
from f1lake.app.scenarios import BusyError
from f1lake.app.views.page import found_html, notice_view, page_view
from f1lake.app.views.visit import View

FOLDER = Path(__file__).parent
KEPT_VIEWS = 256
"""How many views of one state of the lake are kept ready (30 to 150 KB each)."""

log = logging.getLogger(__name__)

LOADING = '<div class="loading" role="status" aria-label="f1lake"></div>'


def build(live: Live) -> gr.Blocks:
    """The page and the API over a snapshot that something else keeps current."""

    def show(message: str) -> str:
        """The view of an address as JSON; `{}` where it is what the visitor has on the screen.

        `message` is JSON too: `query`, the browser's `languages`, and `seen`, the stamp of what is on the screen.
        """
        query, languages, seen = _fields(message, "query", "languages", "seen")
        snapshot = live.snapshot
        return "{}" if seen == snapshot.stamp else _written(snapshot, query, languages)

    def find(message: str) -> str:
        """Drivers and teams whose names hold the `words` of `message`, as HTML in JSON; the rest is as in `show`."""
        query, languages, words = _fields(message, "query", "languages", "words")
        address = parse(query)
        return json.dumps(found_html(live.snapshot, address, texts.language_for(address.lang, languages), words))

    with gr.Blocks(title="f1lake", analytics_enabled=False, fill_width=True) as page:
        gr.HTML(
            LOADING, html_template='<div id="f1lake">${value}</div>', js_on_load=(FOLDER / "page.js").read_text(),
            server_functions=[show, find], apply_default_css=False,
        )
        api.offer(live)
    return page


def view_at(snapshot: Snapshot, query: str, languages: str | None) -> dict[str, str]:
    """The view of an address: its `html`, `title`, `language`, and the `stamp` of the state it shows."""
    return json.loads(_written(snapshot, query, languages))


def _written(snapshot: Snapshot, query: str, languages: str | None) -> str:
    """The view of an address as JSON."""
    address = parse(query)
    language = texts.language_for(address.lang, languages)
    try:
        return _views(snapshot)(address, language)
    except BusyError:
        return _as_message(notice_view(snapshot, address, language, "busy"), language, "busy")
    except Exception:  # a visitor gets words, never a stack trace, whatever a view or a table did
        log.exception("the view cannot be shown: %s", address)
        return _as_message(notice_view(snapshot, address, language, "failed"), language, "failed")


def prepare(snapshot: Snapshot) -> None:
    """Make what visitors open first, before one asks: each tab, the leader's pages, and what every what-if begins with.

    Raises nothing: an odd lake costs its visitors a moment, not the thread that looks for new odds.
    """
    if snapshot.problem:
        return  # there is only the notice that says so
    try:
        leader = championship.latest(snapshot.titles["drivers"]).row(0, named=True)
        pages = Address("driver", who=leader["id"]), Address("team", who=leader["team_id"])
        for language in texts.LANGUAGES:
            for address in (*map(Address, TABS), *pages):
                _views(snapshot)(address, language)
    except Exception:  # whatever a view or a table did: who opens it is told, by `show`
        log.warning("the views cannot be prepared", exc_info=True)


@functools.lru_cache(maxsize=1)
def _views(snapshot: Snapshot) -> Callable[[Address, str], str]:
    """The views of the newest snapshot, each made once; those of an older one are let go.

    As JSON they take half of the memory, because it has ASCII only.
    """

    @functools.lru_cache(maxsize=KEPT_VIEWS)
    def view(address: Address, language: str) -> str:
        return _as_message(page_view(snapshot, address, language), language, snapshot.stamp)

    return view


def _as_message(view: View, language: str, stamp: str) -> str:
    return json.dumps({"html": view.html, "title": view.title, "language": language, "stamp": stamp})


def _fields(message: object, *names: str) -> list[str]:
    """The texts of these names in what a browser sent as JSON; empty for what is none."""
    try:
        given = json.loads(message) if isinstance(message, str) and len(message) <= 2 * LONGEST else None
    except ValueError:
        given = None
    parts = [given.get(name) if isinstance(given, dict) else None for name in names]
    return [part if isinstance(part, str) else "" for part in parts]
