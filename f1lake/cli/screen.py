"""How the `f1lake` command displays things: tables, errors, progress bars, countdowns.

What it displays is in `listings.py`. This module imports nothing heavy, because every command needs it.
"""

import contextlib
import datetime as dt
import re
from collections.abc import Iterator
from typing import Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from typer.core import TyperGroup

from f1lake.cli.portuguese import is_wanted, said, told, translate
from f1lake.failures import ExplainedError

console = Console()


def say(text: str, /, **values: object) -> None:
    """Print a message in the language of whoever asks; markup counts in the text, not in its values."""
    shown = {name: escape(value) if isinstance(value, str) else value for name, value in values.items()}
    console.print(said(text, **shown))


def invented_banner() -> str:
    """The line over everything that is shown of an invented world."""
    return said("[reverse] INVENTED: no such driver, team or race has ever been [/]")


class ExplainedErrors(TyperGroup):
    """The command group. An error of our own ends a command with one line, or with its trace under `--debug`.

    Its help is in the language of whoever asks.
    """

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        if is_wanted():
            translate(self)

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was typed."""
        try:
            return super().invoke(ctx)
        except ExplainedError as error:
            if ctx.params["debug"]:
                raise
            console.print(escape(told(error)), style="red")
            raise typer.Exit(1) from None


def table(*columns: str, title: str = "", caption: str | None = None) -> Table:
    """A table for the screen; on an invented world it says so."""
    from f1lake.storage.world import is_invented

    heading = [invented_banner()] * is_invented() + [title] * bool(title)
    return Table(*map(said, columns), title="\n".join(heading), caption=caption)


@contextlib.contextmanager
def countdown(progress: Progress) -> Iterator[None]:
    """Wait for the upstream where necessary, and show the time left."""
    from f1lake.upstream.progress import waiting_out

    task = progress.add_task("", visible=False, total=None)

    def show(reason: str, left_s: float) -> None:
        waiting = said("waiting for {reason}: {left}", reason=said(reason), left=duration(left_s))
        progress.update(task, description=waiting, visible=left_s > 0)

    with waiting_out(show):
        yield


def duration(seconds: float) -> str:
    """`0:12:05`, `1 day, 2:00:00`."""
    return str(dt.timedelta(seconds=round(seconds))).replace("day", said("day"))


def progress_bars() -> Progress:
    """Progress bars with counts and elapsed time."""
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
    """A bar per kind of page: "Race results", "driver standings"."""
    from f1lake.upstream.progress import reporting

    bars: dict[str, TaskID] = {}
    received: dict[str, dict[str, tuple[int, int]]] = {}

    def show(what: str, done: int, total: int) -> None:
        kind, _, span = what.partition(" of ")
        received.setdefault(kind, {})[span] = (done, total)
        if kind not in bars:
            bars[kind] = progress.add_task(kind)
        all_done, in_all = (sum(counts) for counts in zip(*received[kind].values(), strict=True))
        over = re.sub(r"\b[a-z]+( [a-z]+)*\b", lambda words: said(words[0]), span)
        named = said("{kind} of {span}", kind=said(kind), span=over)
        progress.update(bars[kind], completed=all_done, total=in_all, description=named)

    with reporting(show):
        yield
