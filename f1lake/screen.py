"""What the `f1lake` command shows: tables, progress bars, countdowns.

What does not belong here: the commands (`cli.py`) and what they run (`runs.py`).
"""

import contextlib
import datetime as dt
import inspect
from collections.abc import Iterator

import polars as pl
import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from f1lake import clock
from f1lake.automation.outstanding import requests_left
from f1lake.settings import settings
from f1lake.storage.contract import CONTRACTS, key_columns, meaning
from f1lake.storage.lake import delta_table, read
from f1lake.storage.world import is_invented
from f1lake.upstream.budget import Budget
from f1lake.upstream.progress import reporting, waiting_out

console = Console()
LEADERS = 8
INVENTED_BANNER = "[reverse] INVENTED: no such driver, team or race has ever been [/]"
INVENTED_DEMO = (
    "The demo runs on a championship that f1lake invented: seasons, drivers, teams and circuits that never were. "
    "Everything works as on the real history; nothing in it is real, the scores of the models included."
)


@contextlib.contextmanager
def shown_errors(*known: type[Exception]) -> Iterator[None]:
    """End a command with the message of an error of these kinds."""
    try:
        yield
    except known as error:
        console.print(f"[red]{escape(str(error))}[/]")
        raise typer.Exit(1) from None


def table(*columns: str, title: str = "", caption: str | None = None) -> Table:
    """A table for the screen; over what is invented it says so."""
    heading = [INVENTED_BANNER] * is_invented() + [title] * bool(title)
    return Table(*columns, title="\n".join(heading), caption=caption)


def listed() -> Table:
    """The tables of the lake, with rows and versions."""
    listing = table("table", "key", "version", "rows", title=settings().lake)
    for name, contract in CONTRACTS.items():
        if not name.startswith("raw/"):
            found = delta_table(name)
            rows = f"{found.count():,}" if found else "-"
            listing.add_row(name, ", ".join(key_columns(contract)), str(found.version()) if found else "-", rows)
    return listing


def described(name: str) -> Table:
    """One table's columns, from its contract."""
    contract = CONTRACTS[name]
    listing = table("column", "type", "meaning", title=name, caption=inspect.getdoc(contract))
    for column_name, column in contract.columns().items():
        key = " (key)" if column_name in key_columns(contract) else ""
        listing.add_row(column_name + key, str(column.dtype), meaning(column))
    return listing


def say_what_is_left(laps_from: int | None, why: str = "") -> None:
    """Say before a backfill, or where it ended or became another (and why), what requests it takes and how long."""
    if settings().recording:
        return
    if why:
        console.print(f"[yellow]{escape(why)}[/]")
    left = {what: count for what, count in requests_left(clock.now(), laps_from).items() if count}
    if left:
        total, budget = sum(left.values()), Budget()
        takes = dt.timedelta(seconds=round(budget.duration_s(total)))
        listing = ", ".join(f"{what} {count}" for what, count in left.items())
        console.print(f"left to collect: about {total} requests ({listing}), {takes}; {budget.left()} may be sent now")


@contextlib.contextmanager
def countdown(progress: Progress) -> Iterator[None]:
    """Wait for the upstream where it must be waited for, with the time left on the screen."""
    task = progress.add_task("", visible=False, total=None)

    def show(reason: str, left_s: float) -> None:
        left = dt.timedelta(seconds=round(left_s))
        progress.update(task, description=f"waiting for {reason}: {left}", visible=left_s > 0)

    with waiting_out(show):
        yield


def progress_bars() -> Progress:
    """Bars with counts and the time that passed."""
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
    )


@contextlib.contextmanager
def pages(progress: Progress) -> Iterator[None]:
    """A bar for each kind of page: "Race results", "driver standings"."""
    bars: dict[str, TaskID] = {}
    received: dict[str, dict[str, tuple[int, int]]] = {}

    def show(what: str, done: int, total: int) -> None:
        kind, _, span = what.partition(" of ")
        received.setdefault(kind, {})[span] = (done, total)
        if kind not in bars:
            bars[kind] = progress.add_task(kind)
        all_done, in_all = (sum(counts) for counts in zip(*received[kind].values(), strict=True))
        progress.update(bars[kind], completed=all_done, total=in_all, description=f"{kind} of {span}")

    with reporting(show):
        yield


def print_leaders() -> None:
    """The newest odds of the newest season: who may still win the title."""
    odds = read("odds/title_odds")
    season = odds.select(pl.col("season").max()).collect().item()
    if season is None:
        console.print("no odds: the models need ten finished seasons to learn from")
        return
    names = read("silver/drivers", [season]).select("driver_id", driver=pl.format("{} {}", "given_name", "family_name"))
    newest = (
        odds.filter(season=season)
        .filter(pl.col("as_of") == pl.col("as_of").max())
        .join(names, on="driver_id")
        .sort("probability", descending=True)
        .head(LEADERS)
        .collect()
    )
    listing = table("driver", "probability of the title", "90 %", title=f"{season}, as of {newest['as_of'][0]}")
    for row in newest.iter_rows(named=True):
        listing.add_row(
            row["driver"], f"{row['probability']:.1%}", f"{row['probability_low']:.1%} to {row['probability_high']:.1%}"
        )
    console.print(listing)
