"""The data dictionary, docs/tables.md: every table and column as declared in its contract, in the reader's language.

This module lays out the page; the meaning of a column is in the file of its table, and in `portuguese.toml`.
"""

import inspect
import re
from collections.abc import Iterator

import dataframely as dy

from f1lake.cli import portuguese
from f1lake.contracts import LAYERS, declared
from f1lake.storage.schemas import key_columns, meaning

OTHER_WINDOWS = re.compile(r"_last_(10|20|40)$")
HEAD = """# Tables

Generated from the contracts by `f1lake tables --markdown`; a test keeps it current. **Bold** columns are the key.
Columns that end with `_life` stand in the same table with `_last_10`, `_last_20` and `_last_40`, too: over the last so
many rounds instead of the whole career."""


HEAD_PT = """# Tabelas

Gerado dos contratos por `f1lake tables --markdown`. Colunas em **negrito** são a chave. As que terminam em `_life`
estão na mesma tabela também com `_last_10`, `_last_20` e `_last_40`: sobre as últimas tantas etapas em vez da carreira
inteira."""


def markdown() -> str:
    """The page of all tables, layer by layer."""
    contracts = declared()
    layers = [layer.__name__.rpartition(".")[2] for layer in LAYERS]
    in_order = sorted(contracts, key=lambda name: (layers.index(name.partition("/")[0]), name))
    head = HEAD_PT if portuguese.is_wanted() else HEAD
    return "\n".join([head, *(line for name in in_order for line in _table(name, contracts[name]))]) + "\n"


def _table(name: str, contract: type[dy.Schema]) -> Iterator[str]:
    keys = key_columns(contract)
    yield from ("", f"## {name}", "", " ".join(about(name, contract).split()), "")
    in_portuguese = portuguese.is_wanted()
    yield "| Coluna | Tipo | Nulo | Significado |" if in_portuguese else "| Column | Type | Null | Meaning |"
    yield "|---|---|---|---|"
    for column_name, column in contract.columns().items():
        if not OTHER_WINDOWS.search(column_name):
            title = f"**{column_name}**" if column_name in keys else column_name
            null = ("sim" if in_portuguese else "yes") if column.nullable else ""
            yield f"| {title} | {_type(column)} | {null} | {meaning_of(column).replace('|', '/')} |"


def about(name: str, contract: type[dy.Schema]) -> str:
    """What a table is, in the reader's language: all that its file says of it, in Portuguese the gist."""
    text = inspect.getdoc(contract) or ""
    return portuguese.table(name, text) if portuguese.is_wanted() else text


def meaning_of(column: dy.Column) -> str:
    """A column's description with its unit and source, in one line and in the reader's language."""
    if not portuguese.is_wanted():
        return meaning(column)
    extra = column.metadata or {}
    notes = [f"[{portuguese.phrase(extra['unit'])}]"] if "unit" in extra else []
    notes += [f"Fonte: {portuguese.phrase(extra['source'])}"] if "source" in extra else []
    return " ".join([portuguese.meaning(column.description or ""), *notes])


def _type(column: dy.Column) -> str:
    """The type without details, `List(Struct)`; the meaning describes what it holds."""
    text = re.sub(r"\(categories=.*|\(\{.*|\(time_unit=.*", "", str(column.dtype))
    return text + ")" * (text.count("(") - text.count(")"))
