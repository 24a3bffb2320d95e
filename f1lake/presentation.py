"""What the Dagster UI shows of an asset beside its contract: tags, links and column lineage.

`definitions.py` adds it once every table is known. What a run reports about itself (row counts, plots) is attached
where tables are stored.
"""

import functools
import re
import warnings
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import dagster as dg

import f1lake
from f1lake.partitions import RACE_EVENTS
from f1lake.settings import settings
from f1lake.storage.retention import is_kept_forever
from f1lake.storage.schemas import CONTRACTS, column_schema

CHECKOUT = Path(f1lake.__file__).parents[1]
DICTIONARY = "docs/tables.md"


def presented(assets: Iterable[Any]) -> list[Any]:
    """Copies of the assets with tags, links and column lineage."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", dg.BetaWarning)  # code references: what the UI calls them may change
        return [*dg.map_asset_specs(_presented, [*assets])]


def lineage(table: str, upstream: Sequence[str]) -> dict[str, list[dg.TableColumnDep]]:
    """The columns of the input tables that each column of a table is computed from.

    A column comes from the column of the same name in each input; `driverId` counts as `driver_id`, and bronze's
    `Q1_ms` as raw's `Q1`. If no input has it, the contract's metadata `from` decides: `position` means that column of
    any input, `gold/driver_standings.position` that of one table. So a source too many may be named. Columns without
    either (a probability depends on a whole row) are left out.

    Raises `ValueError` if `from` names a column that no input has.
    """
    sources: dict[str, list[dg.TableColumnDep]] = {}
    for name, column in CONTRACTS[table].columns().items():
        declared = (column.metadata or {}).get("from", [])
        deps = _named([name, name.removesuffix("_ms")], upstream) or _named(declared, upstream)
        if deps:
            sources[name] = deps
        elif declared:
            raise ValueError(f"{table}: {name} is made from {declared}, which none of {list(upstream)} has")
    return sources


def _named(names: Iterable[str], tables: Sequence[str]) -> list[dg.TableColumnDep]:
    wanted = {_snake_case(name) for name in names}
    return [
        dg.TableColumnDep(dg.AssetKey(table.split("/")), column)
        for table in tables
        for column in CONTRACTS[table].column_names()
        if _snake_case(column) in wanted or f"{table}.{column}" in wanted
    ]


def _presented(spec: dg.AssetSpec) -> dg.AssetSpec:
    table = spec.key.to_user_string()
    upstream = [dep.asset_key.to_user_string() for dep in spec.deps if dep.asset_key != spec.key]
    made_from = lineage(table, upstream)
    links, address = _links(table)
    return spec.replace_attributes(
        description=f"{spec.description}\n\nColumns with meaning, unit and source: {address}",
        tags={**spec.tags, "partitioned_by": _grain(spec), "kept": _kept(table)},
        metadata={
            **spec.metadata,
            "dagster/column_schema": column_schema(CONTRACTS[table], _told(made_from)),
            "dagster/column_lineage": dg.TableColumnLineage(made_from),
            "dagster/code_references": dg.CodeReferencesMetadataValue(code_references=links),
        },
    )


def _links(table: str) -> tuple[list[dg.LocalFileCodeReference | dg.UrlCodeReference], str]:
    """Links to the table's file and to its section of the data dictionary, and the latter as Markdown."""
    file, anchor = f"f1lake/{table}.py", table.replace("/", "")
    if (repository := settings().repository) is None:
        here = [(file, "code"), (DICTIONARY, "data dictionary")]
        local = [dg.LocalFileCodeReference(file_path=str(CHECKOUT / path), label=label) for path, label in here]
        return [*local], f"`{DICTIONARY}`, section *{table}*"
    dictionary = f"{repository}/{DICTIONARY}#{anchor}"
    urls = [
        dg.UrlCodeReference(url=f"{repository}/{file}", label="code"),
        dg.UrlCodeReference(url=dictionary, label="data dictionary"),
    ]
    return [*urls], f"[the data dictionary]({dictionary})"


def _told(made_from: Mapping[str, Sequence[dg.TableColumnDep]]) -> dict[str, str]:
    return {
        name: ", ".join(f"{dep.asset_key.to_user_string()}.{dep.column_name}" for dep in deps)
        for name, deps in made_from.items()
    }


def _grain(spec: dg.AssetSpec) -> str:
    if spec.partitions_def is None:
        return "nothing"
    return "race_event" if spec.partitions_def == RACE_EVENTS else "season"


def _kept(table: str) -> str:
    return "forever" if is_kept_forever(table) else "30_days"


@functools.cache  # the same names are asked for by every table that is made of them
def _snake_case(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
