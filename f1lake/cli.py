"""The `f1lake` command: the same assets as in the Dagster UI, without it.

What belongs here: words on the screen and progress bars. What is run is in `runs.py`.
"""

import contextlib
import inspect
import os
import sys
from collections.abc import Iterator
from typing import Annotated

import dagster as dg
import polars as pl
import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from f1lake import clock, doctor, runs
from f1lake.automation.sensors import unfollowed_seasons
from f1lake.demo import choose_source, remember_source
from f1lake.dictionary import markdown
from f1lake.settings import FIRST_SEASON, settings
from f1lake.storage.contract import CONTRACTS, key_columns, meaning
from f1lake.storage.lake import TableMissingError, delta_table, read, version
from f1lake.upstream.failures import UpstreamError
from f1lake.upstream.progress import reporting
from f1lake.upstream.session import requests_sent

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_show_locals=False)
console = Console()
LEADERS = 8
FromSeason = Annotated[
    int | None, typer.Option("--from", min=FIRST_SEASON, help="first season; F1LAKE_FROM_SEASON or 1950 if not given")
]
ToSeason = Annotated[
    int | None, typer.Option("--to", min=FIRST_SEASON, help="last season; the present one if not given")
]


@app.callback()
def main() -> None:
    """f1lake: a Formula 1 lakehouse, from raw results to title odds."""


@app.command()
def collect(
    event: Annotated[
        list[str] | None, typer.Option(help="an event to collect again, `2026-09`; may be repeated")
    ] = None,
) -> None:
    """Bring what is due from the services to raw: calendars, results, standings."""
    with _instance() as instance:
        _collect(instance, event or [])


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
    as_markdown: Annotated[bool, typer.Option("--markdown", help="every table and column, as docs/tables.md")] = False,
) -> None:
    """What is in the lake: rows and versions; or one table's columns, from its contract."""
    runs.definitions()  # the contracts are declared beside the assets
    with _shown_errors():
        if as_markdown:
            sys.stdout.write(markdown(runs.tables()))
        elif name is None:
            console.print(_listed())
        elif name in CONTRACTS:
            console.print(_described(name))
        else:
            raise ValueError(f"there is no table {name!r}: `f1lake tables` lists them")


def _listed() -> Table:
    listing = Table("table", "key", "version", "rows", title=settings().lake)
    for table, contract in CONTRACTS.items():
        if not table.startswith("raw/"):
            found = delta_table(table)
            rows = f"{found.count():,}" if found else "-"
            listing.add_row(table, ", ".join(key_columns(contract)), str(found.version()) if found else "-", rows)
    return listing


def _described(name: str) -> Table:
    contract = CONTRACTS[name]
    listing = Table("column", "type", "meaning", title=name, caption=inspect.getdoc(contract))
    for column_name, column in contract.columns().items():
        key = " (key)" if column_name in key_columns(contract) else ""
        listing.add_row(column_name + key, str(column.dtype), meaning(column))
    return listing


@app.command("doctor")
def doctor_() -> None:
    """What is configured, what answers, and what is stale."""
    listing = Table("what", "how it is", "what to do", show_lines=False)
    with _shown_errors():
        for finding in doctor.findings():
            listing.add_row(finding.what, finding.state, finding.advice, style=None if finding.fine else "yellow")
    console.print(listing)


@app.command()
def demo() -> None:
    """The whole history to odds in a lake of its own, ./lake-demo, from the best source at hand (`make demo`)."""
    with _shown_errors():
        source = choose_source()
    os.environ["F1LAKE_LAKE"] = os.environ.get("F1LAKE_LAKE") or "lake-demo"
    os.environ["F1LAKE_UPSTREAM"] = source.upstream or ""
    settings.cache_clear()
    remember_source(source)
    console.print(f"[bold]f1lake demo[/]: {escape(source.description)}\nlake: {settings().lake}")
    with _instance() as instance:
        _collect(instance, [])
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


def _collect(instance: dg.DagsterInstance, events: list[str]) -> None:
    with _progress() as progress, _pages(progress):
        if events:
            runs.collect_calendars(instance)
            changed = runs.collect_events(instance, events)
            changed |= runs.collect_standings(instance, {int(event[:4]) for event in events})
        else:
            changed = runs.collect_calendars(instance)
            new = runs.collect_results(instance)
            changed |= new | runs.collect_standings(instance, new)
    seasons = f"{min(changed)}-{max(changed)}" if changed else "none"
    console.print(f"collected; seasons changed: {seasons}; requests sent: {requests_sent()}")


def _run(job: str, instance: dg.DagsterInstance, first: int | None, last: int | None) -> None:
    first, last = first or settings().from_season, last or clock.now().year
    if not first <= last <= clock.now().year:
        raise ValueError(f"--from {first} --to {last}: no such span of seasons up to {clock.now().year}")
    with _progress() as progress:
        task = progress.add_task(f"{job} {first}-{last}", total=runs.steps(job))
        runs.run(job, instance, (str(first), str(last)), on_step=lambda done: progress.update(task, completed=done))


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
        if season is None:
            console.print("no odds: the models need ten finished seasons to learn from")
            return
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
