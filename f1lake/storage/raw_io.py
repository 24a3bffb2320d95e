"""The I/O manager of raw: one parquet file per partition, as the source returned it, on disk or on S3.

A file is written completely or not at all, and only if it differs from the stored one (except volatile columns such as
`collected_at`). `partitions.file_name` gives its name.
"""

import io
from concurrent.futures import ThreadPoolExecutor

import dagster as dg
import polars as pl

from f1lake.partitions import file_name, key_of_file, seasons_of
from f1lake.settings import settings
from f1lake.storage import files, looks
from f1lake.storage.lake import TableMissingError
from f1lake.storage.place import storage_options, uri
from f1lake.storage.stored_types import as_declared, empty_frame, same_rows, storable
from f1lake.storage.world import require_same_world

OPTIONAL = {"optional": True}
"""Metadata of an asset's input whose table may be missing, because its source has none, nobody asked for it, or it was
never computed; the asset then gets no rows of it."""

LISTED_BY_SEASON = 3
"""Up to this many seasons are listed one by one, more of them all together."""

AT_ONCE = 8
"""Files in transfer at the same time; on S3 a file is mostly waiting."""


class RawIOManager(dg.IOManager):
    """Stores `{partition key: frame}`; loads the files of the run's own seasons as one lazy frame."""

    def handle_output(self, context: dg.OutputContext, obj: dict[str, pl.DataFrame]) -> None:
        """Write the file of each partition that differs, and report which seasons changed.

        A run that dies between its first file and its report leaves a note of what it was about to change; the next run
        of the table reports that too.

        A partition without a frame keeps its file. Raises `ValueError` for a frame of another run's partition, and
        `MixedWorldsError` for invented rows in a real lake or vice versa.
        """
        name = "/".join(context.asset_key.path)
        strangers = set(obj) - set(context.asset_partition_keys)
        if strangers:
            raise ValueError(f"{name}: frames for {sorted(strangers)}, which the run is not for; nothing was written")
        require_same_world(name, obj.values())
        with ThreadPoolExecutor(AT_ONCE) as pool:
            differs = pool.map(lambda key: self._differs(name, key, obj[key]), obj)
            changed = [key for key, new in zip(obj, differs, strict=True) if new]
            notes = _notes(name)
            seasons = sorted({*seasons_of(changed), *_noted_seasons(notes)})
            if changed:
                notes.append(uri(f"{name}/_unreported/{context.run_id}"))
                files.put(notes[-1], ",".join(map(str, seasons)).encode())
            list(pool.map(lambda key: self._put(name, key, obj[key]), changed))
        context.add_output_metadata({
            "path": dg.MetadataValue.path(uri(name)), "changed_seasons": ",".join(map(str, seasons))
        })
        if changed:
            looks.say_changed()
        for note in notes:
            files.remove(note)

    def load_input(self, context: dg.InputContext) -> pl.LazyFrame:
        """Every file of the run's own seasons (of all, if it has none), in the shape of the contract.

        A season after all stored ones has not begun and is empty, as is one before `F1LAKE_FROM_SEASON`. Raises
        `TableMissingError` if any other is missing, unless the input is marked `OPTIONAL`; then it is empty too.
        """
        name = "/".join(context.asset_key.path)
        if not context.step_context.has_partitions:
            return self.read(name)
        seasons = seasons_of(dg.OpExecutionContext(context.step_context).partition_keys)
        stored = seasons_of(stored_keys(name))
        missing = [s for s in seasons if s not in stored and settings().from_season <= s <= max(stored, default=s)]
        if missing and not (context.definition_metadata or {}).get("optional"):
            raise _missing(name, missing)
        return self.read(name, seasons) if set(seasons) & set(stored) else empty_frame(name)

    def write(self, name: str, key: str, frame: pl.DataFrame) -> bool:
        """Write the file of one partition if its rows are new. Returns whether they were."""
        differs = self._differs(name, key, frame)
        if differs:
            self._put(name, key, frame)
            looks.say_changed()
        return differs

    def read_one(self, name: str, key: str) -> pl.DataFrame | None:
        """The rows of one partition as in its file, or None if it was never stored."""
        content = files.get(partition_path(name, key))
        return None if content is None else pl.read_parquet(io.BytesIO(content))

    def read(self, name: str, seasons: list[int] | None = None) -> pl.LazyFrame:
        """The stored rows of some seasons (None: of all), lazily, with the columns of the contract.

        Raises `TableMissingError` if none of these seasons has a file.
        """
        keys = stored_keys(name, seasons)
        if not keys:
            raise _missing(name, seasons or [])
        return in_shape(name, [partition_path(name, key) for key in keys])

    def _differs(self, name: str, key: str, frame: pl.DataFrame) -> bool:
        stored = self.read_one(name, key)
        return stored is None or not same_rows(name, stored, storable(frame.lazy()).collect())

    def _put(self, name: str, key: str, frame: pl.DataFrame) -> None:
        buffer = io.BytesIO()
        storable(frame.lazy()).collect().write_parquet(buffer)
        files.put(partition_path(name, key), buffer.getvalue())
        for kind in ("files", "world"):
            looks.forget(kind, name)


def in_shape(name: str, files: list[str] | io.BytesIO) -> pl.LazyFrame:
    """The rows of some files of a raw table (or of one, as bytes), with the columns of the contract."""
    scan = pl.scan_parquet(
        files, schema=storable(empty_frame(name)).collect_schema(), hive_partitioning=False, glob=False,
        missing_columns="insert", extra_columns="ignore", storage_options=storage_options() or None,
    )
    return as_declared(name, scan)


def partition_of(address: str) -> tuple[str, str] | None:
    """The table and the partition key of a file, the inverse of `partition_path`; None for any other file."""
    folder, _, file = address.rpartition("/season=")
    key = key_of_file(f"season={file}")
    return ("/".join(folder.split("/")[-2:]), key) if key else None


def partition_path(name: str, key: str) -> str:
    """The file of a partition of a raw table."""
    return uri(f"{name}/{file_name(key)}")


def stored_keys(name: str, seasons: list[int] | None = None) -> list[str]:
    """The partition keys of a raw table with a file, of some seasons if given, sorted."""
    if seasons is None or len(seasons) > LISTED_BY_SEASON:
        return [key for key in _listed(name, "season=") if seasons is None or int(key[:4]) in seasons]
    return [key for season in sorted(set(seasons)) for key in _listed(name, f"season={season}")]


def _listed(name: str, prefix: str) -> list[str]:
    folder = uri(name)
    below = looks.look("files", f"{name}/{prefix}", lambda: files.below(folder, prefix))
    return sorted(key for file in below if (key := key_of_file(file.removeprefix(f"{folder}/"))))


def _noted_seasons(notes: list[str]) -> list[int]:
    noted = ",".join((files.get(note) or b"").decode() for note in notes)
    return seasons_of(season for season in noted.split(",") if season)


def _notes(name: str) -> list[str]:
    return files.listed(uri(name), "_unreported/*")


def _missing(name: str, seasons: list[int]) -> TableMissingError:
    text = "{table} has no file in the lake at {lake}: collect it first (`f1lake collect`)"
    if seasons:
        text = "{table} has no file of season {seasons} in the lake at {lake}: collect it first (`f1lake collect`)"
    return TableMissingError(text, table=name, seasons=", ".join(map(str, seasons)), lake=settings().lake)
