"""Contracts of tables: columns are declared once, and checked before anything is stored.

A table's file declares a dataframely schema and decorates its asset:

    class Events(dy.Schema):
        '''One row per race weekend.'''
        season = dy.Int32(primary_key=True, description="year of the championship")

    @dg.asset(**table("silver/events", Events), ins={...}, partitions_def=SEASONS)
    @enforced(Events)
    def events(bronze_events: pl.LazyFrame) -> pl.LazyFrame: ...

`table` gives Dagster what follows from the contract: key, group, owner, description, column schema and the check.
`enforced` checks the frame against the contract. What a schema says of its columns is in `schemas.py`, the rules are in
`rules.py`, and how types are stored is in `stored_types.py`.
"""

import functools
import inspect
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from typing import Any

import dagster as dg
import dataframely as dy
import polars as pl

from f1lake.partitions import seasons_of
from f1lake.storage.rules import broken_rules, broken_rules_of_parts, reported_values, undeclared_columns
from f1lake.storage.schemas import CONTRACTS, column_schema

OWNERS = {
    **dict.fromkeys(("raw", "bronze"), "team:collecting"), **dict.fromkeys(("silver", "gold"), "team:tables"),
    **dict.fromkeys(("abt", "model", "odds"), "team:models"),
}
"""The team that owns a layer, as in .github/CODEOWNERS."""
POOLS = {"raw": "upstream"}
"""Assets that send requests to a service share a pool, so that only one run at a time does (dagster.yaml)."""
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
        "owners": [OWNERS.get(layer, "team:maintainers")],
        "description": inspect.getdoc(schema) or "",
        "metadata": {"dagster/column_schema": column_schema(schema)},
        "io_manager_key": IO_MANAGER_KEYS.get(layer, "delta_io_manager"),
        "pool": POOLS.get(layer),
        "backfill_policy": dg.BackfillPolicy.single_run(),
        "check_specs": [
            dg.AssetCheckSpec(
                "contract", asset=key, blocking=True,
                description="Types, nulls, bounds, key and rules are as declared; rows that break them are not stored.",
            )
        ],
    }
    return arguments | overrides


def enforced(
    schema: type[dy.Schema], shown: Callable[[pl.DataFrame], str] | None = None
) -> Callable[[Callable[..., Any]], Callable[..., Iterator[Any]]]:
    """Check the frame that an asset function returns against its contract, and store it only if it passes.

    `shown` turns the frame into Markdown, a plot and a preview (`pictures.py`), for its page in the Dagster UI.

    The frame is cut to the seasons of the run first, so that a function may compute every season it is given. If the
    check fails, the run stops with `dg.Failure` before the I/O manager is called, and the table keeps its rows.

    A function that returns an output with the metadata `refused` has left out rows of its source; the check then warns
    and the rest is stored.

    A function that yields its frame instead of returning it continues once the frame is stored. If the frame breaks the
    contract, the failure is raised at its `yield`.
    """

    def decorate(function: Callable[..., Any]) -> Callable[..., Iterator[Any]]:
        @functools.wraps(function)
        def compute(*args: Any, **kwargs: Any) -> Iterator[Any]:
            metadata: dict[str, Any] = {}
            with _outdated_inputs_explained():
                result: Any = function(*args, **kwargs)
                waiting = result if isinstance(result, Generator) else None
                frame: Any = result if waiting is None else next(waiting)
                if isinstance(frame, dg.Output):
                    frame, metadata = frame.value, dict(frame.metadata)
                if not isinstance(frame, dict):
                    frame = _own_seasons(frame.lazy()).collect()
            if isinstance(frame, dict):  # raw: a frame per partition
                rows = sum(part.height for part in frame.values())
                failures = broken_rules_of_parts(schema, frame)
            else:
                rows = frame.height
                failures = broken_rules(schema, frame) | undeclared_columns(schema, frame)
            summary = {"rows": rows, "broken rules": failures} | reported_values(schema, frame)
            refused = metadata["refused"].value if "refused" in metadata else ""
            yield dg.AssetCheckResult(
                check_name="contract", passed=not failures and not refused, metadata=summary,
                description=refused or None,
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
            metadata |= _shown_in_ui(frame, shown)
            if not isinstance(frame, dict) or frame:  # raw has no partition to store if nothing is published yet
                yield dg.Output(frame, metadata=metadata)
            if waiting is not None:
                next(waiting, None)

        return compute

    return decorate


@contextmanager
def _outdated_inputs_explained() -> Iterator[None]:
    """Explain what to do if an input holds values that its contract does not know any more."""
    try:
        yield
    except pl.exceptions.InvalidOperationError as error:
        if "to `enum` failed" not in str(error):
            raise
        raise dg.Failure(
            f"{_running()} reads a table of an older version of f1lake: {error}. Materialize all seasons of the "
            "tables that it reads again (`f1lake build`, `f1lake train`, `f1lake odds`)", allow_retries=False,
        ) from error


def _shown_in_ui(frame: Any, shown: Callable[[pl.DataFrame], str] | None) -> dict[str, Any]:
    """Row count, shares of nulls and plot: metadata of the output.

    Metadata of an output is repeated for each of its partitions. In a run of several partitions it is therefore added
    to the newest one alone, with the rows of that partition, and this returns nothing: Dagster's plots show no wrong
    number. Adding it to each of 77 partitions would cost a second per table.
    """
    context = _context()
    keys = context.partition_keys if context and context.assets_def.partitions_def else []
    newest = max(keys, default="")
    if isinstance(frame, dict):
        rows = sum(part.height for key, part in frame.items() if len(keys) <= 1 or key == newest)
        metadata: dict[str, Any] = {"dagster/row_count": rows}
    else:
        of_newest = frame.filter(pl.col("season") == int(newest)) if len(keys) > 1 else frame
        metadata = {"dagster/row_count": of_newest.height}
        nulls = (frame.null_count() / max(1, frame.height) * 100).row(0, named=True) if context else {}
        metadata |= {"nulls": {name: f"{share:.2g} %" for name, share in nulls.items() if share > 0}} if context else {}
        if context and shown is not None and frame.height:
            metadata["picture"] = dg.MetadataValue.md(shown(frame))
    if context is None or len(keys) <= 1:
        return metadata
    if not isinstance(frame, dict) or newest in frame:
        context.add_asset_metadata(metadata, asset_key=context.asset_key, partition_key=newest)
    return {}


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
