"""A table's contract: its columns declared once, checked before anything is stored.

A table's file declares a dataframely schema and decorates its asset:

    class Events(dy.Schema):
        '''One row a race weekend.'''
        season = dy.Int32(primary_key=True, description="year of the championship")

    @dg.asset(**table("silver/events", Events), ins={...}, partitions_def=SEASONS)
    @enforced(Events)
    def events(bronze_events: pl.LazyFrame) -> pl.LazyFrame: ...

`table` gives Dagster what follows from the contract (key, group, description, column schema,
the blocking check); `enforced` holds the frame against it. A column's `description` is its
meaning; its `metadata` may give `unit`, `source`, `key` (part of the key although it may be
null), `volatile` (when it was made or seen: no change of the row) and `from` (the columns of the
tables read that it is made from, where they have other names: `["position", "grid"]`).
"""

import functools
import inspect
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import dagster as dg
import dataframely as dy
import polars as pl
import polars.selectors as cs
from dataframely.exc import SchemaError

from f1lake.partitions import seasons_of

OWNER = "team:f1lake"
UNKNOWN_FIELDS = "unknown_fields"
"""The column of raw and bronze for what the source says and FastF1 does not know, as JSON."""
CONTRACTS: dict[str, type[dy.Schema]] = {}
"""Contract by table, `silver/events`; filled where each table is declared."""

POOLS = {"raw": "upstream"}
"""What talks to the services does so one run at a time, however many runs an instance allows (dagster.yaml)."""
KEPT_FOREVER = ("raw", "bronze", "odds/published")
"""The layers and tables that nothing can make again: no version of them is cleaned up, and every backup has them."""
IO_MANAGER_KEYS = {"raw": "raw_io_manager", "bronze": "bronze_io_manager"}
KINDS = {"raw": {"fastf1", "parquet"}, "model": {"polars", "deltalake", "mlflow"}}


def table(name: str, schema: type[dy.Schema], **overrides: Any) -> dict[str, Any]:
    """The arguments of `@dg.asset` that follow from a table's name (`silver/events`) and contract."""
    layer, _, _ = name.partition("/")
    CONTRACTS[name] = schema
    key = dg.AssetKey(name.split("/"))
    arguments = {
        "key": key,
        "group_name": layer,
        "kinds": KINDS.get(layer, {"polars", "deltalake"}),
        "owners": [OWNER],
        "description": inspect.getdoc(schema) or "",
        "metadata": {"dagster/column_schema": column_schema(schema)},
        "io_manager_key": IO_MANAGER_KEYS.get(layer, "delta_io_manager"),
        "pool": POOLS.get(layer),
        "backfill_policy": dg.BackfillPolicy.single_run(),
        "check_specs": [
            dg.AssetCheckSpec(
                "contract", asset=key, blocking=True,
                description="Types, nulls, bounds, key and rules as declared; what breaks them is never stored.",
            )
        ],
    }
    return arguments | overrides


