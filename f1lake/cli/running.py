"""Runs jobs for the `f1lake` command, with progress bars. Which command runs what is in `main.py`."""

import contextlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from f1lake.cli.portuguese import said
from f1lake.cli.screen import countdown, pages, progress_bars, say
from f1lake.failures import UsageError

if TYPE_CHECKING:
    import dagster as dg


@contextlib.contextmanager
def dagster_instance() -> Iterator["dg.DagsterInstance"]:
    """The Dagster instance of the lake."""
    import dagster as dg

    from f1lake.home import dagster_home

    dagster_home()
    with dg.DagsterInstance.get() as instance:
        yield instance


def collect_with_bars(
    instance: "dg.DagsterInstance", events: list[str], laps_from: int | None, wait: bool = True
) -> None:
    """Collect what is due, or some events again, with a progress bar a table and the countdown of a pause."""
    from f1lake import runs
    from f1lake.cli.listings import say_what_is_left
    from f1lake.upstream.kept_pages import asked_anew
    from f1lake.upstream.progress import requests_sent

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
    seasons = f"{min(changed)}-{max(changed)}" if changed else said("none")
    say("collected; seasons changed: {seasons}; requests sent: {requests}", seasons=seasons, requests=requests_sent())


def span(first: int | None, last: int | None) -> tuple[int, int]:
    """The first and last season of a command. Raises `UsageError` where there is no such span."""
    from f1lake import clock
    from f1lake.settings import FIRST_SEASON, settings

    first, last, newest = first or settings().from_season, last or clock.now().year, clock.now().year
    if not FIRST_SEASON <= first <= last <= newest:
        raise UsageError(
            "--from {first} --to {last}: no such span of seasons from {oldest} to {newest}",
            first=first, last=last, oldest=FIRST_SEASON, newest=newest,
        )
    return first, last


def run_with_bar(
    job: str, instance: "dg.DagsterInstance", first: int | None, last: int | None,
    on_step: Callable[[], None] = lambda: None,
) -> None:
    """Run a job over a span of seasons, with a progress bar; `on_step` is called as it grows."""
    from f1lake import runs
    from f1lake.cli.lakes import require_lake

    first, last = span(first, last)
    require_lake()
    with progress_bars() as progress:
        task = progress.add_task(f"{said(job)} {first}-{last}", total=runs.steps(job))

        def show(done: int) -> None:
            progress.update(task, completed=done)
            on_step()

        runs.run(job, instance, (str(first), str(last)), on_step=show)
