"""The `f1lake` command: the same assets as in the Dagster UI, without it.

What belongs here: the commands. What they show is in `screen.py`, what they run in `runs.py`.
"""

import contextlib
import functools
import os
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Annotated

import dagster as dg
import typer
from rich.markup import escape
from rich.panel import Panel

from f1lake import clock, doctor, runs
from f1lake.automation.sensors import unfollowed_seasons
from f1lake.backup_commands import bring_back, make_backup
from f1lake.demo import SEASONS, SEED, choose_source, remember_source
from f1lake.dictionary import markdown
from f1lake.export import DATABASE
from f1lake.export import export as write_export
from f1lake.invent import recording
from f1lake.lakes import require_lake
from f1lake.ledger_commands import compare_market, show_published
from f1lake.model_commands import ask_what_if, models
from f1lake.screen import (
    INVENTED_BANNER,
    INVENTED_DEMO,
    console,
    countdown,
    described,
    listed,
    pages,
    print_leaders,
    progress_bars,
    say_what_is_left,
    shown_errors,
    table,
)
from f1lake.settings import FIRST_SEASON, settings
from f1lake.storage.contract import CONTRACTS
from f1lake.storage.lake import TableMissingError, version
from f1lake.storage.world import is_invented
from f1lake.upstream.failures import UpstreamError
from f1lake.upstream.kept_pages import asked_anew
from f1lake.upstream.recorder import recording_to
from f1lake.upstream.transport import requests_sent

app = typer.Typer(
    no_args_is_help=True, invoke_without_command=True, add_completion=False, pretty_exceptions_show_locals=False
)
app.add_typer(models, name="model")
app.command("what-if")(ask_what_if)
app.command("backup")(make_backup)
app.command("restore")(bring_back)
app.command("published")(show_published)
app.command("market")(compare_market)
_shown_errors = functools.partial(
    shown_errors, runs.RunFailedError, UpstreamError, TableMissingError, ValueError
)
FromSeason = Annotated[
    int | None, typer.Option("--from", min=FIRST_SEASON, help="first season; F1LAKE_FROM_SEASON or 1950 if not given")
]
ToSeason = Annotated[
    int | None, typer.Option("--to", min=FIRST_SEASON, help="last season; the present one if not given")
]


@app.callback()
def main(
    version: Annotated[bool, typer.Option("--version", help="the version of f1lake", is_eager=True)] = False,
) -> None:
    """f1lake: a Formula 1 lakehouse, from raw results to title odds."""
    if version:
        console.print(metadata.version("f1lake"))
        raise typer.Exit


@app.command()
def collect(
    event: Annotated[
        list[str] | None, typer.Option(help="an event to collect again, `2026-09`; may be repeated")
    ] = None,
    laps: Annotated[
        bool, typer.Option("--laps", help="laps of past seasons too, newest first: 10 to 15 requests a race")
    ] = False,
    again: Annotated[
        bool, typer.Option("--again", help="whole seasons again, from --from to --to, whatever is stored of them")
    ] = False,
    from_: FromSeason = None,
    to: ToSeason = None,
    wait: Annotated[
        bool, typer.Option(help="wait when the hour's requests are spent; else end, and say what is left to do")
    ] = True,
) -> None:
    """Bring what is due to raw: calendars, results, standings, pit stops, laps of the present season."""
    with _instance() as instance:
        events = list(event or [])
        if again:
            events += runs.stored_events(*_span(from_, to))
        _collect(instance, events, (from_ or settings().from_season) if laps else None, wait)


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
    """Compute the odds, publish those of open decisions, and print who leads."""
    with _instance() as instance:
        _run("odds", instance, from_, to)
        runs.publish(instance)
    with _shown_errors():
        print_leaders()


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
            require_lake()
            console.print(listed())
        elif name in CONTRACTS:
            console.print(described(name))
        else:
            raise ValueError(f"there is no table {name!r}: `f1lake tables` lists them")


