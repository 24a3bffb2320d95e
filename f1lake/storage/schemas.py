"""The schemas of all tables, and what a schema says of its columns: key, volatility, meaning.

A column's `description` is its meaning. Its `metadata` may give

- `unit` and `source`,
- `key`: part of the key although it may be null,
- `volatile`: when a row was computed or seen, so that a change of it is no change of the row,
- `from`: the input columns that it is computed from, if they have other names, `["position", "grid"]`,
- `part`: with the season, what the source gives completely or not at all; without such a column the season is,
- `alias`: another column; within a season each value of one goes with one value of the other, and vice versa,
- `reported`: the check `contract` counts the rows with a value, and shows one.
"""

from collections.abc import Mapping
from typing import Any

import dagster as dg
import dataframely as dy

CONTRACTS: dict[str, type[dy.Schema]] = {}
"""Schema by table name (`silver/events`), filled where each table is declared."""


def key_columns(schema: type[dy.Schema]) -> list[str]:
    """The columns that identify a row, in order."""
    return [
        name for name, column in schema.columns().items()
        if column.primary_key or (column.metadata or {}).get("key")
    ]


def volatile_columns(schema: type[dy.Schema]) -> list[str]:
    """The columns that say when a row was computed or seen; a change of them is no change of the row."""
    return list(marked(schema, "volatile"))


def marked(schema: type[dy.Schema], mark: str) -> dict[str, Any]:
    """The columns whose metadata has this entry, with its value."""
    return {
        name: notes[mark] for name, column in schema.columns().items() if mark in (notes := column.metadata or {})
    }


def meaning(column: dy.Column) -> str:
    """A column's description with its unit and source, in one line."""
    extra = column.metadata or {}
    notes = [f"[{extra['unit']}]"] if "unit" in extra else []
    notes += [f"Source: {extra['source']}"] if "source" in extra else []
    return " ".join(filter(None, [column.description, *notes]))


def column_schema(schema: type[dy.Schema], lineage: Mapping[str, str] | None = None) -> dg.TableSchema:
    """The contract as Dagster's column schema, with unit, source and key in each description.

    `lineage` names, for some columns, the input columns they are computed from; the open-source UI shows column lineage
    nowhere else.
    """
    sources = {name: f" ← {inputs}" for name, inputs in (lineage or {}).items()}
    keys = key_columns(schema)
    return dg.TableSchema(columns=[
        dg.TableColumn(
            name=name,
            type=str(column.dtype),
            description=meaning(column) + sources.get(name, ""),
            constraints=dg.TableColumnConstraints(nullable=column.nullable),
            tags={"key": ""} if name in keys else None,
        )
        for name, column in schema.columns().items()
    ])
