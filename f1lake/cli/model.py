"""The commands `f1lake model list | promote | rollback | card` and `f1lake what-if`.

They read arguments and show results; the work is done in `model/` and `odds/`.
"""

import datetime as dt
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from f1lake.cli.portuguese import figure, percent, said
from f1lake.cli.screen import console, say, table
from f1lake.failures import UsageError
from f1lake.model.registry.registered import Registered

if TYPE_CHECKING:
    from f1lake.odds.what_if import Change

models = typer.Typer(no_args_is_help=True, help="The registered versions of the models, and which one is published.")
MOST = 10


@models.command("list")
def list_() -> None:
    """List the registered versions: what each was fitted on, and the decision about it."""
    from f1lake.model.registry import store

    listing = table("model", "version", "", "recipe", "fitted on", "decision")
    for name in Registered:
        versions = store.versions(name)
        champion = store.champion(name).number if versions else None
        for version in versions:
            tags = version.tags
            listing.add_row(
                name, str(version.number), "champion" if version.number == champion else "", tags["recipe"],
                f"{tags['fitted_from']}-{tags['fitted_through']}", tags.get("decision", ""),
            )  # fmt: skip
    console.print(listing)


@models.command()
def promote(name: Registered, version: Annotated[int, typer.Argument(min=1)]) -> None:
    """Publish the odds of a version regardless of the scores; the next `f1lake odds` uses it."""
    from f1lake.model.registry import promotion

    promotion.promote(name.value, version)
    say("{name} version {number} is champion; `f1lake odds` publishes its odds", name=name, number=version)


@models.command()
def rollback(name: Registered) -> None:
    """Go back to the version that was published before the current champion."""
    from f1lake.model.registry import promotion

    number = promotion.rollback(name.value)
    say("{name} version {number} is champion again; `f1lake odds` publishes its odds", name=name, number=number)


@models.command("card")
def card_(
    docs: Annotated[
        Path, typer.Option(exists=True, file_okay=False, help="the folder with the log of scores and the season's odds")
    ] = Path("docs"),
) -> None:
    """Print the model card (docs/model-card.md) from the tables of the lake."""
    from f1lake.cli.model_card import card

    sys.stdout.write(card(docs))


def ask_what_if(
    winner: Annotated[list[str] | None, typer.Option(help="`2026-10=russell`: who wins a race; repeatable")] = None,
    place: Annotated[
        list[str] | None, typer.Option(help="`2026-10=2.antonelli`: who takes a place of a race; repeatable")
    ] = None,
    retired: Annotated[
        list[str] | None, typer.Option(help="`2026-10=antonelli`: who is not classified; repeatable")
    ] = None,
    as_of: Annotated[
        dt.datetime | None, typer.Option(formats=["%Y-%m-%d"], help="the day to start from; the latest if not given")
    ] = None,
) -> None:
    """Show the odds of both titles if something happened in future races."""
    changes: dict[str, Change] = {}
    taken = [(event, 1, driver) for event, driver in map(_pair, winner or [])]
    taken += [(event, *_placed(told)) for event, told in map(_pair, place or [])]
    for event, number, driver in taken:
        change = changes.setdefault(event, {})
        if number in change.get("places", {}):
            raise UsageError("{event}: place {number} can be taken only once", event=event, number=number)
        change["places"] = {**change.get("places", {}), number: driver}
    for event, driver in map(_pair, retired or []):
        change = changes.setdefault(event, {})
        change["retired"] = [*change.get("retired", ()), driver]
    from f1lake.odds import what_if

    odds = what_if.odds(as_of.date() if as_of else None, changes)
    for (title,), rows in odds.group_by("title", maintain_order=True):
        listing = table(said(str(title)), "odds then", "published", "points expected")
        for row in rows.head(MOST).iter_rows(named=True):
            listing.add_row(
                row["entrant_id"], percent(row["probability"]), percent(row["probability_published"]),
                figure(row["expected_points"]),
            )  # fmt: skip
        console.print(listing)


def _placed(text: str) -> tuple[int, str]:
    number, dot, driver = text.partition(".")
    if not dot or not number.isdecimal():
        raise UsageError("{text!r}: write place and driver, `2.antonelli`", text=text)
    return int(number), driver


def _pair(text: str) -> tuple[str, str]:
    event, equals, driver = text.partition("=")
    if not equals:
        raise UsageError("{text!r}: write race event and driver, `2026-10=russell`", text=text)
    return event, driver
