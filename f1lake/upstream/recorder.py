"""Writes the answers of an upstream during a collection as a recording, the inverse of `recording.py`.

The format is in docs/recordings.md. Only checked pages come here; a recording that is there already is added to.
"""

import contextlib
import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from f1lake import clock
from f1lake.storage.files import put_on_disk
from f1lake.upstream.recording import LISTS, SCHEDULE, STANDINGS

ENDPOINT = re.compile(r"/(\w+)\.json$")
Race = dict[str, Any]


class Recorder:
    """A recording folder that is being written."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._races: dict[str, dict[str, Race]] = {}

    def add(self, url: str, body: bytes) -> None:
        """Add one checked answer to any request."""
        path = urlsplit(url).path
        if schedule := SCHEDULE.search(path):
            self._write(schedule[1], body)
            return
        endpoint = ENDPOINT.findall(path)[0]
        answer = json.loads(body)["MRData"]
        if endpoint in STANDINGS:
            for ranking in answer["StandingsTable"]["StandingsLists"]:
                race = self._race(ranking)
                race[endpoint] = _joined(race.get(endpoint, []), ranking[STANDINGS[endpoint]])
            return
        for answered in answer["RaceTable"]["Races"]:
            race = self._race(answered)
            race.update({key: value for key, value in answered.items() if not isinstance(value, list)})
            if endpoint in LISTS:
                join = _joined_laps if endpoint == "laps" else _joined
                race[endpoint] = join(race.get(endpoint, []), answered[LISTS[endpoint]])

    def flush(self) -> None:
        """Write what was added so far, each file completely."""
        for season, races in self._races.items():
            content = {"season": season, "races": [races[round_] for round_ in sorted(races, key=int)]}
            self._write(f"{season}.json", json.dumps(content, ensure_ascii=False).encode())
        about = {"format": 1, "as_of": f"{clock.now():%Y-%m-%dT%H:%M:%SZ}", "source": "jolpica"}
        put_on_disk(self._folder / "recording.json", json.dumps(about).encode())

    def _race(self, answered: Race) -> Race:
        season = answered["season"]
        if season not in self._races:
            file = self._folder / f"{season}.json.gz"
            known = json.loads(gzip.decompress(file.read_bytes()))["races"] if file.is_file() else []
            self._races[season] = {race["round"]: race for race in known}
        return self._races[season].setdefault(
            answered["round"], {"season": season, "round": answered["round"]}
        )

    def _write(self, name: str, content: bytes) -> None:
        put_on_disk(self._folder / f"{name}.gz", gzip.compress(content, mtime=0))


_recorders: list[Recorder] = []


@contextlib.contextmanager
def recording_to(folder: Path) -> Iterator[None]:
    """A context in which every collection of this process is recorded."""
    recorder = Recorder(folder)
    _recorders.append(recorder)
    try:
        yield
    finally:
        _recorders.remove(recorder)
        recorder.flush()


def record(url: str, body: bytes) -> None:
    """Pass an answer to the recorders."""
    for recorder in _recorders:
        recorder.add(url, body)


def _joined(known: list[Any], rows: list[Any]) -> list[Any]:
    """The rows of a page after those of earlier pages; a page that was recorded before adds nothing."""
    identities = {_identity(row): i for i, row in enumerate(known)}
    joined = list(known)
    for row in rows:
        place = identities.get(_identity(row))
        if place is None:
            joined.append(row)
        else:
            joined[place] = row
    return joined


def _joined_laps(known: list[Any], laps: list[Any]) -> list[Any]:
    by_number = {lap["number"]: lap for lap in known}
    for lap in laps:
        timings = by_number.get(lap["number"], {"Timings": []})["Timings"]
        by_number[lap["number"]] = {"number": lap["number"], "Timings": _joined(timings, lap["Timings"])}
    return list(by_number.values())


def _identity(row: Race) -> tuple[Any, ...]:
    who = row.get("driverId") or row.get("Driver", {}).get("driverId") or row["Constructor"]["constructorId"]
    return who, row.get("number"), row.get("stop")
