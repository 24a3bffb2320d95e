"""Which world a lake holds: the real one or an invented championship (docs/invented-world.md). They never mix.

The column `source` of raw decides, where raw is written.
"""

import io
from collections.abc import Iterable

import polars as pl

from f1lake.failures import UsageError
from f1lake.settings import settings
from f1lake.storage import files, looks
from f1lake.storage.place import uri

INVENTED = "invented"
"""The `source` of every invented row begins with this; the rest names the world."""

REAL = "real"
"""The world of every other row."""

FIRST_TABLE = "raw/event_schedule"
"""The table that is collected before any other."""


class MixedWorldsError(UsageError):
    """Rows of another world than the lake holds."""


def world() -> str:
    """The world of the lake: `real`, or the name of an invented one; `real` for an empty lake."""
    source = _source_of_lake()
    return _world(source) if source else REAL


def is_invented() -> bool:
    """Whether the lake holds an invented championship; False for an empty one."""
    return _is_invented(_source_of_lake())


def require_same_world(name: str, frames: Iterable[pl.DataFrame]) -> None:
    """Raise `MixedWorldsError` for frames of another world than the lake's, or of several worlds."""
    sources = {source for frame in frames if "source" in frame.columns for source in frame["source"].unique()}
    if sources:
        require_world_of(name, sources)


def require_world_of(name: str, sources: set[str]) -> None:
    """Raise `MixedWorldsError` for sources of another world than the lake's, or of several worlds."""
    of_lake = _source_of_lake()
    worlds = {_world(source) for source in sources | ({of_lake} if of_lake else set())}
    if len(worlds) > 1:
        theirs = ", ".join(sorted(map(repr, sources)))
        raise MixedWorldsError(
            "{name}: rows from {theirs} for the lake at {lake}, whose rows are from {of_lake!r}; real and invented "
            "rows are never mixed, nothing was written. Give each world a lake of its own: F1LAKE_LAKE",
            name=name, theirs=theirs, lake=settings().lake, of_lake=of_lake,
        )


def _source_of_lake() -> str | None:
    return looks.look("world", FIRST_TABLE, _first_source)


def _first_source() -> str | None:
    stored = files.listed(uri(FIRST_TABLE), "season=*.parquet")
    content = files.get(stored[-1]) if stored else None
    if content is None:
        return None
    frame = pl.read_parquet(io.BytesIO(content))
    return frame["source"][0] if "source" in frame.columns and not frame.is_empty() else None


def _is_invented(source: str | None) -> bool:
    return source is not None and source.startswith(INVENTED)


def _world(source: str) -> str:
    return source if _is_invented(source) else REAL
