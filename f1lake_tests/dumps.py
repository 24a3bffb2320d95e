"""Dumps of some seasons, made by the recorded upstream's own program, and what the API answers of the same rows today.

The recordings were made over years; a dump has one row for each driver, team and circuit, as last answered. What does
not belong here: serving dumps (`serve.py` beside the recordings does).
"""

import copy
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from f1lake_tests.recorded_upstream import UPSTREAM, Told

Json = dict[str, Any]
OF_SOME_SEASONS = """
import pathlib, sys
sys.path.insert(0, sys.argv[1])
import dump, serve
upstream = serve.Upstream(sys.argv[3])
upstream.seasons = [season for season in upstream.seasons if str(season) in sys.argv[4:] or not sys.argv[4:]]
pathlib.Path(sys.argv[2]).write_bytes(dump.Dump(upstream).zip())
"""
ID_OF = {"Driver": "driverId", "Constructor": "constructorId", "Circuit": "circuitId"}
CUT_LAP_TIME = "1"
"""What the API once made of the fastest laps of whole seconds, 1:25.000 say; eight are recorded so."""


def make_dump(to: Path, as_of: str, seasons: Iterable[int] = ()) -> Path:
    """Write the archive of what was known by the end of a day, of some seasons (all: none given)."""
    command = [sys.executable, "-c", OF_SOME_SEASONS, str(UPSTREAM), str(to), as_of, *map(str, seasons)]
    subprocess.run(command, check=True, timeout=300)
    return to


def answered_today(told: Told, seasons: Iterable[int]) -> dict[int, list[Json]]:
    """The recorded races of some seasons as the API answers today, where that has changed since they were recorded.

    One row for each driver, team and circuit; no text for a finisher timed before the winner; laps of pages that cut
    them in two put together; whole seconds of a fastest lap told, of a pit stop not.
    """
    races = {season: copy.deepcopy(told.races(season)) for season in seasons}
    last: dict[tuple[str, str], Json] = {}
    for objects in races.values():
        for kind, found in _entities(objects):
            last[kind, found[ID_OF[kind]]] = copy.deepcopy(found)
    for objects in races.values():
        for kind, found in _entities(objects):
            newest = last[kind, found[ID_OF[kind]]]
            found.clear()
            found.update(newest)
        for race in objects:
            _as_today(race)
    return races


def _as_today(race: Json) -> None:
    laps: dict[str, list[Json]] = {}
    for lap in race.get("laps", []):
        laps.setdefault(lap["number"], []).extend(lap["Timings"])
    if laps:
        race["laps"] = [{"number": number, "Timings": timings} for number, timings in laps.items()]
    for row in race.get("results", []) + race.get("sprint", []):
        if row.get("Time", {}).get("time", "").startswith("+-"):
            row["Time"]["time"] = ""
        fastest = row.get("FastestLap", {})
        if fastest.get("Time", {}).get("time") == CUT_LAP_TIME:
            timings = laps[fastest["lap"]]
            fastest["Time"]["time"] = next(t["time"] for t in timings if t["driverId"] == row["Driver"]["driverId"])
    for stop in race.get("pitstops", []):
        if "." not in stop["duration"]:
            stop["duration"] = ""


def _entities(races: list[Json]) -> Iterator[tuple[str, Json]]:
    """Every driver, constructor and circuit in the races, as often as it is told."""
    for race in races:
        yield "Circuit", race["Circuit"]
        for name in ("results", "sprint", "qualifying", "driverStandings", "constructorStandings"):
            for row in race.get(name, []):
                yield from ((kind, row[kind]) for kind in ("Driver", "Constructor") if kind in row)
                yield from (("Constructor", team) for team in row.get("Constructors", []))
