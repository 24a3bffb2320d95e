"""The CSV files of a release and the YAML of a session, as rows of text, read by column name.

Columns are inserted, renamed and dropped between releases: one that is new is named, one that is gone refuses its file.
"""

import io
import zipfile
from collections.abc import Collection

import polars as pl
import yaml

from f1lake.upstream.failures import F1dbUnusableError


class Archive:
    """An archive of CSV files. Raises `F1dbUnusableError` for one that is none."""

    def __init__(self, tag: str, content: bytes) -> None:
        self.tag = tag
        self.unknown: list[str] = []
        """The columns of files read so far that nobody asked for or left out by name: `races.weather`."""
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(content))
        except zipfile.BadZipFile as error:
            raise F1dbUnusableError(f"the archive of {tag}", "it is no zip") from error

    def read(self, file: str, columns: Collection[str], left_out: Collection[str] | None = None) -> pl.DataFrame:
        """The named columns of `f1db-<file>.csv`, as text; null where it says nothing.

        Any other column that is not `left_out` by name is noted as unknown; without `left_out`, none is.
        Raises `F1dbUnusableError` if the file or one of the columns is not there.
        """
        request = f"the file {file} of {self.tag}"
        try:
            content = self._zip.read(f"f1db-{file}.csv")
            rows = pl.read_csv(content, infer_schema=False, null_values="")
        except (KeyError, zipfile.BadZipFile, pl.exceptions.PolarsError) as error:
            raise F1dbUnusableError(request, f"it cannot be read ({type(error).__name__})") from error
        if missing := [name for name in columns if name not in rows.columns]:
            raise F1dbUnusableError(request, f"it has no column {', '.join(missing)}, but {', '.join(rows.columns)}")
        if left_out is not None:
            self.unknown += [f"{file}.{name}" for name in rows.columns if name not in (*columns, *left_out)]
        return rows.select(columns)


def session_rows(request: str, content: str, columns: Collection[str]) -> pl.DataFrame:
    """The named fields of a session's file, as text, one row a driver in the order of the file.

    Raises `F1dbUnusableError` for a file that is no list of drivers, or of which no row has one of the fields.
    """
    try:
        rows = yaml.load(content, Loader=yaml.BaseLoader)  # everything is text: "1:29.260" is no number of base 60
    except yaml.YAMLError as error:
        raise F1dbUnusableError(request, f"it is no YAML ({type(error).__name__})") from error
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise F1dbUnusableError(request, "it is no list of drivers")
    if missing := [name for name in columns if not any(name in row for row in rows)]:
        raise F1dbUnusableError(request, f"no row has {', '.join(missing)}, but {', '.join(rows[0])}")
    texts = [{name: row.get(name) or None for name in columns} for row in rows]
    return pl.DataFrame(texts, schema=dict.fromkeys(columns, pl.String))
