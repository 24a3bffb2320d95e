"""Recordings small enough to read, in the format of the recorded upstream, and services as small."""

import gzip
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

from f1lake_tests.stand_in import serving

Json = dict[str, Any]


@contextmanager
def answering(answer: Callable[[str], tuple[int, dict[str, str], bytes]]) -> Iterator[str]:
    """The address of a service that answers each path with a status, headers and a body, while the context lasts."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, headers, body = answer(self.path)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with serving(Handler) as address:
        yield address


def race(season: int, round_: int, date: str, circuit: str = "ring", **lists: list[Json]) -> Json:
    """A race of the schedule with what was recorded of it, `results=rows(20)` and the like."""
    place = {"lat": "1.5", "long": "2.5", "locality": "Town", "country": "Land"}
    return {
        "season": str(season),
        "round": str(round_),
        "raceName": f"Grand Prix {round_}",
        "date": date,
        "url": "https://example.org",
        "Circuit": {"circuitId": circuit, "circuitName": circuit.title(), "Location": place},
    } | lists


def rows(count: int) -> list[Json]:
    """The result rows of a race or sprint with `count` drivers, all classified."""
    return [
        entry(place) | {"points": "0", "grid": str(place), "laps": "50", "status": "Finished"}
        for place in range(1, count + 1)
    ]


def entry(place: int) -> Json:
    """What the rows of all sessions have: the driver who came in at a place, and the car."""
    driver = {"driverId": f"driver{place}", "givenName": "A", "familyName": f"Driver {place}"}
    car = {"constructorId": "team", "name": "Team"}
    return {
        "number": str(place),
        "position": str(place),
        "positionText": str(place),
        "Driver": driver,
        "Constructor": car,
    }


def standings(count: int) -> list[Json]:
    """The standings of `count` drivers."""
    return [
        {k: v for k, v in entry(place).items() if k not in ("number", "Constructor")}
        | {"points": "1.5", "wins": "0", "Constructors": [entry(place)["Constructor"]]}
        for place in range(1, count + 1)
    ]


def write_recording(folder: Path, races: list[Json], as_of: str = "2001-12-31T23:59:59Z") -> Path:
    """Write races as a recording that knows everything up to an instant."""
    folder.mkdir(exist_ok=True)
    (folder / "recording.json").write_text(json.dumps({"format": 1, "as_of": as_of, "source": "invented"}))
    for season in {race["season"] for race in races}:
        content = {"season": season, "races": [race for race in races if race["season"] == season]}
        (folder / f"{season}.json.gz").write_bytes(gzip.compress(json.dumps(content).encode()))
    return folder
