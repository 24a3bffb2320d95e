"""What the tables of F1DB's releases have in common: the release is asked for once a run, and read by column name.

F1DB is optional: where it cannot be had, nothing is stored, and the run goes on. What does not belong here: what each
table keeps.
"""

import functools
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import dagster as dg
import dataframely as dy
import polars as pl

from f1lake import clock
from f1lake.raw.event_schedule import UTC_TIME
from f1lake.storage.raw_io import RawIOManager
from f1lake.storage.schemas import key_columns
from f1lake.storage.stored_types import same_rows, storable
from f1lake.upstream.f1db.kept import ask_for
from f1lake.upstream.f1db.tables import Archive
from f1lake.upstream.failures import F1dbUnusableError

F1DB, MAIN = "F1DB", "F1DB main"
LEFT_OUT = ("raceId", "interval", "intervalMillis")
"""Columns that are left out by name: ids of races change with the calendar, of the intervals some are wrong."""
PROVENANCE = ("collected_at", "source")
BOOLEANS = {"true": True, "false": False}


class OfRelease(dy.Schema):
    """The columns that tell which season a row is of, and which release it is from."""

    season = dy.Int32(primary_key=True, min=1950, description="year of the championship; the source's `year`")
    collected_at = dy.Datetime(description="when it was collected", metadata={"volatile": True}, **UTC_TIME)
    source = dy.String(
        description="the release, `F1DB v2026.9.1`, or F1DB's main branch", metadata={"volatile": True}
    )


def collected_release(
    context: dg.AssetExecutionContext, table: str, schema: type[dy.Schema], read: Callable[[Archive], pl.DataFrame]
) -> Iterator[dg.Output[dict[str, pl.DataFrame]]]:
    """The run's seasons of the newest release, as far as they say something else than the lake.

    `read` gives rows as text, those of all seasons. A row that cannot be believed is left out by name; a release whose
    files lack a column that f1lake reads is not used, and the lake keeps what it has.
    """
    archive = _of_run(context.op_execution_context.run_id)
    if isinstance(archive, F1dbUnusableError):
        context.log.info(str(archive))
        yield dg.Output({})
        return
    seen = len(archive.unknown)
    try:
        rows = read(archive)
    except F1dbUnusableError as error:
        context.log.warning(str(error))
        yield dg.Output({}, metadata={"refused": str(error)})
        return
    refused: list[str] = []
    own = rows.filter(pl.col("season").is_in(context.partition_keys))
    sifted = believed_rows(schema, own, refused, source=f"{F1DB} {archive.tag}")
    by_season = sifted.partition_by("season", as_dict=True)
    none, frames = schema.create_empty(), dict[str, pl.DataFrame]()
    for key in context.partition_keys:
        frame, stored = by_season.get((int(key),), none), RawIOManager().read_one(table, key)
        if stored is None or not same_rows(table, stored, storable(frame.lazy()).collect()):
            frames[key] = frame
    yield dg.Output(frames, metadata={
        "release": archive.tag, "unknown_columns": ", ".join(archive.unknown[seen:]), "refused": "; ".join(refused)
    })


def believed_rows(schema: type[dy.Schema], rows: pl.DataFrame, refused: list[str], source: str) -> pl.DataFrame:
    """Rows of text in the types of the contract; those that do not fit it are left out, and told to `refused`."""
    provenance = {"collected_at": pl.lit(clock.now(), pl.Datetime("us", "UTC")), "source": pl.lit(source)}
    declared = schema.create_empty().schema
    given = rows.select(own_columns(schema)).with_columns(**provenance)
    typed = given.with_columns(_typed(pl.col(name), dtype) for name, dtype in declared.items())
    for name in declared:
        odd = given[name].is_not_null() & typed[name].is_null()
        refused += [f"{_named(schema, row)}: its {name} is `{row[name]}`" for row in given.filter(odd).to_dicts()]
        given, typed = given.filter(~odd), typed.filter(~odd)
    good, failure = schema.filter(typed)
    for row in failure.details().to_dicts():
        rules = [name for name, verdict in row.items() if verdict == "invalid"]
        refused.append(f"{_named(schema, row)}: it breaks {', '.join(rules)}")
    return good


def own_columns(schema: type[dy.Schema]) -> list[str]:
    """The columns of a contract that are the source's."""
    return [name for name in schema.column_names() if name not in PROVENANCE]


def _typed(value: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    """Text as what it says; null where it does not say that."""
    if dtype == pl.Boolean:
        return value.replace_strict(BOOLEANS, default=None)
    return value.str.to_date(strict=False) if dtype == pl.Date else value.cast(dtype, strict=False)


@functools.lru_cache(maxsize=1)
def _of_run(run_id: str) -> Archive | F1dbUnusableError:
    """The release as this run has asked for it, or why there is none: three tables want it, it is asked for once."""
    try:
        release, content = ask_for()
    except F1dbUnusableError as error:
        return error
    return Archive(release.tag, content)


def _named(schema: type[dy.Schema], row: Mapping[str, Any]) -> str:
    """A row by its key."""
    return " ".join(str(row[name]) for name in key_columns(schema))


