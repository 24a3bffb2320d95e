"""F1DB for tests: an archive of a few rows, what serves it, and what a lake without it has.

What does not belong here: the recorded upstream, which serves F1DB's real releases where it is beside the checkout.
"""

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from typing import Any

import polars as pl

from f1lake.raw import f1db_drivers, f1db_race_data, f1db_races
from f1lake.silver.circuit_layouts import CircuitLayouts
from f1lake.silver.events import Events
from f1lake.silver.f1db_drivers import F1dbDrivers
from f1lake.silver.practice_results import PracticeResults

NO_F1DB = (
    f1db_race_data.RaceData.create_empty(), f1db_races.F1dbRaces.create_empty(), Events.create_empty(),
    F1dbDrivers.create_empty(),
)
"""What silver's tables of F1DB read (`silver.f1db.INPUTS`), of a lake without F1DB."""
NO_PRACTICE, NO_LAYOUTS = PracticeResults.create_empty(), CircuitLayouts.create_empty()
TAG = "v2026.9.1"
Rows = list[dict[str, Any]]
COLUMNS = {
    "drivers": ["id", *f1db_drivers.OWN],
    "seasons-entrants-drivers": ["year", "driverId"],
    "races": ["year", *f1db_races.OWN],
    **{
        f"races-{type_}": ["year", "round", *f1db_race_data.WHO, *columns]
        for type_, columns in f1db_race_data.COLUMNS.items()
    },
}


def archive(files: Mapping[str, Rows], renamed: Mapping[str, str] | None = None) -> bytes:
    """A release's archive: every file that f1lake reads, with these rows; some columns under another name."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as zipped:
        for file, columns in COLUMNS.items():
            rows = [[row.get(name) for name in columns] for row in files.get(file, [])]
            frame = pl.DataFrame(rows, schema=dict.fromkeys(columns, pl.String), orient="row", strict=False)
            told = frame.rename({old: new for old, new in (renamed or {}).items() if old in columns}).write_csv()
            zipped.writestr(f"f1db-{file}.csv", told)
    return content.getvalue()


def row(year: int, round_: int, place: int, driver: str, **more: Any) -> dict[str, Any]:
    """A row of a file of race data, in Ferrari's car."""
    return {
        "year": year, "round": round_, "positionDisplayOrder": place, "positionNumber": place,
        "positionText": str(place), "driverNumber": str(place), "driverId": driver, "constructorId": "ferrari",
        "engineManufacturerId": "ferrari", "tyreManufacturerId": "pirelli",
    } | more  # fmt: skip


class Releases:
    """What GitHub says of F1DB: the newest release, its archive, and files of sessions by their path."""

    def __init__(self, content: bytes, tag: str = TAG) -> None:
        self.content, self.tag, self.is_there = content, tag, True
        self.session_files: dict[str, str] = {}
        self.cut = 0
        """How many of the next archives break off amid."""
        self.asked: list[str] = []

    def answer(self, path: str) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body of an address: what `upstream.small.answering` asks for."""
        self.asked.append(path)
        if not self.is_there:
            return 404, {}, b"{}"
        if path == "/repos/f1db/f1db/releases/latest":
            digest = hashlib.sha256(self.content).hexdigest()
            asset = {"name": "f1db-csv.zip", "size": len(self.content), "digest": f"sha256:{digest}"}
            return 200, {}, json.dumps({"tag_name": self.tag, "assets": [asset]}).encode()
        if path == f"/f1db/f1db/releases/download/{self.tag}/f1db-csv.zip":
            self.cut -= 1
            return 200, {}, self.content[: len(self.content) // 2] if self.cut >= 0 else self.content
        told = self.session_files.get(path.removeprefix("/f1db/f1db/main/src/data/seasons/"))
        return (404, {}, b"{}") if told is None else (200, {}, told.encode())
