"""What one visitor sees: a function of the snapshot and of what the address or the switches say.

What does not belong here: Gradio (`page.py`). Nothing a visitor sends is trusted: an unknown
season, driver or language falls back to the default.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go
import polars as pl

from f1lake.app import panels, texts
from f1lake.app.charts import title_race_chart
from f1lake.app.live import Snapshot
from f1lake.app.queries import contenders, drivers_of, seasons_with_odds


@dataclass(frozen=True)
class TitleRaceView:
    """The title race as shown; without odds there is a notice, and neither chart nor choices."""

    language: str
    now: str
    footer: str
    seasons: Sequence[int] = ()
    season: int | None = None
    driver_choices: Sequence[tuple[str, str]] = ()
    """(name, id) of all drivers of the season."""
    drivers: Sequence[str] = ()
    chart_title: str = ""
    chart: go.Figure | None = None
    table: str = ""


def title_race_view(
    snapshot: Snapshot, language: str, season: object = None, drivers: object = None, narrow: bool = False
) -> TitleRaceView:
    """The view of a season (default: the newest) and drivers (default: the contenders)."""
    if snapshot.race is None:
        return problem_view(snapshot.problem or "failed", language)
    seasons = seasons_with_odds(snapshot.race)
    chosen = next((known for known in seasons if str(known) == str(season)), seasons[0])
    race = snapshot.race.filter(pl.col("season") == chosen)
    field = drivers_of(race)
    asked = {str(driver) for driver in drivers} if isinstance(drivers, list) else set()
    shown = [driver for driver in field["driver_id"] if driver in asked] or contenders(race)
    return TitleRaceView(
        language=language,
        now=panels.leaders(race, language),
        footer=panels.footer(race, language),
        seasons=seasons,
        season=chosen,
        driver_choices=field.select("name", "driver_id").rows(),
        drivers=shown,
        chart_title=panels.chart_title(race, shown, language),
        chart=title_race_chart(race, shown, language, narrow),
        table=panels.table(race, shown, language),
    )


def problem_view(problem: str, language: str) -> TitleRaceView:
    """A notice in place of the odds: `no_odds`, `unreadable` or `failed`."""
    return TitleRaceView(language, now=panels.notice(problem, language), footer=panels.footer(None, language))


def language_of(chosen: object, accept_language: str | None) -> str:
    """The language of the switch or the address, else the browser's."""
    return texts.language_for(chosen if isinstance(chosen, str) else None, accept_language)
