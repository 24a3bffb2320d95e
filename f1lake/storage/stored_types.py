"""Types of stored columns: how a frame is stored, and how a stored one gets the types of its contract again."""

import functools

import dataframely as dy
import polars as pl
import polars.selectors as cs

from f1lake.storage.schemas import CONTRACTS, key_columns, volatile_columns


def empty_frame(name: str) -> pl.LazyFrame:
    """An empty frame with the columns of a table's contract."""
    return pl.LazyFrame(schema=_schema(CONTRACTS[name]))


def storable(frame: pl.LazyFrame) -> pl.LazyFrame:
    """The frame in types that every reader of parquet and Delta knows; enumerations become strings."""
    return frame.with_columns((cs.enum() | cs.categorical()).cast(pl.String))


def as_declared(name: str, stored: pl.LazyFrame) -> pl.LazyFrame:
    """A stored frame in the types of the table's contract: the inverse of `storable`."""
    declared, present = _schema(CONTRACTS[name]), stored.collect_schema()
    other = [column for column, dtype in present.items() if declared.get(column, dtype) != dtype]
    return stored.cast({column: declared[column] for column in other})


def same_rows(name: str, one: pl.DataFrame, other: pl.DataFrame) -> bool:
    """Whether two frames of a table have the same columns and rows, ignoring order and volatile columns."""
    if set(one.schema.items()) != set(other.schema.items()):
        return False
    keys, volatile = key_columns(CONTRACTS[name]), volatile_columns(CONTRACTS[name])
    compared = [column for column in one.columns if column not in volatile]
    return one.select(compared).sort(keys).equals(other.select(compared).sort(keys))


@functools.cache
def _schema(contract: type[dy.Schema]) -> pl.Schema:
    return pl.Schema({name: column.dtype for name, column in contract.columns().items()})
