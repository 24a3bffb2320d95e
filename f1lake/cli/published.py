"""The commands `f1lake published` and `f1lake market`.

They read arguments and show results; the work is done in `odds/`.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from f1lake.cli.portuguese import event, figure, percent, said, told
from f1lake.cli.screen import console, say, table
from f1lake.failures import UsageError

ASKED = ("odds/title_odds", "odds/constructor_title_odds", "odds/race_odds", "silver/events", "silver/session_results")
HEADLINES = ("driver_title", "constructor_title", "race_win")


def show_published(
    season: Annotated[int | None, typer.Option(help="the newest with published odds if not given")] = None,
) -> None:
    """Show what was published in a season and how good it was, beside today's odds and grid places; and what was
    missed.

    Titles and wins only; podiums and points are in the table odds/published_scores. Brier is the mean over the
    entrants.
    """
    import polars as pl

    from f1lake.storage.lake import read

    rows = read("odds/published_scores").collect()
    if rows.is_empty():
        raise UsageError("nothing has been published yet: `f1lake odds` publishes what is open")
    of_season = rows.filter(
        pl.col("season") == (season or rows["season"].max()), pl.col("kind").is_in(HEADLINES),
        pl.col("status").is_in(["published", "missed"]),
    )
    scores = ("log_loss", "log_loss_today", "log_loss_places", "brier", "brier_today", "brier_places")
    heads = ("log loss", "today", "places", "Brier", "today", "places")
    listing = table("decision", "of", "known", "published", "model", "happened", *heads)
    for row in of_season.iter_rows(named=True):
        when = f"{row['published_at']:%Y-%m-%d %H:%M}" if row["published_at"] else said(row["status"])
        listing.add_row(
            _decision(row), said(row["kind"]), said(row["stage"]), when, row["model_version"] or "",
            row["happened"] or "", *(_number(row[name]) for name in scores),
            style="yellow" if row["status"] == "missed" else None,
        )
    scored = of_season.drop_nulls("log_loss")
    for (kind, stage), group in scored.group_by("kind", "stage", maintain_order=True):
        means = [_number(group[name].mean()) for name in scores]
        asked = said("mean of {count}", count=group.height), said(str(kind)), said(str(stage))
        listing.add_row(*asked, "", "", "", *means, style="bold")
    console.print(listing)


def compare_market(
    from_: Annotated[
        Path, typer.Option("--from", exists=True, dir_okay=False, help="a CSV file of prices (docs/published.md)")
    ],
) -> None:
    """Score the prices of a market beside our odds on the same decisions, without the margin (power method)."""
    from f1lake.contracts import declared
    from f1lake.odds import market
    from f1lake.odds.published import TABLE
    from f1lake.storage.lake import read
    from f1lake.storage.stored_types import as_declared

    declared()
    book, refused = market.prices(from_)
    seasons = sorted({int(question[:4]) for question in book["question"]})
    tables = [as_declared(name, read(name, seasons)) for name in (TABLE, *ASKED, "silver/champions")]
    scored, strangers = market.compared(book, tables[0], tables[1:-1], tables[-1])
    for line in [*refused, *strangers]:
        say("[yellow]not scored: {line}[/]", line=told(line))
    scores = ("log_loss", "log_loss_market", "brier", "brier_market")
    heads = ("log loss", "market's", "Brier", "market's")
    title = said("margin taken out by the power method")
    listing = table("decision", "known", "prices of", "drivers", "margin", "ours", *heads, title=title)
    for row in scored.iter_rows(named=True):
        listing.add_row(
            _decision(row), said(row["stage"]), f"{row['at']:%Y-%m-%d %H:%M}", str(row["drivers"]),
            percent(row["margin"]), said("published" if row["is_published"] else "of today"),
            *(_number(row[name]) for name in scores),
        )
    known = scored.drop_nulls("log_loss")
    if known.height:
        means = [_number(known[name].mean()) for name in scores]
        listing.add_row(said("mean of {count}", count=known.height), "", "", "", "", "", *means, style="bold")
    console.print(listing)


def _number(value: object) -> str:
    return figure(value, 3) if isinstance(value, float) else "-"


def _decision(row: Mapping[str, Any]) -> str:
    """The day of a title's odds, or the race."""
    return str(row["as_of"] or event(row["event_name"]))
