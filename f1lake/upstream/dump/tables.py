"""The tables of a dump as typed frames: columns are read by name, and every value must be one that is known.

What does not belong here: what the rows mean to the API (`answers.py`).
"""

import io
import zipfile
from pathlib import PurePosixPath
from typing import Any

import polars as pl

from f1lake.upstream.failures import DumpUnusableError

INTERVAL = "interval"
"""PostgreSQL's text of a duration, `01:32:28.105`; a column of milliseconds here."""
FLAG, DAY, INSTANT = pl.Boolean, pl.Date, pl.Datetime("us", "UTC")
NUMBER, TEXT, DECIMAL = pl.Int64, pl.String, pl.Float64

COLUMNS: dict[str, dict[str, Any]] = {
    "circuit": {
        "id": NUMBER, "reference": TEXT, "name": TEXT, "wikipedia": TEXT, "latitude": TEXT, "longitude": TEXT,
        "locality": TEXT, "country": TEXT,
    },
    "driver": {
        "id": NUMBER, "reference": TEXT, "permanent_car_number": NUMBER, "abbreviation": TEXT, "wikipedia": TEXT,
        "forename": TEXT, "surname": TEXT, "date_of_birth": DAY, "nationality": TEXT,
    },
    "team": {"id": NUMBER, "reference": TEXT, "wikipedia": TEXT, "name": TEXT, "nationality": TEXT},
    "season": {"id": NUMBER, "year": NUMBER},
    "round": {
        "id": NUMBER, "season_id": NUMBER, "number": NUMBER, "circuit_id": NUMBER, "name": TEXT, "date": DAY,
        "wikipedia": TEXT, "is_cancelled": FLAG,
    },
    "session": {
        "id": NUMBER, "round_id": NUMBER, "number": NUMBER, "type": TEXT, "timestamp": INSTANT, "has_time_data": FLAG,
    },
    "teamdriver": {"id": NUMBER, "driver_id": NUMBER, "team_id": NUMBER},
    "roundentry": {"id": NUMBER, "round_id": NUMBER, "team_driver_id": NUMBER, "car_number": NUMBER},
    "sessionentry": {
        "id": NUMBER, "session_id": NUMBER, "round_entry_id": NUMBER, "position": NUMBER, "is_classified": FLAG,
        "status": NUMBER, "detail": TEXT, "points": DECIMAL, "grid": NUMBER, "laps_completed": NUMBER,
        "time": INTERVAL, "fastest_lap_rank": NUMBER,
    },
    "lap": {
        "id": NUMBER, "session_entry_id": NUMBER, "number": NUMBER, "position": NUMBER, "time": INTERVAL,
        "average_speed": DECIMAL, "is_entry_fastest_lap": FLAG, "is_deleted": FLAG,
    },
    "pitstop": {
        "id": NUMBER, "session_entry_id": NUMBER, "lap_id": NUMBER, "number": NUMBER, "duration": INTERVAL,
        "local_timestamp": TEXT,
    },
    "driverchampionship": {
        "id": NUMBER, "round_id": NUMBER, "driver_id": NUMBER, "position": NUMBER, "points": DECIMAL,
        "win_count": NUMBER, "is_eligible": FLAG, "adjustment_type": NUMBER,
    },
    "teamchampionship": {
        "id": NUMBER, "round_id": NUMBER, "team_id": NUMBER, "position": NUMBER, "points": DECIMAL,
        "win_count": NUMBER, "is_eligible": FLAG, "adjustment_type": NUMBER,
    },
}
"""The tables and columns that are read, and their types; what else a dump has is left alone."""

KNOWN: dict[tuple[str, str], tuple[Any, ...]] = {
    ("session", "type"): (
        "R", "SR", "FP1", "FP2", "FP3", "PQ", "Q1", "Q2", "Q3", "QA", "QB", "QO", "SQ1", "SQ2", "SQ3",
    ),
    ("sessionentry", "status"): (0, 1, 10, 11, 20, 30, 40, 41),
    ("driverchampionship", "adjustment_type"): (0, 1, 101, 102),
    ("teamchampionship", "adjustment_type"): (0, 1, 101, 102),
}
"""The values of the columns that are codes: another one may mean anything."""

