"""The tables behind the page as files to download: `/download/odds/title_odds.csv`, or `.parquet`."""

import functools
import io

import polars as pl
import polars.selectors as cs
from fastapi import FastAPI, HTTPException, Response

from f1lake.app.live import NEEDED, WELCOME, Live

OFFERED = tuple(sorted(name for name in (*NEEDED, *WELCOME) if name.startswith(("odds/", "gold/"))))
"""Gold and odds; never a name that a visitor made up."""

TYPES = {"csv": "text/csv; charset=utf-8", "parquet": "application/vnd.apache.parquet"}
KEPT_FILES = 8


def offer(app: FastAPI, live: Live) -> None:
    """Let visitors download `OFFERED`, as they are in the newest snapshot."""

    @app.get("/download/{layer}/{file}")
    def download(layer: str, file: str) -> Response:
        stem, _, kind = file.rpartition(".")
        name = f"{layer}/{stem}"
        table = live.snapshot.tables.get(name) if name in OFFERED and kind in TYPES else None
        if table is None:
            raise HTTPException(404, "There is no such table.")
        # By identity of the frame: a table that is read anew is a new frame.
        return Response(_written(_Same(table), kind), media_type=TYPES[kind], headers={
            "Content-Disposition": f'attachment; filename="{stem}.{kind}"',
        })


class _Same:
    """A frame that equals itself only."""

    def __init__(self, frame: pl.DataFrame) -> None:
        self.frame = frame

    def __hash__(self) -> int:
        return id(self.frame)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.frame is self.frame


@functools.lru_cache(maxsize=KEPT_FILES)
def _written(table: _Same, kind: str) -> bytes:
    buffer = io.BytesIO()
    if kind == "parquet":
        table.frame.write_parquet(buffer)
    else:
        lists = cs.by_dtype(pl.List(pl.String), pl.List(pl.Int32), pl.List(pl.Float64))
        table.frame.with_columns(lists.cast(pl.List(pl.String)).list.join(";")).write_csv(buffer)
    return buffer.getvalue()
