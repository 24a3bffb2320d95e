"""Makes a recording (docs/recordings.md) of a dump's archive.

What does not belong here: what its rows mean to the API (`answers.py`), and where all this is kept (`kept.py`).
"""

import gzip
import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import polars as pl

from f1lake.upstream.dump import answers
from f1lake.upstream.dump.answers import ROUND
from f1lake.upstream.dump.tables import Tables

Json = dict[str, Any]
LAPS = "laps"
"""The list whose objects, most of all there are, have all of their fields."""
QUICKLY = 1
"""The level of compression: more would make cache a third smaller, and take most of a conversion's time."""


def write_recording(tables: Tables, folder: Path, as_of: str, source: str) -> None:
    """Write the answers that the API would give from a dump's tables as a recording in a folder that is there."""
    lists = {
        "results": answers.results(tables, "R"), "sprint": answers.results(tables, "SR"),
        "qualifying": answers.qualifying(tables), LAPS: _by_lap(answers.laps(tables)),
        "pitstops": answers.pit_stops(tables), "driverStandings": answers.driver_standings(tables),
        "constructorStandings": answers.constructor_standings(tables),
    }
    of_round: dict[int, Json] = defaultdict(dict)
    for name, rows in lists.items():
        by_round = rows.group_by(ROUND, maintain_order=True).agg(rows=pl.struct(pl.exclude(ROUND)))
        for round_id, objects in by_round.iter_rows():
            of_round[round_id][name] = objects if name == LAPS else _told(objects)
    seasons: dict[str, list[Json]] = defaultdict(list)
    for event in answers.events(tables).iter_rows(named=True):
        rows = of_round[event.pop(ROUND)]
        seasons[event["season"]].append(_told(event) | rows)
    for season, races in seasons.items():
        content = json.dumps({"season": season, "races": races}, ensure_ascii=False, separators=(",", ":"))
        (folder / f"{season}.json.gz").write_bytes(gzip.compress(content.encode(), QUICKLY, mtime=0))
    about = {"format": 1, "as_of": as_of, "source": source}
    (folder / "recording.json").write_text(json.dumps(about))


def _by_lap(laps: pl.DataFrame) -> pl.DataFrame:
    """The API nests the timings of a lap."""
    timing = pl.struct("driverId", "position", "time")
    return laps.group_by(ROUND, "number", maintain_order=True).agg(Timings=timing)


def _told(value: Any) -> Any:
    """The API leaves out what it does not know."""
    if isinstance(value, dict):
        return {key: _told(inner) for key, inner in value.items() if inner is not None}
    return [_told(inner) for inner in value] if isinstance(value, list) else value
