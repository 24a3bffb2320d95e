"""This machine's copy of the lake's Delta tables on S3, so that only new data is requested.

Except for the end of its log, a Delta table never changes. Commits and data files are fetched once, kept in the lake's
home, and read from there. A write happens in a clone of the copy and is then published: first its data files, then its
commit, by a conditional put that only one writer of a version can win. For readers of S3 it is an ordinary Delta table
(docs/decisions/0018-tables-on-s3-through-a-copy.md).

The copy is a cache and may be deleted at any time. Not here: what is in a table (`lake.py`, `delta_io.py`), and a lake
on disk, whose tables are read and written in place.
"""

import contextlib
import json
import logging
import math
import os
import shutil
import uuid
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from deltalake import DeltaTable
from deltalake.exceptions import CommitFailedError

from f1lake.settings import settings
from f1lake.storage import files, looks
from f1lake.storage.place import uri

log = logging.getLogger(__name__)

LOG = "_delta_log"
AT_ONCE = 8
"""Files in transfer at the same time; on S3 a file is mostly waiting."""
CLONE = ".clone-"
NEWEST = "newest"
"""The file that names the newest commit, and its tag on S3."""


def followed(table: str) -> Path | None:
    """The folder of a table's copy with a log as new as that on S3; None if the table was never written.

    One listing if nothing is new; within `looks.once` none after the first.
    """
    return _folder(table) if looks.look("table", table, lambda: _follow(table)) else None


def bring(table: str, delta: DeltaTable, seasons: Iterable[int] | None = None) -> None:
    """Fetch the missing data files of this version of a table, of some seasons if given.

    Raises `FileNotFoundError` if one is gone from S3, like those of old versions.
    """
    wanted = None if seasons is None else {f"season={season}" for season in seasons}
    paths = [str(Path(file).relative_to(_folder(table))) for file in delta.file_uris()]
    _fetch(table, [path for path in paths if wanted is None or "/" not in path or path.split("/")[0] in wanted])


def bring_changes(table: str, version: int) -> None:
    """Fetch the data files that later versions added, removed or changed; a change feed reads these."""
    commits = [commit for commit in _commits(_folder(table)) if int(commit.stem) > version]
    actions = [json.loads(line) for commit in commits for line in commit.read_text().splitlines()]
    touched = [action.get(kind) for action in actions for kind in ("add", "remove", "cdc")]
    _fetch(table, [unquote(one["path"]) for one in touched if one])


@dataclass(frozen=True)
class Clone:
    """A copy of the copy, to write in."""

    table: str
    folder: Path
    held: frozenset[Path]
    """The files that it contained before anything was written."""

    def written(self) -> list[Path]:
        """The added files, sorted."""
        return sorted(path for path in self.folder.rglob("*") if path.is_file() and path not in self.held)


@contextlib.contextmanager
def clone(table: str, delta: DeltaTable | None) -> Iterator[Clone]:
    """This version of a table (None: no table yet) to write in; `publish` uploads what was written."""
    copy = _folder(table)
    folder = copy.with_name(f"{CLONE}{uuid.uuid4().hex}")
    try:
        if delta is not None:
            log = [path for path in (copy / LOG).iterdir() if _version(path) <= delta.version()]
            data = [path for path in map(Path, delta.file_uris()) if path.exists()]
            for path in [*log, *data]:
                to = folder / path.relative_to(copy)
                to.parent.mkdir(parents=True, exist_ok=True)
                os.link(path, to)
        yield Clone(table, folder, frozenset(path for path in folder.rglob("*") if path.is_file()))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def publish(draft: Clone) -> None:
    """Make the commits of a clone those of the table and of its copy.

    Raises `CommitFailedError` if another writer was first, or created the table anew; then nothing of the clone is in
    the table.
    """
    table, copy, new = draft.table, _folder(draft.table), draft.written()
    data = [path for path in new if path.parent.name != LOG]
    commits = [path for path in new if path.parent.name == LOG and path.suffix == ".json"]
    if (before := int(commits[0].stem) - 1) >= 0 and not _goes_on_from(table, before):
        raise CommitFailedError(f"{table} was created anew by another writer at the same time")
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(lambda path: files.put(_address(table, path.relative_to(draft.folder)), path.read_bytes()), data))
    for commit in commits:
        try:
            _publish_commit(table, commit)
        except CommitFailedError:
            if commit == commits[0]:
                _withdraw(draft, data)
            raise
    for path in data:
        kept = copy / path.relative_to(draft.folder)
        kept.parent.mkdir(parents=True, exist_ok=True)
        path.replace(kept)
    looks.remember("table", table, True)
    looks.say_changed()


