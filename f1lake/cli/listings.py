"""What the `f1lake` command shows of a lake: tables, columns, outstanding requests, and the leaders.

How it is displayed is in `screen.py`.
"""

import polars as pl
from rich.markup import escape
from rich.table import Table

from f1lake.cli.dictionary import about, meaning_of
from f1lake.cli.portuguese import figure, percent, said
from f1lake.cli.screen import console, duration, say, table
from f1lake.contracts import declared
from f1lake.settings import settings
from f1lake.storage.lake import delta_table, read, version
from f1lake.storage.schemas import key_columns

LEADERS = 8


def listed() -> Table:
    """The tables of the lake, with rows and versions."""
    listing = table("table", "key", "version", "rows", title=settings().lake)
    for name, contract in declared().items():
        if not name.startswith("raw/"):
            delta = delta_table(name)
            rows = figure(delta.count()) if delta else "-"
            listing.add_row(name, ", ".join(key_columns(contract)), str(delta.version()) if delta else "-", rows)
    return listing


def described(name: str) -> Table:
    """The columns of one table, from its contract."""
    contract = declared()[name]
    listing = table("column", "type", "meaning", title=name, caption=about(name, contract))
    for column_name, column in contract.columns().items():
        key = f" ({said('key')})" if column_name in key_columns(contract) else ""
        listing.add_row(column_name + key, str(column.dtype), meaning_of(column))
    return listing


def say_what_is_left(laps_from: int | None, why: str = "") -> None:
    """Show how many requests a collection needs and how long that takes, before it starts, stops or changes (`why`)."""
    from f1lake.automation.due.outstanding import requests_left
    from f1lake.upstream.budget import Budget

    if settings().recording:
        return
    if why:
        console.print(escape(why), style="yellow")
    left = {what: requests for what, requests in requests_left(laps_from).items() if requests}
    if left:
        total, budget = sum(left.values()), Budget()
        say(
            "left to collect: about {total} requests ({kinds}), which take {takes}; {now} may be sent now",
            total=total, kinds=", ".join(f"{said(what)} {requests}" for what, requests in left.items()),
            takes=duration(budget.duration_s(total)), now=budget.left(),
        )


def print_leaders() -> None:
    """Print the newest odds of the newest season: who can still win the title."""
    odds = read("odds/title_odds")
    season = odds.select(pl.col("season").max()).collect().item()
    if season is None:
        say("no odds: the models need ten finished seasons to learn from")
        return
    newest = _leaders(odds.filter(season=season), season)
    listing = table("driver", "probability of the title", "90 %", title=_as_of(newest, season))
    for row in newest.iter_rows(named=True):
        listing.add_row(
            row["driver"], percent(row["probability"]),
            said("{low} to {high}", low=percent(row["probability_low"]), high=percent(row["probability_high"])),
        )
    console.print(listing)


class FirstOdds:
    """What the simulations alone say of the newest season, on the screen before any model is tested."""

    def __init__(self) -> None:
        self.seen = version("model/simulated_titles")

    def print_once(self) -> None:
        """Print them as soon as there are new ones."""
        newest = version("model/simulated_titles")
        if newest == self.seen or version("silver/drivers") is None:
            return
        self.seen = newest
        simulated = read("model/simulated_titles").filter(title="driver").rename({"entrant_id": "driver_id"})
        season = simulated.select(pl.col("season").max()).collect().item()
        if season is None:
            return
        leaders = _leaders(simulated.filter(season=season), season)
        listing = table(
            "driver", "probability of the title", "points expected", title=_as_of(leaders, season),
            caption=said("first odds, by simulation alone: models and their tests on all seasons follow"),
        )
        for row in leaders.iter_rows(named=True):
            listing.add_row(row["driver"], percent(row["probability"]), figure(row["expected_points"]))
        console.print(listing)


def _as_of(leaders: pl.DataFrame, season: int) -> str:
    return said("{season}, as of {day}", season=season, day=leaders["as_of"][0])


def _leaders(odds: pl.LazyFrame, season: int) -> pl.DataFrame:
    """The likeliest champions of a season's newest day, with the `driver`'s name."""
    names = read("silver/drivers", [season]).select("driver_id", driver=pl.format("{} {}", "given_name", "family_name"))
    newest = odds.filter(pl.col("as_of") == pl.col("as_of").max()).join(names, on="driver_id")
    return newest.sort("probability", "expected_points", descending=True).head(LEADERS).collect()
