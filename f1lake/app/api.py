"""The API, Gradio's own: the page's odds as JSON. How to call it stands in docs/app.md."""

import datetime as dt
from typing import Any
from urllib.parse import urlencode

import gradio as gr
import polars as pl
from gradio.events import api

from f1lake.app import scenarios
from f1lake.app.address import KINDS, parse
from f1lake.app.live import Live, Snapshot
from f1lake.app.queries import championship, races

ODDS = [
    "season", "as_of", "event_name", "is_sprint", "id", "full_name", "team", "probability", "probability_low",
    "probability_high", "change", "points", "model_version", "made_at",
]
RACE_ODDS = [
    "season", "round", "stage", "id", "full_name", "team", "grid", "p_win", "p_podium", "p_points", "finished",
    "model_version", "made_at",
]


def offer(live: Live) -> None:
    """Add the endpoints to the blocks that are being built. Cheap ones run at once, without the queue."""

    def title_odds(season: int, kind: str = "drivers") -> list[dict[str, Any]]:
        """The title odds of a season on every day of a race or sprint: kind is drivers or constructors."""
        titles = _there(live).titles.get(kind) if kind in KINDS else None
        if titles is None:
            raise gr.Error(f"kind is one of {', '.join(KINDS)}", print_exception=False)
        rows = titles.filter(pl.col("season") == _whole(season))
        if rows.is_empty():
            known = championship.seasons(titles)
            raise gr.Error(f"there are odds for the seasons {known[-1]} to {known[0]}", print_exception=False)
        return _json(rows.select(ODDS))

    def race_odds(season: int, round: int) -> list[dict[str, Any]]:
        """The odds of a race at each stage that is known: win, podium, points; with the result if there is one."""
        tables = _there(live).tables
        found = races.race_odds(tables, _whole(season), _whole(round)) if "odds/race_odds" in tables else pl.DataFrame()
        if found.is_empty():
            raise gr.Error("there are no odds for this race", print_exception=False)
        return _json(found.select(RACE_ODDS))

    def what_if(wins: str = "", out: str = "", places: str = "") -> list[dict[str, Any]]:
        """Title odds if coming races end as told, in the words of the page's link.

        Computed one at a time; where too many wait, the answer says so.
        """
        snapshot = _there(live)
        latest = championship.latest(snapshot.titles["drivers"])
        chosen = parse(urlencode({"wins": _text(wins), "out": _text(out), "places": _text(places)}))
        try:
            odds = scenarios.odds(snapshot, latest["season"][0], latest["as_of"][0], chosen.taken, chosen.out)
        except scenarios.BusyError:
            raise gr.Error("too many ask at once: try again in a few seconds", print_exception=False) from None
        except scenarios.ImpossibleError as error:
            raise gr.Error(str(error), print_exception=False) from None
        return _json(odds)

    api(what_if, concurrency_limit=1)
    api(title_odds, queue=False)
    api(race_odds, queue=False)


def _there(live: Live) -> Snapshot:
    if live.snapshot.problem:
        raise gr.Error("there are no odds yet", print_exception=False)
    return live.snapshot


def _whole(said: Any) -> int:
    if isinstance(said, bool) or not isinstance(said, int) or not 0 <= said < 10_000:
        raise gr.Error("season and round are whole numbers, such as 2026 and 10", print_exception=False)
    return said


def _text(said: Any) -> str:
    if not isinstance(said, str):
        raise gr.Error("wins, out and places are texts, such as 10.russell,11.hamilton and 10.2.antonelli", print_exception=False)
    return said


def _json(rows: pl.DataFrame) -> list[dict[str, Any]]:
    return [
        {name: value.isoformat() if isinstance(value, dt.date) else value for name, value in row.items()}
        for row in rows.to_dicts()
    ]
