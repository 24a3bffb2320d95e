"""Checks frames against the rules of a contract: which rules are broken how often, and which values to report."""

from collections.abc import Mapping
from typing import Any

import dataframely as dy
import polars as pl
import polars.selectors as cs
from dataframely.exc import SchemaError

from f1lake.storage.schemas import marked


def broken_rules(schema: type[dy.Schema], frame: pl.DataFrame) -> dict[str, Any]:
    """The rules of the contract that a frame breaks, and how often; `{}` if none.

    A missing column or a wrong type is reported under `schema`. If the frame has a season, the seasons of the broken
    rows are reported too.
    """
    try:
        _, failure = schema.filter(frame)
    except SchemaError as error:
        return {"schema": str(error).split("\n\nResolved plan")[0]}
    counts: dict[str, Any] = dict(failure.counts())
    if counts and "season" in frame.columns:
        counts["seasons"] = failure.invalid()["season"].unique().sort().to_list()
    return counts


def broken_rules_of_parts(schema: type[dy.Schema], parts: Mapping[str, pl.DataFrame]) -> dict[str, Any]:
    """The broken rules of all partitions of a run together; undeclared columns of the source are allowed."""
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


def undeclared_columns(schema: type[dy.Schema], frame: pl.DataFrame) -> dict[str, Any]:
    """The columns of a frame that its contract does not declare."""
    undeclared = [column for column in frame.columns if column not in schema.column_names()]
    return {"undeclared columns": undeclared} if undeclared else {}


def reported_values(schema: type[dy.Schema], frame: Any) -> dict[str, Any]:
    """For each column marked `reported`: how many rows have a value, and an example."""
    parts, report = frame.values() if isinstance(frame, dict) else [frame], dict[str, Any]()
    for column in marked(schema, "reported"):
        values = [value for part in parts if column in part.columns for value in part[column].drop_nulls()]
        report |= {f"rows with {column}": len(values), f"{column}, for example": values[0]} if values else {}
    return report
