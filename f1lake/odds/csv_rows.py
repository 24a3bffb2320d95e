"""CSV files that people write, read row by row, so that one invalid row keeps no other out."""

import datetime as dt
from collections.abc import Iterator, Sequence
from pathlib import Path

import polars as pl

from f1lake.failures import UsageError


class InvalidRowsError(UsageError):
    """Rows, or a whole file, that cannot be used."""


def rows_of(source: Path | bytes, file: object, *needed: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """The line and the values of each row of a `file`, empty where there is none.

    Raises `InvalidRowsError` if it is no CSV file, or has none of some columns of which one is `needed`.
    """
    try:
        rows = pl.read_csv(source, infer_schema=False)
    except pl.exceptions.PolarsError as error:
        raise InvalidRowsError("{file} is no CSV file: {error}", file=file, error=error) from error
    lacking = [" or ".join(names) for names in needed if not set(names) & set(rows.columns)]
    if lacking:
        raise InvalidRowsError("{file} has no column {lacking}", file=file, lacking=", ".join(lacking))
    for line, row in enumerate(rows.iter_rows(named=True), start=2):
        yield line, {name: (value or "").strip() for name, value in row.items()}


def instant(text: str) -> dt.datetime:
    """An ISO instant in UTC. Raises `InvalidRowsError` for one without a time zone, and for anything else."""
    try:
        at = dt.datetime.fromisoformat(text)
    except ValueError:
        raise InvalidRowsError("{instant!r} is no ISO instant: 2026-07-18T20:00:00Z", instant=text) from None
    if at.tzinfo is None:
        raise InvalidRowsError("{instant!r} has no time zone: Z for UTC", instant=text)
    return at.astimezone(dt.UTC)
