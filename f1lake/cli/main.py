"""The `f1lake` command: the same assets as in the Dagster UI, without it.

This module defines the commands. What they show is in `listings.py`, how it looks in `screen.py`, how they run jobs in
`running.py`. Each command imports what it needs inside its function: Dagster and polars take seconds, and `--help`
needs neither.
"""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.panel import Panel

from f1lake.cli.backup import bring_back, make_backup
from f1lake.cli.model import ask_what_if, models
from f1lake.cli.portuguese import said
from f1lake.cli.published import compare_market, show_published
from f1lake.cli.running import collect_with_bars, dagster_instance, run_with_bar, span
from f1lake.cli.screen import ExplainedErrors, console, invented_banner, say, table
from f1lake.cli.tables import export_reports, show_tables
from f1lake.imports import without_garbage
from f1lake.invent.demo_world import SEASONS, SEED

app = typer.Typer(
    cls=ExplainedErrors, no_args_is_help=True, invoke_without_command=True, add_completion=False,
    pretty_exceptions_show_locals=False,
)
FromSeason = Annotated[
    int | None, typer.Option("--from", help="first season; F1LAKE_FROM_SEASON or 1950 if not given")
]
ToSeason = Annotated[int | None, typer.Option("--to", help="last season; the present one if not given")]


@app.callback()
def main(
    version: Annotated[bool, typer.Option("--version", help="the version of f1lake", is_eager=True)] = False,
    debug: Annotated[bool, typer.Option("--debug", help="show the trace of an error that has an explanation")] = False,
) -> None:
    """f1lake: a Formula 1 lakehouse, from raw results to title odds."""
    if version:
        from importlib import metadata

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
    """Collect what is due into raw: calendars, results, standings, pit stops, laps of the current season."""
    with dagster_instance() as instance:
        events = list(event or [])
        if again:
            from f1lake.runs import stored_events

            events += stored_events(*span(from_, to))
        collect_with_bars(instance, events, span(from_, None)[0] if laps else None, wait)


@app.command()
def record(
    to: Annotated[Path, typer.Option(help="the folder of the recording; one that is there is added to")],
    laps: Annotated[bool, typer.Option("--laps", help="laps of past seasons too")] = False,
    from_: FromSeason = None,
) -> None:
    """Collect what is due, and save the answers of the upstream as a recording (docs/recordings.md)."""
    from f1lake.upstream.recorder import recording_to

    with dagster_instance() as instance, recording_to(to):
        collect_with_bars(instance, [], span(from_, None)[0] if laps else None)
    say("recorded: F1LAKE_UPSTREAM={to} reads it", to=to)


@app.command()
def build(from_: FromSeason = None, to: ToSeason = None) -> None:
    """Build bronze, silver, gold and abt from raw."""
    with dagster_instance() as instance:
        run_with_bar("build", instance, from_, to)


@app.command()
def train(from_: FromSeason = None, to: ToSeason = None) -> None:
    """Fit the models season by season, score them, and log and register the newest in MLflow."""
    with dagster_instance() as instance:
        run_with_bar("train", instance, from_, to)


@app.command()
def odds(from_: FromSeason = None, to: ToSeason = None) -> None:
    """Compute the odds, publish those of open decisions, and print the leaders."""
    from f1lake.cli.listings import print_leaders
    from f1lake.runs import publish

    with dagster_instance() as instance:
        run_with_bar("odds", instance, from_, to)
        publish(instance)
    print_leaders()


@app.command()
def game() -> None:
    """Score the predictions of friends in game/predictions.csv of the lake, beside those of the model (docs/game.md).
    """
    from f1lake.cli.game import play

    with dagster_instance() as instance:
        play(instance)


@app.command()
def maintain() -> None:
    """Do the weekly maintenance now: compact and clean up tables, prune old runs, export and back up."""
    from f1lake.runs import run

    with dagster_instance() as instance, run("maintenance", instance) as result:
        for node in result.job_def.nodes:
            console.print(escape(result.output_for_node(node.name)))


@app.command()
def migrate() -> None:
    """Upgrade a lake of an earlier release: rebuild every table from raw, without requests to the services."""
    from f1lake import runs
    from f1lake.contracts import declared
    from f1lake.storage.release import note, outdated

    with dagster_instance() as instance:
        if not (old := outdated(declared())):
            say("the lake is of this release")
            return
        run_with_bar("whole_history", instance, None, None)
        runs.publish(instance)
        for name in old:
            note(name)
        say("tables of an earlier release that are of this one now: {count}", count=len(old))


@app.command("doctor")
def doctor_() -> None:
    """Report what is configured, what answers, and what is stale."""
    with without_garbage():
        from f1lake.cli.doctor import findings

    listing = table("what", "how it is", "what to do")
    for finding in findings():
        listing.add_row(
            said(finding.what), finding.state, said(finding.advice), style=None if finding.fine else "yellow"
        )
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
    from f1lake.invent import recording

    as_of = recording.advance(to) if advance else recording.invent(to, seasons, seed)
    say("{banner}\nthe world in {to} is known until {day}", banner=invented_banner(), to=to, day=as_of)


@app.command()
def demo() -> None:
    """Build the whole history up to the odds in ./lake-demo, from the best source available (`make demo`).

    Without network and recording it uses an invented world, in ./lake-invented.
    """
    with without_garbage():
        from f1lake import runs
        from f1lake.automation.sensors import unfollowed_seasons
        from f1lake.cli.demo import choose_source, remember_source
        from f1lake.cli.listings import FirstOdds, print_leaders
        from f1lake.settings import settings
        from f1lake.storage.lake import version

    source = choose_source()
    os.environ["F1LAKE_LAKE"] = os.environ.get("F1LAKE_LAKE") or source.lake
    os.environ["F1LAKE_UPSTREAM"] = source.upstream or ""
    remember_source(source)
    if source.is_invented:
        about = said(
            "The demo runs on a championship that f1lake invented: seasons, drivers, teams and circuits that never "
            "were. Everything works as on the real history; nothing in it is real, the scores of the models included."
        )
        console.print(Panel(about, title=invented_banner(), border_style="red"))
    say("[bold]f1lake demo[/]: {source}\nlake: {lake}", source=source.description, lake=settings().lake)
    with dagster_instance() as instance:
        collect_with_bars(instance, [], None)
        if version("odds/title_odds") is None:
            run_with_bar("whole_history", instance, None, None, FirstOdds().print_once)
        elif changed := unfollowed_seasons(instance, {}):
            run_with_bar("refresh", instance, min(changed), None)
        runs.publish(instance)
    print_leaders()
    say("Look at it: [bold]make up[/] starts the Dagster UI, MLflow and the app on this lake.")


@app.command()
def up() -> None:
    """Start the Dagster UI and daemon, MLflow and the app for one lake; Ctrl-C stops all of them (`make up`)."""
    from f1lake.cli.up import supervise  # starts processes: needs nothing of the above

    sys.exit(supervise())


app.add_typer(models, name="model")
app.command("tables")(show_tables)
app.command("export")(export_reports)
app.command("what-if")(ask_what_if)
app.command("backup")(make_backup)
app.command("restore")(bring_back)
app.command("published")(show_published)
app.command("market")(compare_market)
