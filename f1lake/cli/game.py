"""The command `f1lake game`: scores predictions of friends. The scoring is in `odds/game_scores.py`."""

import dagster as dg
import polars as pl
from rich.markup import escape

from f1lake.cli.portuguese import event, figure, said
from f1lake.cli.screen import console, say, table
from f1lake.failures import UsageError
from f1lake.odds.game_scores import FRIEND, MODEL_NAME, compared
from f1lake.odds.predictions import COLUMNS, EITHER, FILE
from f1lake.runs import run
from f1lake.storage import files
from f1lake.storage.lake import read
from f1lake.storage.place import uri


def play(instance: dg.DagsterInstance) -> None:
    """Score the file, list the rows that cannot be used, and show the table. Raises `UsageError` without a file."""
    if files.get(uri(FILE)) is None:
        columns = ", ".join((*COLUMNS, "/".join(EITHER)))
        raise UsageError(
            "there is no {file}: a CSV with the columns {columns} (docs/game.md)", file=uri(FILE), columns=columns
        )
    key = dg.AssetKey(["odds", "game_scores"])
    result = run("publish", instance, assets=[key])
    for scored in result.asset_materializations_for_node("odds__game_scores"):
        refused = str(scored.metadata["refused"].value) if "refused" in scored.metadata else ""
        for line in filter(None, refused.split("; ")):
            say("[yellow]not counted: {line}[/]", line=line)
    rows = read("odds/game_scores").collect()
    listing = table("player", "races", "log loss", said("{model}, same races", model=MODEL_NAME), "all alike", "Brier")
    for row in compared(rows).iter_rows(named=True):
        names = ("log_loss", "model", "alike", "brier")
        listing.add_row(escape(row["player"]), str(row["races"]), *(figure(row[name], 3) for name in names))
    console.print(listing)
    waiting = rows.filter(pl.col("side") == FRIEND, pl.col("winner_id").is_null())
    for row in waiting.select("season", "round", "event_name").unique().sort("season", "round").iter_rows(named=True):
        say("waiting for the winner of the {event} {season}", event=event(row["event_name"]), season=row["season"])
