"""The `f1lake` command: the same assets as in the Dagster UI, without it.

What belongs here: words on the screen and progress bars. What is run is in `runs.py`.
"""

import contextlib
import datetime as dt
import inspect
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import dagster as dg
import polars as pl
import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from f1lake import clock, doctor, runs
from f1lake.automation.outstanding import requests_left
from f1lake.automation.sensors import unfollowed_seasons
from f1lake.demo import choose_source
from f1lake.dictionary import markdown
from f1lake.settings import FIRST_SEASON, settings
from f1lake.storage.contract import CONTRACTS, key_columns, meaning
from f1lake.storage.lake import TableMissingError, delta_table, read, version
from f1lake.upstream.budget import Budget
from f1lake.upstream.failures import UpstreamError
from f1lake.upstream.progress import reporting, waiting_out
from f1lake.upstream.recorder import recording_to
from f1lake.upstream.session import requests_sent

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_show_locals=False)
console = Console()
LEADERS = 8
FromSeason = Annotated[int | None, typer.Option("--from", help="first season; F1LAKE_FROM_SEASON or 1950 if not given")]
ToSeason = Annotated[int | None, typer.Option("--to", help="last season; the present one if not given")]


@app.callback()
def main() -> None:
    """f1lake: a Formula 1 lakehouse, from raw results to title odds."""


@app.command()
def collect(
    event: Annotated[
        list[str] | None, typer.Option(help="an event to collect again, `2026-09`; may be repeated")
    ] = None,
    laps: Annotated[
        bool, typer.Option("--laps", help="laps of past seasons too, newest first: 10 to 15 requests a race")
    ] = False,
    from_: FromSeason = None,
    wait: Annotated[
        bool, typer.Option(help="wait when the hour's requests are spent; else end, and say what is left to do")
    ] = True,
) -> None:
    """Bring what is due from the services to raw: calendars, results, standings, pit stops, laps of the present season."""
    with _instance() as instance:
        _collect(instance, event or [], (from_ or settings().from_season) if laps else None, wait)


@app.command()
def record(
    to: Annotated[Path, typer.Option(help="the folder of the recording; one that is there is added to")],
    laps: Annotated[bool, typer.Option("--laps", help="laps of past seasons too")] = False,
    from_: FromSeason = None,
) -> None:
    """Collect what is due, and save what the upstream answered as a recording (docs/recordings.md)."""
    with _instance() as instance, recording_to(to):
        _collect(instance, [], (from_ or settings().from_season) if laps else None)
    console.print(f"recorded: F1LAKE_UPSTREAM={to} reads it")


@app.command()
def build(from_: FromSeason = None, to: ToSeason = None) -> None:
    """Build bronze, silver, gold and abt from raw."""
    with _instance() as instance:
        _run("build", instance, from_, to)


@app.command()
def train(from_: FromSeason = None, to: ToSeason = None) -> None:
    """Fit the models season by season, score them, and log and register the newest in MLflow."""
    with _instance() as instance:
        _run("train", instance, from_, to)


@app.command()
def odds(from_: FromSeason = None, to: ToSeason = None) -> None:
    """Compute the odds and print who leads."""
    with _instance() as instance:
        _run("odds", instance, from_, to)
    _print_leaders()


@app.command()
def tables(
    name: Annotated[str | None, typer.Argument(help="a table, `silver/events`; all if not given")] = None,
    as_markdown: Annotated[
        bool, typer.Option("--markdown", help="all columns of all tables, as docs/tables.md")
    ] = False,
) -> None:
    """What is in the lake: rows and versions; or one table's columns, from its contract."""
    runs.definitions()  # the contracts are declared beside the assets
    if as_markdown:
        sys.stdout.write(markdown(runs.tables()))
        return
    if name is None:
        listing = Table("table", "key", "version", "rows", title=settings().lake)
        for table, contract in CONTRACTS.items():
            if not table.startswith("raw/"):
                found = delta_table(table)
                rows = f"{found.count():,}" if found else "-"
                listing.add_row(table, ", ".join(key_columns(contract)), str(found.version()) if found else "-", rows)
        console.print(listing)
        return
    if name not in CONTRACTS:
        _fail(f"there is no table {name!r}: `f1lake tables` lists them")
    contract = CONTRACTS[name]
    listing = Table("column", "type", "meaning", title=name, caption=inspect.getdoc(contract))
    for column_name, column in contract.columns().items():
        key = " (key)" if column_name in key_columns(contract) else ""
        listing.add_row(column_name + key, str(column.dtype), meaning(column))
    console.print(listing)


@app.command("doctor")
def doctor_() -> None:
    """What is configured, what answers, and what is stale."""
    listing = Table("what", "how it is", "what to do", show_lines=False)
    findings = doctor.findings()
    for finding in findings:
        listing.add_row(finding.what, finding.state, finding.advice, style=None if finding.fine else "yellow")
    console.print(listing)