REFERS_TO: dict[tuple[str, str], str] = {
    ("round", "season_id"): "season", ("round", "circuit_id"): "circuit", ("session", "round_id"): "round",
    ("teamdriver", "driver_id"): "driver", ("teamdriver", "team_id"): "team",
    ("roundentry", "round_id"): "round", ("roundentry", "team_driver_id"): "teamdriver",
    ("sessionentry", "session_id"): "session", ("sessionentry", "round_entry_id"): "roundentry",
    ("lap", "session_entry_id"): "sessionentry", ("pitstop", "session_entry_id"): "sessionentry",
    ("pitstop", "lap_id"): "lap",
    ("driverchampionship", "round_id"): "round", ("driverchampionship", "driver_id"): "driver",
    ("teamchampionship", "round_id"): "round", ("teamchampionship", "team_id"): "team",
}
"""The table that a column's ids are of."""

Tables = dict[str, pl.DataFrame]


def read_tables(archive: bytes) -> Tables:
    """The tables of a dump by name, the columns of `COLUMNS`; intervals in milliseconds.

    Raises `DumpUnusableError`, naming table and column, for what is no such archive, or has other columns or values.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as files:
            contents = {PurePosixPath(name).name: files.read(name) for name in files.namelist()}
    except (zipfile.BadZipFile, OSError, ValueError, EOFError, NotImplementedError) as error:
        raise DumpUnusableError("the archive", f"it is damaged ({error})") from error
    tables = {table: _read(table, contents) for table in COLUMNS}
    for (table, column), values in KNOWN.items():
        _require(table, column, ~pl.col(column).is_in(values), tables[table], "unknown")
    for (table, column), of in REFERS_TO.items():
        stray = tables[table].drop_nulls(column).join(tables[of], left_on=column, right_on="id", how="anti")
        if not stray.is_empty():
            raise DumpUnusableError(f"table {table}", f"{column} {stray[column][0]} is of no {of}")
    return tables


def _read(table: str, contents: dict[str, bytes]) -> pl.DataFrame:
    file, types = f"formula_one_{table}.csv", COLUMNS[table]
    if file not in contents:
        raise DumpUnusableError("the archive", f"it has no {file}")
    try:
        rows = pl.read_csv(contents[file], infer_schema=False)
    except pl.exceptions.PolarsError as error:
        raise DumpUnusableError(f"table {table}", f"{file} is no CSV ({error})") from error
    if lacking := sorted(set(types) - set(rows.columns)):
        raise DumpUnusableError(f"table {table}", f"it has no column {', '.join(lacking)}")
    typed = rows.select(_typed(column, dtype) for column, dtype in types.items())
    for column in types:
        broken = rows[column].is_not_null() & typed[column].is_null()
        _require(table, column, broken, rows, "unreadable")
    return typed


def _typed(column: str, dtype: Any) -> pl.Expr:
    """A column of texts as what it is; null for a text that cannot be."""
    text = pl.col(column)
    if dtype == FLAG:
        return text.replace_strict({"t": True, "f": False}, default=None, return_dtype=FLAG)
    if dtype == DAY:
        return text.str.to_date("%Y-%m-%d", strict=False)
    if dtype == INSTANT:
        return text.str.to_datetime("%Y-%m-%d %H:%M:%S%#z", strict=False, time_unit="us").dt.convert_time_zone("UTC")
    if dtype == INTERVAL:
        parts = text.str.extract_groups(r"^(\d+):(\d\d):(\d\d)(?:\.(\d{1,6}))?$").struct
        hours, minutes, seconds = (parts[i].cast(NUMBER) for i in range(3))
        millis = parts[3].fill_null("").str.pad_end(3, "0").str.head(3).cast(NUMBER)
        return (((hours * 60 + minutes) * 60 + seconds) * 1000 + millis).alias(column)
    return text.cast(dtype, strict=False)


def _require(table: str, column: str, is_wrong: pl.Expr | pl.Series, rows: pl.DataFrame, how: str) -> None:
    wrong = rows.filter(is_wrong)[column]
    if not wrong.is_empty():
        raise DumpUnusableError(f"table {table}", f"its {column} has the {how} value {wrong[0]!r}")