def enforced(
    schema: type[dy.Schema], shown: Callable[[pl.DataFrame], str] | None = None
) -> Callable[[Callable[..., Any]], Callable[..., Iterator[Any]]]:
    """Hold what an asset function returns against its contract, and store it only if it passes.

    `shown` makes Markdown of the frame, a plot and a preview (`pictures.py`), for its page in the Dagster UI.

    The frame is cut to the run's own seasons first: a function may compute every season it is
    given, and only those asked for are checked and stored. On failure the run stops with
    `dg.Failure` before the I/O manager is called; the table keeps what it had.

    What a function refused of its source, by the metadata `refused` of the output that it gives, is a warning of the
    check: the rest is stored.

    A function that yields its frame instead of returning it goes on once the frame is stored; what
    keeps it from being stored is raised at its `yield`.
    """

    def decorate(function: Callable[..., Any]) -> Callable[..., Iterator[Any]]:
        @functools.wraps(function)
        def compute(*args: Any, **kwargs: Any) -> Iterator[Any]:
            metadata: dict[str, Any] = {}
            with _older_tables_named():
                made: Any = function(*args, **kwargs)
                waiting = made if isinstance(made, Generator) else None
                frame: Any = made if waiting is None else next(waiting)
                if isinstance(frame, dg.Output):
                    frame, metadata = frame.value, dict(frame.metadata)
                if not isinstance(frame, dict):
                    frame = _own_seasons(frame.lazy()).collect()
            if isinstance(frame, dict):  # raw: a frame for each partition
                rows = sum(part.height for part in frame.values())
                failures = _broken_rules_of_parts(schema, frame)
            else:
                rows = frame.height
                failures = broken_rules(schema, frame) | _undeclared_columns(schema, frame)
            found = {"rows": rows, "broken rules": failures} | _unknown_fields(frame)
            refused = metadata["refused"].value if "refused" in metadata else ""
            yield dg.AssetCheckResult(
                check_name="contract", passed=not failures and not refused, metadata=found, description=refused or None,
                severity=dg.AssetCheckSeverity.ERROR if failures else dg.AssetCheckSeverity.WARN,
            )
            if failures:
                failure = dg.Failure(
                    f"{_running()} breaks its contract and was not stored: {failures}",
                    metadata={"broken rules": failures}, allow_retries=False,
                )
                if waiting is not None:
                    waiting.throw(failure)
                raise failure
            if not isinstance(frame, dict):
                metadata |= _told(frame, shown)
            if not isinstance(frame, dict) or frame:  # raw, and nothing is published yet: no partition to store
                yield dg.Output(frame, metadata={"dagster/row_count": rows, **metadata})
            if waiting is not None:
                next(waiting, None)

        return compute

    return decorate


@contextmanager
def _older_tables_named() -> Iterator[None]:
    """Say what to do where a table that is read holds values that its contract no longer knows."""
    try:
        yield
    except pl.exceptions.InvalidOperationError as error:
        if "to `enum` failed" not in str(error):
            raise
        raise dg.Failure(
            f"{_running()} reads a table of an older version of f1lake: {error}. Materialize all seasons of the "
            "tables that it reads again (`f1lake build`, `f1lake train`, `f1lake odds`)", allow_retries=False,
        ) from error


def _told(frame: pl.DataFrame, shown: Callable[[pl.DataFrame], str] | None) -> dict[str, Any]:
    """Shares of nulls, and the picture if there is one: metadata of the output of a table without partitions.

    In a run of seasons the newest one's materialization has them, and this is empty: what belongs to the
    output is written again for each of 77 seasons.
    """
    context = _context()
    if context is None:
        return {}
    nulls = (frame.null_count() / max(1, frame.height) * 100).row(0, named=True)
    told: dict[str, Any] = {"nulls": {name: f"{share:.2g} %" for name, share in nulls.items() if share > 0}}
    if shown is not None and frame.height:
        told["picture"] = dg.MetadataValue.md(shown(frame))
    if context.assets_def.partitions_def is None:
        return told
    context.add_asset_metadata(told, asset_key=context.asset_key, partition_key=max(context.partition_keys))
    return {}


def broken_rules(schema: type[dy.Schema], frame: pl.DataFrame) -> dict[str, Any]:
    """Which rules of the contract a frame breaks, and how often: `{}` if it keeps them all.

    A missing column or another type comes back under `schema`; where the frame has a season,
    the seasons of the broken rows come too.
    """
    try:
        _, failure = schema.filter(frame)
    except SchemaError as error:
        return {"schema": str(error).split("\n\nResolved plan")[0]}
    counts: dict[str, Any] = dict(failure.counts())
    if counts and "season" in frame.columns:
        counts["seasons"] = failure.invalid()["season"].unique().sort().to_list()
    return counts


def key_columns(schema: type[dy.Schema]) -> list[str]:
    """The columns that name a row, in their order."""
    return [
        name for name, column in schema.columns().items()
        if column.primary_key or (column.metadata or {}).get("key")
    ]


def volatile_columns(schema: type[dy.Schema]) -> list[str]:
    """The columns that say when a row was made or seen, which are no change of the row itself."""
    return [name for name, column in schema.columns().items() if (column.metadata or {}).get("volatile")]


