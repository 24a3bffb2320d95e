"""The page: Gradio's layout and events around `views.py`, and how it is launched.

Events take raw values (`preprocess=False`): what a visitor sends is checked in `views.py`, against
the odds of now and not against the choices that this session was once shown, so the server keeps
no state of its visitors and may be restarted under them.
"""

import logging
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.themes import Base
from gradio.themes.utils.fonts import LocalFont

from f1lake.app import panels, texts
from f1lake.app.live import LiveTitleRace, Snapshot
from f1lake.app.views import TitleRaceView, language_of, problem_view, title_race_view

ASK_EVERY_S = 10
"""How often an open page asks whether there is something new to show."""

FOLDER = Path(__file__).parent
NARROW = "window.innerWidth < 640"
QUIET: dict[str, Any] = {
    "queue": False, "show_progress": "hidden", "preprocess": False, "api_visibility": "private",
}

FONT = LocalFont("IBM Plex Sans", weights=(400, 700))
"""Served by Gradio itself; its own 600 of this family holds Cyrillic letters only."""

FROM_ADDRESS = f"""() => {{
  const asked = new URLSearchParams(window.location.search);
  return [asked.get("lang"), asked.get("season"), (asked.get("drivers") || "").split(","), {NARROW}, ""];
}}"""

TO_ADDRESS = """(language, season, drivers, narrow, seen) => {
  const address = new URL(window.location);
  const asked = address.searchParams;
  const keep = (name, value) => value ? asked.set(name, value) : asked.delete(name);
  keep("lang", language);
  keep("season", season);
  if (%(season_changed)s || !drivers) drivers = [];
  if (%(drivers_changed)s) keep("drivers", drivers.join(","));
  window.history.replaceState(window.history.state, "", address);
  return [language, season, drivers, NARROW, seen];
}""".replace("NARROW", NARROW)
SEASON_TO_ADDRESS = TO_ADDRESS % {"season_changed": "true", "drivers_changed": "true"}
DRIVERS_TO_ADDRESS = TO_ADDRESS % {"season_changed": "false", "drivers_changed": "true"}
LANGUAGE_TO_ADDRESS = TO_ADDRESS % {"season_changed": "false", "drivers_changed": "false"}

log = logging.getLogger(__name__)


def build(live: LiveTitleRace) -> gr.Blocks:
    """The page over a snapshot that something else keeps current."""
    with gr.Blocks(title="f1lake", analytics_enabled=False, fill_width=True) as page:
        with gr.Row(elem_classes="top"):
            header = gr.HTML()
            season = gr.Dropdown([], filterable=False, elem_classes="season", min_width=110, scale=0)
            language = gr.Radio(
                [(code.upper(), code) for code in texts.LANGUAGES],
                elem_classes="language", min_width=110, scale=0,
            )
        now = gr.HTML()
        with gr.Column(elem_classes="chart") as chart_block:
            chart_title = gr.HTML()
            chart = gr.Plot(show_label=False, container=False)
            drivers = gr.Dropdown([], multiselect=True, elem_classes="drivers")
        table = gr.HTML()
        footer = gr.HTML()
        narrow = gr.Checkbox(visible=False)
        seen = gr.Textbox(visible=False)
        shown = [header, season, language, now, chart_block, chart_title, drivers, chart, table, footer, seen]
        asked = [language, season, drivers, narrow, seen]

        def show(
            request: gr.Request, language: Any, season: Any, drivers: Any, narrow: Any, seen: Any
        ) -> list[Any]:
            speech = language_of(language, request.headers.get("accept-language"))
            snapshot = live.snapshot
            try:
                view = title_race_view(snapshot, speech, season, drivers, narrow is True)
            except Exception:
                log.exception("the page cannot be shown")
                view = problem_view("failed", speech)
            return _updates(view, snapshot)

        def show_if_new(
            request: gr.Request, language: Any, season: Any, drivers: Any, narrow: Any, seen: Any
        ) -> Any:
            if seen == live.snapshot.stamp:
                return gr.skip()
            return show(request, language, season, drivers, narrow, seen)

        page.load(show, asked, shown, js=FROM_ADDRESS, **QUIET)
        season.input(show, asked, shown, js=SEASON_TO_ADDRESS, **QUIET)
        drivers.input(show, asked, shown, js=DRIVERS_TO_ADDRESS, **QUIET)
        language.input(show, asked, shown, js=LANGUAGE_TO_ADDRESS, **QUIET)
        gr.Timer(ASK_EVERY_S).tick(show_if_new, asked, shown, **QUIET)
    return page


def launch() -> None:
    """Serve the page until interrupted, at Gradio's own GRADIO_SERVER_NAME and GRADIO_SERVER_PORT."""
    live = LiveTitleRace()
    live.watch()
    build(live).launch(
        theme=Base(neutral_hue="slate", radius_size="sm", font=[FONT, "system-ui", "sans-serif"]),
        css_paths=FOLDER / "style.css",
        favicon_path=FOLDER / "favicon.svg",
        footer_links=[],
        ssr_mode=False,
        share=False,
        show_error=False,
    )


def _updates(view: TitleRaceView, snapshot: Snapshot) -> list[Any]:
    """The values of the page's components, in the order of `shown`."""
    has_odds = view.chart is not None
    return [
        panels.header(view.language, snapshot.is_invented),
        gr.update(
            choices=[str(season) for season in view.seasons], value=str(view.season) if has_odds else None,
            label=texts.text(view.language, "season"), visible=has_odds,
        ),
        gr.update(value=view.language, label=texts.text(view.language, "language")),
        view.now,
        gr.update(visible=has_odds),
        view.chart_title,
        gr.update(
            choices=view.driver_choices, value=list(view.drivers), label=texts.text(view.language, "drivers"),
            info=texts.text(view.language, "drivers_hint"),
        ),
        view.chart,
        view.table,
        view.footer,
        snapshot.stamp,
    ]
