"""The data dictionary, docs/tables.md: every table and column as its contract declares it.

What belongs here: how the page is laid out. What a column means is written in its table's file.
"""

import re
from collections.abc import Iterable, Iterator

import dataframely as dy

from f1lake.storage.contract import CONTRACTS, key_columns, meaning

LAYERS = ["raw", "bronze", "silver", "gold", "abt", "model", "odds"]
OTHER_WINDOWS = re.compile(r"_last_(10|20|40)$")
HEAD = """# Tables

Generated from the contracts by `f1lake tables --markdown`; a test keeps it current. **Bold** columns are the key.
Columns that end with `_life` stand in the same table with `_last_10`, `_last_20` and `_last_40`, too: over the last so
many rounds instead of the whole career."""


def markdown(tables: Iterable[str]) -> str:
    """The page for these tables, `silver/events`, layer by layer."""
    in_order = sorted(tables, key=lambda name: (LAYERS.index(name.partition("/")[0]), name))
    return "\n".join([HEAD, *(line for name in in_order for line in _table(name, CONTRACTS[name]))]) + "\n"


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
    """The type without its details, `List(Struct)`: what they hold is in the meaning."""
    text = re.sub(r"\(categories=.*|\(\{.*|\(time_unit=.*", "", str(column.dtype))
    return text + ")" * (text.count("(") - text.count(")"))