@app.command()
def export(to: Annotated[Path, typer.Option(help="the folder to write to")] = Path("export")) -> None:
    """Write gold and odds as one documented DuckDB file and as parquet, for BI tools."""
    runs.definitions()  # the contracts are declared beside the assets
    with _shown_errors():
        require_lake()
        exported, missing = write_export(to)
        if is_invented():
            console.print(INVENTED_BANNER)
    console.print(f"{to / DATABASE}, and as parquet beside it: {', '.join(exported)}")
    if missing:
        console.print(f"not in the lake yet: {', '.join(missing)}")


@app.command()
def maintain() -> None:
    """Compact and clean up the tables, prune old runs, export and back up: what the daemon does each Wednesday."""
    with _instance() as instance:
        result = runs.run("maintenance", instance)
    for node in result.job_def.nodes:
        console.print(escape(result.output_for_node(node.name)))


@app.command("doctor")
def doctor_() -> None:
    """What is configured, what answers, and what is stale."""
    with _shown_errors():
        listing = table("what", "how it is", "what to do")
        for finding in doctor.findings():
            listing.add_row(finding.what, finding.state, finding.advice, style=None if finding.fine else "yellow")
        console.print(listing)


@app.command()
def invent(
    to: Annotated[Path, typer.Option(help="the folder of the recording")],
    seasons: Annotated[int, typer.Option(help="how many seasons; the last one is half run")] = SEASONS,
    seed: Annotated[int, typer.Option(min=0, help="the same seed gives the same world")] = SEED,
    advance: Annotated[
        bool, typer.Option("--advance", help="move the world in that folder on by one race weekend")
    ] = False,
) -> None:
    """Invent a championship, as a recording that F1LAKE_UPSTREAM reads (docs/invented-world.md)."""
    with _shown_errors():
        as_of = recording.advance(to) if advance else recording.invent(to, seasons, seed)
    console.print(f"{INVENTED_BANNER}\nthe world in {escape(str(to))} is known until {as_of}")


@app.command()
def demo() -> None:
    """The whole history to odds in a lake of its own, ./lake-demo, from the best source at hand (`make demo`).

    Without network and recording: an invented world, in ./lake-invented.
    """
    with _shown_errors():
        source = choose_source()
    os.environ["F1LAKE_LAKE"] = os.environ.get("F1LAKE_LAKE") or source.lake
    os.environ["F1LAKE_UPSTREAM"] = source.upstream or ""
    with _shown_errors():
        remember_source(source)
    if source.is_invented:
        console.print(Panel(INVENTED_DEMO, title=INVENTED_BANNER, border_style="red"))
    console.print(f"[bold]f1lake demo[/]: {escape(source.description)}\nlake: {settings().lake}")
    with _instance() as instance:
        _collect(instance, [], None)
        if version("odds/title_odds") is None:
            _run("whole_history", instance, None, None)
        elif changed := unfollowed_seasons(instance, {}):
            _run("refresh", instance, min(changed), None)
        runs.publish(instance)
    with _shown_errors():
        print_leaders()
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


def _collect(instance: dg.DagsterInstance, events: list[str], laps_from: int | None, wait: bool = True) -> None:
    if not events:
        say_what_is_left(laps_from)
    try:
        waiting, anew = countdown if wait else contextlib.nullcontext, asked_anew if events else contextlib.nullcontext
        with progress_bars() as progress, pages(progress), waiting(progress), anew():
            changed = (
                runs.collect_again(instance, events) if events
                else runs.collect_due(instance, laps_from, lambda why: say_what_is_left(laps_from, why))
            )
    except runs.RunFailedError:
        say_what_is_left(laps_from)
        raise
    seasons = f"{min(changed)}-{max(changed)}" if changed else "none"
    console.print(f"collected; seasons changed: {seasons}; requests sent: {requests_sent()}")


def _span(first: int | None, last: int | None) -> tuple[int, int]:
    first, last = first or settings().from_season, last or clock.now().year
    if not first <= last <= clock.now().year:
        raise ValueError(f"--from {first} --to {last}: no such span of seasons up to {clock.now().year}")
    return first, last


def _run(job: str, instance: dg.DagsterInstance, first: int | None, last: int | None) -> None:
    first, last = _span(first, last)
    require_lake()
    with progress_bars() as progress:
        task = progress.add_task(f"{job} {first}-{last}", total=runs.steps(job))
        runs.run(job, instance, (str(first), str(last)), on_step=lambda done: progress.update(task, completed=done))
