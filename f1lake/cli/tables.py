"""The commands `f1lake tables` and `f1lake export`.

They read arguments; the work is done in `listings.py`, `dictionary.py` and `export.py`.
"""

import sys
from pathlib import Path
from typing import Annotated

import typer

from f1lake.cli.screen import console, invented_banner, say
from f1lake.failures import UsageError
from f1lake.imports import without_garbage


def show_tables(
    name: Annotated[str | None, typer.Argument(help="a table, `silver/events`; all if not given")] = None,
    as_markdown: Annotated[bool, typer.Option("--markdown", help="every table and column, as docs/tables.md")] = False,
) -> None:
    """List the tables of the lake with rows and versions, or show the columns of one table."""
    with without_garbage():
        from f1lake.cli.dictionary import markdown
        from f1lake.cli.lakes import require_lake
        from f1lake.cli.listings import described, listed
        from f1lake.contracts import declared

    if as_markdown:
        sys.stdout.write(markdown())
    elif name is None:
        require_lake()
        console.print(listed())
    elif name in declared():
        console.print(described(name))
    else:
        raise UsageError("there is no table {name!r}: `f1lake tables` lists them", name=name)


def export_reports(to: Annotated[Path, typer.Option(help="the folder to write to")] = Path("export")) -> None:
    """Write gold and odds as one documented DuckDB file and as parquet, for BI tools."""
    from f1lake.cli.lakes import require_lake
    from f1lake.export import DATABASE, export
    from f1lake.storage.world import is_invented

    require_lake()
    exported, missing = export(to)
    if is_invented():
        console.print(invented_banner())
    say("{file}, and as parquet beside it: {tables}", file=to / DATABASE, tables=", ".join(exported))
    if missing:
        say("not in the lake yet: {tables}", tables=", ".join(missing))
