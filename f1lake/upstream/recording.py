"""Answers from a recording folder, as the services would give them at the lake's present.

The format is in the recording's own README: a file a season with the API's inner lists, whole,
and FastF1's schedule files. Only what f1lake asks for is answered. To a recording a session has
happened once its day has begun.
"""

import datetime as dt
import functools
import gzip
import itertools
import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from f1lake import clock

Race = dict[str, Any]
ASKED = re.compile(r"/ergast/f1(?:/(?P<season>\d{4}))?(?:/(?P<round>\d+))?/(?P<endpoint>\w+)\.json")
SCHEDULE = re.compile(r"/theOehrly/f1schedule/master/(schedule_\d{4}\.json)")
LISTS = {
    "results": "Results", "sprint": "SprintResults", "qualifying": "QualifyingResults", "pitstops": "PitStops",
    "laps": "Laps",
}
"""The API's list by endpoint; the endpoint's name is also the recording's key."""
SESSION_OF = {"sprint": "Sprint", "qualifying": "Qualifying"}
STANDINGS = {"driverStandings": "DriverStandings", "constructorStandings": "ConstructorStandings"}


def source_of(recording: Path | None) -> str:
    """The source of rows: `jolpica`, or what the recording says of itself."""
    return "jolpica" if recording is None else json.loads((recording / "recording.json").read_text())["source"]


class Recording:
    """A recording folder that answers instead of the services."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.source = source_of(folder)

    def offer(self, url: str) -> bytes | None:
        """The body that the services would send, or None for an address they would not know."""
        address = urlsplit(url)
        if schedule := SCHEDULE.fullmatch(address.path):
            file = self._folder / f"{schedule[1]}.gz"
            return gzip.decompress(file.read_bytes()) if file.is_file() else None
        matched = ASKED.fullmatch(address.path)
        if matched is None:
            return None
        query = parse_qs(address.query)
        limit, offset = int(query["limit"][0]), int(query.get("offset", ["0"])[0])
        season = int(matched["season"]) if matched["season"] else None
        return _page(self._folder, matched["endpoint"], season, matched["round"], limit, offset)


def forget() -> None:
    """Let go of what was decoded, half a gigabyte of 77 seasons, once a collection is over."""
    _rows.cache_clear()
    _races.cache_clear()


def _page(folder: Path, endpoint: str, season: int | None, round_: str | None, limit: int, offset: int) -> bytes | None:
    if endpoint == "races":
        rows = _rows(folder, None, season, round_, clock.today())
        table = {"RaceTable": {"Races": [_without_lists(race) for race, _ in rows[offset : offset + limit]]}}
    elif endpoint in LISTS:
        rows = _rows(folder, endpoint, season, round_, clock.today())
        by_race = itertools.groupby(
            rows[offset : offset + limit], key=lambda pair: pair[0]["season"] + pair[0]["round"]
        )
        table = {"RaceTable": {"Races": [_with_rows(LISTS[endpoint], list(pairs)) for _, pairs in by_race]}}
    elif endpoint in STANDINGS and season is not None:
        rows = _rows(folder, endpoint, season, round_, clock.today())
        rows = [pair for pair in rows if pair[0] is rows[-1][0]]
        page = rows[offset : offset + limit]
        table = {"StandingsTable": {"StandingsLists": [_with_rows(STANDINGS[endpoint], page)] if page else []}}
    else:
        return None
    stated = {"limit": str(limit), "offset": str(offset), "total": str(len(rows))}
    return json.dumps({"MRData": stated | table}).encode()


@functools.lru_cache(maxsize=8)
def _rows(
    folder: Path, endpoint: str | None, season: int | None, round_: str | None, today: dt.date
) -> list[tuple[Race, Any]]:
    """A listing as pairs of race and row; the races themselves without an endpoint."""
    seasons = _seasons(folder) if season is None else [season]
    races = [race for s in seasons for race in _races(folder, s, today) if round_ in (None, race["round"])]
    if endpoint is None:
        return [(race, None) for race in races]
    if endpoint == "laps":  # the API counts and pages timings, not laps
        return [
            (race, (lap["number"], timing))
            for race in races for lap in race.get(endpoint, []) for timing in lap["Timings"]
        ]
    return [(race, row) for race in races for row in race.get(endpoint, [])]


@functools.lru_cache(maxsize=1)
def _seasons(folder: Path) -> list[int]:
    return sorted(int(file.name[:4]) for file in folder.glob("[0-9][0-9][0-9][0-9].json.gz"))


@functools.lru_cache(maxsize=128)
def _races(folder: Path, season: int, today: dt.date) -> list[Race]:
    """A season's races as known today, read once per process, because decoding is a large part of the cost."""
    file = folder / f"{season}.json.gz"
    if not file.is_file():
        return []
    races = json.loads(gzip.decompress(file.read_bytes()))["races"]
    return [
        {
            key: value
            for key, value in race.items()
            if not isinstance(value, list) or _day(race, key) <= str(today)
        }
        for race in races
    ]


def _day(race: Race, endpoint: str) -> str:
    """The day of a session; that of the race for one without a day of its own."""
    return race.get(SESSION_OF.get(endpoint, ""), race).get("date", race["date"])


def _without_lists(race: Race) -> Race:
    return {key: value for key, value in race.items() if not isinstance(value, list)}


def _with_rows(name: str, pairs: list[tuple[Race, Any]]) -> Race:
    if name == "Laps":
        by_lap = itertools.groupby((row for _, row in pairs), key=lambda row: row[0])
        laps = [{"number": number, "Timings": [timing for _, timing in rows]} for number, rows in by_lap]
        return _without_lists(pairs[0][0]) | {name: laps}
    return _without_lists(pairs[0][0]) | {name: [row for _, row in pairs]}