@app.command()
def demo() -> None:
    """The whole history to odds in a lake of its own, ./lake-demo, from the best source at hand (`make demo`)."""
    with _shown_errors():
        source = choose_source()
    os.environ.setdefault("F1LAKE_LAKE", "lake-demo")
    if source.upstream:
        os.environ["F1LAKE_UPSTREAM"] = source.upstream
    settings.cache_clear()
    console.print(f"[bold]f1lake demo[/]: {escape(source.description)}\nlake: {settings().lake}")
    with _instance() as instance:
        _collect(instance, [], None)
        if version("odds/title_odds") is None:
            _run("whole_history", instance, None, None)
        elif changed := unfollowed_seasons(instance, {}):
            _run("refresh", instance, min(changed), None)
    _print_leaders()
    console.print("Look at it: [bold]make up[/] starts the Dagster UI, MLflow and the app on this lake.")


@app.command()
def up() -> None:
    """The Dagster UI and daemon, MLflow and the app, for one lake; Ctrl-C ends all (`make up`)."""
    from f1lake.up import supervise  # starts processes: needs nothing of the above

    with _shown_errors():
        sys.exit(supervise(console.print))


@contextlib.contextmanager
def _instance() -> Iterator[dg.DagsterInstance]:
    """The lake's Dagster instance; known failures end the command with their message."""
    with _shown_errors():
        runs.dagster_home()
        with dg.DagsterInstance.get() as instance:
            yield instance


@contextlib.contextmanager
def _shown_errors() -> Iterator[None]:
    try:
        yield
    except (runs.RunFailedError, UpstreamError, TableMissingError, ValueError) as error:
        _fail(str(error))


def _fail(message: str) -> None:
    console.print(f"[red]{escape(message)}[/]")
    raise typer.Exit(1)


def _collect(instance: dg.DagsterInstance, events: list[str], laps_from: int | None, wait: bool = True) -> None:
    if not events:
        _say_what_is_left(laps_from)
    try:
        with _progress() as progress, _pages(progress), _countdown(progress) if wait else contextlib.nullcontext():
            changed = runs.collect_again(instance, events) if events else runs.collect_due(instance, laps_from)
    except runs.RunFailedError:
        _say_what_is_left(laps_from)
        raise
    seasons = f"{min(changed)}-{max(changed)}" if changed else "none"
    console.print(f"collected; seasons changed: {seasons}; requests sent: {requests_sent()}")


def _say_what_is_left(laps_from: int | None) -> None:
    """Say before a backfill, or where it ended, how many requests it still takes and how long."""
    if settings().recording:
        return
    left = {what: count for what, count in requests_left(clock.now(), laps_from).items() if count}
    if left:
        total, budget = sum(left.values()), Budget()
        takes = dt.timedelta(seconds=round(budget.duration_s(total)))
        listing = ", ".join(f"{what} {count}" for what, count in left.items())
        console.print(f"left to collect: about {total} requests ({listing}), {takes}; {budget.left()} may be sent now")


@contextlib.contextmanager
def _countdown(progress: Progress) -> Iterator[None]:
    """Wait for the upstream where it must be waited for, with the time left on the screen."""
    task = progress.add_task("", visible=False, total=None)

    def show(reason: str, left_s: float) -> None:
        left = dt.timedelta(seconds=round(left_s))
        progress.update(task, description=f"waiting for {reason}: {left}", visible=left_s > 0)

    with waiting_out(show):
        yield


def _run(job: str, instance: dg.DagsterInstance, first: int | None, last: int | None) -> None:
    seasons = (str(first or max(settings().from_season, FIRST_SEASON)), str(last or clock.now().year))
    with _progress() as progress:
        task = progress.add_task(f"{job} {seasons[0]}-{seasons[1]}", total=runs.steps(job))
        runs.run(job, instance, seasons, on_step=lambda done: progress.update(task, completed=done))


def _progress() -> Progress:
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
    )


@contextlib.contextmanager
def _pages(progress: Progress) -> Iterator[None]:
    """A bar for each kind of page: "Race results", "driver standings"."""
    bars: dict[str, TaskID] = {}
    pages: dict[str, dict[str, tuple[int, int]]] = {}

    def show(what: str, done: int, total: int) -> None:
        kind, _, span = what.partition(" of ")
        pages.setdefault(kind, {})[span] = (done, total)
        if kind not in bars:
            bars[kind] = progress.add_task(kind)
        all_done, in_all = (sum(counts) for counts in zip(*pages[kind].values(), strict=True))
        progress.update(bars[kind], completed=all_done, total=in_all, description=f"{kind} of {span}")

    with reporting(show):
        yield


def _print_leaders() -> None:
    """The newest odds of the newest season: who may still win the title."""
    with _shown_errors():
        odds = read("odds/title_odds")
        season = odds.select(pl.col("season").max()).collect().item()
        names = read("silver/drivers", [season]).select(
            "driver_id", driver=pl.format("{} {}", "given_name", "family_name")
        )
        newest = (
            odds.filter(season=season)
            .filter(pl.col("as_of") == pl.col("as_of").max())
            .join(names, on="driver_id")
            .sort("probability", descending=True)
            .head(LEADERS)
            .collect()
        )
    listing = Table("driver", "probability of the title", "90 %", title=f"{season}, as of {newest['as_of'][0]}")
    for row in newest.iter_rows(named=True):
        listing.add_row(
            row["driver"], f"{row['probability']:.1%}", f"{row['probability_low']:.1%} to {row['probability_high']:.1%}"
        )
    console.print(listing)