def column_schema(schema: type[dy.Schema], made_from: Mapping[str, str] | None = None) -> dg.TableSchema:
    """The contract as Dagster's column schema, with unit, source and key in each description.

    `made_from` says for some columns which ones they are made from: the open UI shows lineage of columns nowhere else.
    """
    sources = {name: f" ← {told}" for name, told in (made_from or {}).items()}
    return dg.TableSchema(columns=[
        dg.TableColumn(
            name=name,
            type=str(column.dtype),
            description=meaning(column) + sources.get(name, ""),
            constraints=dg.TableColumnConstraints(nullable=column.nullable),
            tags={"key": ""} if name in key_columns(schema) else None,
        )
        for name, column in schema.columns().items()
    ])


def meaning(column: dy.Column) -> str:
    """A column's description with its unit and source, in one line."""
    extra = column.metadata or {}
    notes = [f"[{extra['unit']}]"] if "unit" in extra else []
    notes += [f"Source: {extra['source']}"] if "source" in extra else []
    return " ".join(filter(None, [column.description, *notes]))


def is_kept_forever(table: str) -> bool:
    """Whether a table is one of `KEPT_FOREVER`, or of such a layer."""
    return table in KEPT_FOREVER or table.partition("/")[0] in KEPT_FOREVER


def empty_frame(name: str) -> pl.LazyFrame:
    """No rows, in the shape of a table's contract."""
    return CONTRACTS[name].create_empty().lazy()


def storable(frame: pl.LazyFrame) -> pl.LazyFrame:
    """The frame in types that every reader of parquet and Delta knows: enumerations as strings."""
    return frame.with_columns((cs.enum() | cs.categorical()).cast(pl.String))


def as_declared(name: str, stored: pl.LazyFrame) -> pl.LazyFrame:
    """What was stored, back in the types of the table's contract: the inverse of `storable`."""
    declared, found = CONTRACTS[name].create_empty().schema, stored.collect_schema()
    other = [column for column, dtype in found.items() if declared.get(column, dtype) != dtype]
    return stored.cast({column: declared[column] for column in other})


def same_rows(name: str, one: pl.DataFrame, other: pl.DataFrame) -> bool:
    """Whether two frames of a table say the same, in the same columns: order and volatile columns apart."""
    if set(one.schema.items()) != set(other.schema.items()):
        return False
    keys, volatile = key_columns(CONTRACTS[name]), volatile_columns(CONTRACTS[name])
    compared = [column for column in one.columns if column not in volatile]
    return one.select(compared).sort(keys).equals(other.select(compared).sort(keys))


def _broken_rules_of_parts(schema: type[dy.Schema], parts: Mapping[str, pl.DataFrame]) -> dict[str, Any]:
    """The broken rules of all partitions of a run together; columns that only the source knows may be there."""
    declared = schema.create_empty().schema
    other_types = {
        f"{key}: {column}": f"{dtype}, not {declared[column]}"
        for key, part in parts.items()
        for column, dtype in part.schema.items() if declared.get(column, dtype) != dtype
    }
    if other_types:
        return {"schema": other_types}
    known = [part.select(cs.by_name(*declared, require_all=False)) for part in parts.values()]
    return broken_rules(schema, pl.concat([schema.create_empty(), *known], how="diagonal"))


def _unknown_fields(frame: Any) -> dict[str, Any]:
    """What the source says in fields that nobody knows yet: in how many rows, and one of them."""
    parts = frame.values() if isinstance(frame, dict) else [frame]
    told = [row for part in parts if UNKNOWN_FIELDS in part.columns for row in part[UNKNOWN_FIELDS].drop_nulls()]
    return {"rows with unknown fields": len(told), "for example": told[0]} if told else {}


def _undeclared_columns(schema: type[dy.Schema], frame: pl.DataFrame) -> dict[str, Any]:
    undeclared = [column for column in frame.columns if column not in schema.columns()]
    return {"undeclared columns": undeclared} if undeclared else {}


def _own_seasons(frame: pl.LazyFrame) -> pl.LazyFrame:
    """The rows of the run's own seasons; everything for a table without partitions."""
    context = _context()
    if context is None or context.assets_def.partitions_def is None or "season" not in frame.collect_schema():
        return frame
    return frame.filter(pl.col("season").is_in(seasons_of(context.partition_keys)))


def _context() -> dg.AssetExecutionContext | None:
    try:
        return dg.AssetExecutionContext.get()
    except dg.DagsterInvariantViolationError:
        return None  # called directly, by a test


def _running() -> str:
    context = _context()
    return context.asset_key.to_user_string() if context else "the frame"
