"""Whether a table has the columns of this release for all seasons, or was written by an earlier release.

A run of one season adds new columns to a table, with nulls in the other seasons, so the schema of the table tells
nothing. `_columns`, a small file beside the log of a Delta table, records the columns that all of it was built with.
Not here: rebuilding tables (`f1lake migrate`).
"""

import hashlib
from collections.abc import Iterable

from f1lake.storage import files
from f1lake.storage.lake import version
from f1lake.storage.place import uri
from f1lake.storage.stored_types import empty_frame, storable

FILE = "_columns"
WRITTEN_ONCE = ("odds/published",)
"""Tables whose old rows stay as they were written."""


def note(table: str) -> None:
    """Record that all of a table has the columns of this release."""
    files.put(uri(f"{table}/{FILE}"), _columns(table).encode())


def outdated(tables: Iterable[str]) -> list[str]:
    """Those of some tables in the lake that have not been rebuilt as a whole since their columns changed."""
    stored = [name for name in tables if not name.startswith("raw/") and name not in WRITTEN_ONCE]
    return [name for name in stored if not _is_of_this_release(name) and version(name) is not None]


def _is_of_this_release(table: str) -> bool:
    return files.get(uri(f"{table}/{FILE}")) == _columns(table).encode()


def _columns(table: str) -> str:
    schema = storable(empty_frame(table)).collect_schema()
    return hashlib.sha256(repr(sorted((name, repr(type_)) for name, type_ in schema.items())).encode()).hexdigest()
