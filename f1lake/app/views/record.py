"""How did we do? What was said of each race and title before it happened, and how good it was."""

import polars as pl

from f1lake.abt.race_abt import STAGES
from f1lake.app.queries import record
from f1lake.app.views.visit import View, Visit


def record_view(visit: Visit) -> View:
    """The decisions since the ledger began; of its first season those before that too, marked as computed later."""
    if not visit.has("odds/published_scores"):
        return visit.lacking()
    decisions = record.decisions(visit.tables)
    if decisions.is_empty():
        return visit.notice("nothing_judged")
    published = visit.tables["odds/published_scores"].select(pl.col("published_at").min()).item()
    html = visit.render(
        "record.html", means=record.means(decisions).to_dicts(), races=record.by_race(decisions),
        surprises=record.surprises(decisions), stages=_stages(decisions), began=published,
        published=int(decisions["is_published"].sum()),
    )
    return View(visit.say("tab_record"), html)


def _stages(decisions: pl.DataFrame) -> list[str]:
    """The stages of a race; after practice only where it is one, in a lake with a second source."""
    return [stage for stage in STAGES if stage != "after_practice" or stage in decisions["stage"]]
