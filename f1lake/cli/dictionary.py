"""The data dictionary, docs/tables.md: every table and column as declared in its contract.

This module lays out the page; the meaning of a column is in the file of its table.
"""

import re
from collections.abc import Iterator

import dataframely as dy

from f1lake.contracts import LAYERS, declared
from f1lake.storage.schemas import key_columns, meaning

OTHER_WINDOWS = re.compile(r"_last_(10|20|40)$")
HEAD = """# Tables

Generated from the contracts by `f1lake tables --markdown`; a test keeps it current. **Bold** columns are the key.
Columns that end with `_life` stand in the same table with `_last_10`, `_last_20` and `_last_40`, too: over the last so
many rounds instead of the whole career."""


def markdown() -> str:
    """The page of all tables, layer by layer."""
    contracts = declared()
    layers = [layer.__name__.rpartition(".")[2] for layer in LAYERS]
    in_order = sorted(contracts, key=lambda name: (layers.index(name.partition("/")[0]), name))
    return "\n".join([HEAD, *(line for name in in_order for line in _table(name, contracts[name]))]) + "\n"


def _table(name: str, contract: type[dy.Schema]) -> Iterator[str]:
    keys = key_columns(contract)
    yield from ("", f"## {name}", "", " ".join((contract.__doc__ or "").split()), "")
    yield from ("| Column | Type | Null | Meaning |", "|---|---|---|---|")
    for column_name, column in contract.columns().items():
        if not OTHER_WINDOWS.search(column_name):
            title = f"**{column_name}**" if column_name in keys else column_name
            null = "yes" if column.nullable else ""
            yield f"| {title} | {_type(column)} | {null} | {meaning(column).replace('|', '/')} |"


def _type(column: dy.Column) -> str:
    """The type without details, `List(Struct)`; the meaning describes what it holds."""
    text = re.sub(r"\(categories=.*|\(\{.*|\(time_unit=.*", "", str(column.dtype))
    return text + ")" * (text.count("(") - text.count(")"))