def _goes_on_from(table: str, version: int) -> bool:
    """Whether a local commit is still that of the table on S3: a commit after another one would leave a gap."""
    commit = _folder(table) / LOG / f"{version:020}.json"
    listed = files.tagged_after(f"{uri(table)}/{LOG}", f"{version - 1:020}.json" if version else "")
    return _is_same(table, commit, listed.get(commit.name))


def _publish_commit(table: str, commit: Path) -> None:
    content = commit.read_bytes()
    address = _address(table, Path(LOG, commit.name))
    tag = files.put_if(address, content, None)
    if tag is None:
        raise CommitFailedError(f"{table}: version {int(commit.stem)} was written by another writer at the same time")
    files.put_on_disk(_folder(table) / LOG / commit.name, content)
    _note(_folder(table), commit.name, tag)


def _withdraw(draft: Clone, data: Iterable[Path]) -> None:
    """Remove the data files of a failed commit; files that cannot be removed are leftovers (`leftovers.py`)."""
    for path in data:
        address = _address(draft.table, path.relative_to(draft.folder))
        try:
            files.remove(address)
        except Exception:  # whatever the storage raises: that another writer was first is the error to be seen
            log.warning("%s is not removed now, the weekly maintenance does it", address, exc_info=True)


def _follow(table: str) -> bool:
    """Fetch what is new in a table's log; False if it has none.

    The newest local commit is listed too: if a table was deleted and created again, that commit is different or
    missing.
    """
    folder = _folder(table)
    here = _commits(folder)
    after = f"{int(here[-1].stem) - 1:020}.json" if here else ""
    listed = files.tagged_after(f"{uri(table)}/{LOG}", after)
    if here and not _is_same(table, here[-1], listed.get(here[-1].name)):
        _drop(folder)
        return _follow(table)
    new = sorted(name for name in listed if not name.startswith("_") and not (folder / LOG / name).exists())
    with ThreadPoolExecutor(AT_ONCE) as pool:
        contents = pool.map(lambda name: files.get(f"{uri(table)}/{LOG}/{name}"), new)
        for name, content in zip(new, contents, strict=True):  # in order: no reader of the copy sees a gap
            if content is not None:
                files.put_on_disk(folder / LOG / name, content)
    if new:
        _note(folder, max(listed), listed[max(listed)])
    return bool(listed)


def _is_same(table: str, commit: Path, tag: str | None) -> bool:
    """Whether a local commit is the one on S3 with this tag (None: there is none on S3)."""
    if tag is None:
        return False
    noted = commit.parents[1] / NEWEST
    if noted.exists() and noted.read_text() == f"{commit.name} {tag}":
        return True
    is_same = files.get(_address(table, Path(LOG, commit.name))) == commit.read_bytes()
    if is_same:
        _note(commit.parents[1], commit.name, tag)
    return is_same


def _note(folder: Path, commit: str, tag: str) -> None:
    files.put_on_disk(folder / NEWEST, f"{commit} {tag}".encode())


def _fetch(table: str, paths: Iterable[str]) -> None:
    folder = _folder(table)
    missing = [path for path in paths if not (folder / path).exists()]

    def fetch(path: str) -> None:
        content = files.get(f"{uri(table)}/{path}")
        if content is None:
            raise FileNotFoundError(f"{uri(table)}/{path}")
        files.put_on_disk(folder / path, content)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(fetch, missing))


def _version(path: Path) -> float:
    """The version of a file of a log; other files sort after all versions."""
    number = path.name.partition(".")[0]
    return int(number) if number.isdigit() else math.inf


def _commits(folder: Path) -> list[Path]:
    return sorted((folder / LOG).glob("[0-9]*.json"))


def _drop(folder: Path) -> None:
    dropped = folder.with_name(f"{CLONE}{uuid.uuid4().hex}")
    with contextlib.suppress(FileNotFoundError):
        folder.replace(dropped)
    shutil.rmtree(dropped, ignore_errors=True)


def _address(table: str, path: Path) -> str:
    return f"{uri(table)}/{path.as_posix()}"


def _folder(table: str) -> Path:
    return settings().home / "tables" / table
