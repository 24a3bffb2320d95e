"""The dump that the lake keeps, for all machines that share it, and the recording made of it on this one.

In the lake, `dump/<when it was made>-<SHA-256>.zip` is the archive as it came, the `.parquet` beside it says which
sessions it has, and `dump/asked.json` when a newer one was last asked for, and why it could not be had. The recording
is cache in the home. What does not belong here: who wants a dump (`automation/`).
"""

import datetime as dt
import io
import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from f1lake.settings import settings
from f1lake.storage import files
from f1lake.storage.lake import uri
from f1lake.upstream import last_request
from f1lake.upstream.dump import answers
from f1lake.upstream.dump.conversion import write_recording
from f1lake.upstream.dump.tables import Tables, read_tables
from f1lake.upstream.failures import DumpUnusableError
from f1lake.upstream.last_request import LastRequest

ASKED = "dump/asked.json"
NAME = re.compile(r"(\d{8}T\d{6})Z-([0-9a-f]{64})\.zip")


@dataclass(frozen=True)
class Dump:
    """A dump, by when it was made and the SHA-256 of its archive."""

    made_at: dt.datetime
    file_hash: str

    @property
    def source(self) -> str:
        """What the column `source` of raw says of its rows."""
        return f"jolpica dump of {self.made_at:%Y-%m-%d}"

    @property
    def archive(self) -> str:
        """Where the lake keeps it."""
        return uri(f"dump/{self.made_at:%Y%m%dT%H%M%SZ}-{self.file_hash}.zip")

    @property
    def recording(self) -> Path:
        """The folder of the recording made of it, made now if this machine has none.

        Raises `DumpUnusableError` if the archive is gone, or not what f1lake knows.
        """
        folder = self._folder
        if not folder.is_dir():
            archive = files.get(self.archive)
            if archive is None:
                raise DumpUnusableError("the archive", f"it is no longer at {self.archive}")
            self.convert(read_tables(archive))
        return folder

    @property
    def sessions_file(self) -> str:
        """Where the lake keeps the list of its sessions: to know them nobody has to read the archive."""
        return self.archive.replace(".zip", ".parquet")

    @property
    def sessions(self) -> pl.DataFrame:
        """The sessions that it has results of: [season, round, session, circuitId, raceDate].

        Raises `DumpUnusableError` if the lake does not say.
        """
        content = files.get(self.sessions_file)
        if content is None:
            raise DumpUnusableError("its sessions", f"they are not at {self.sessions_file}")
        return pl.read_parquet(io.BytesIO(content))

    @property
    def _folder(self) -> Path:
        return settings().home / "dump" / self.file_hash[:16]

    def convert(self, tables: Tables) -> None:
        """Make the recording, whole or not at all; those of other dumps go."""
        self._folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self._folder.parent) as partial:
            folder = Path(partial) / "recording"
            folder.mkdir()
            write_recording(tables, folder, f"{self.made_at:%Y-%m-%dT%H:%M:%SZ}", self.source)
            try:
                folder.rename(self._folder)
            except OSError:
                if not self._folder.is_dir():
                    raise
        for other in self._folder.parent.glob("[0-9a-f]" * 16):
            if other != self._folder:
                shutil.rmtree(other, ignore_errors=True)


def kept() -> Dump | None:
    """The newest dump that the lake keeps, if any."""
    names = [NAME.fullmatch(file.rpartition("/")[2]) for file in files.listed(uri("dump"), "*.zip")]
    dumps = [
        Dump(dt.datetime.strptime(name[1], "%Y%m%dT%H%M%S").replace(tzinfo=dt.UTC), name[2]) for name in names if name
    ]
    return max(dumps, key=lambda dump: dump.made_at, default=None)


def kept_recording() -> Path:
    """The folder of the recording of the kept dump. Raises `DumpUnusableError` if there is none."""
    dump = kept()
    if dump is None:
        raise DumpUnusableError("the archive", f"the lake at {settings().lake} keeps none")
    return dump.recording


def last_asked() -> LastRequest | None:
    """When this lake last asked for a dump, if ever."""
    return last_request.read(ASKED)


def ask_for() -> Dump:
    """Ask for the newest free dump and keep it; the one that is kept, if there is no newer.

    Raises `DumpUnusableError` if it cannot be had or is not what f1lake knows: nothing of it is kept then.
    """
    from f1lake.upstream.dump.service import downloaded  # speaks HTTP, which no other use of a kept dump needs

    known = kept()
    try:
        offer, archive = downloaded(known.file_hash if known and files.get(known.sessions_file) else None)
        dump = Dump(offer.made_at, offer.file_hash)
        if archive is not None:
            tables, sessions = read_tables(archive), io.BytesIO()
            dump.convert(tables)
            answers.sessions(tables).write_parquet(sessions)
            files.put(dump.sessions_file, sessions.getvalue())
            files.put(dump.archive, archive)
    except DumpUnusableError as error:
        last_request.note(ASKED, str(error))
        raise
    last_request.note(ASKED, "")
    for file in [*files.listed(uri("dump"), "*.zip"), *files.listed(uri("dump"), "*.parquet")]:
        if file not in (dump.archive, dump.sessions_file):
            files.remove(file)
    return dump
