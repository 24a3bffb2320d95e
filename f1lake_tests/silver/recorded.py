"""The recorded history as bronze frames, read straight from the recording: no collector, no lake.

A second reading of the source, on purpose: what silver makes of it is not measured with bronze's own ruler.
"""

import datetime as dt
import gzip
import json
from pathlib import Path
from typing import Any

import polars as pl

from f1lake.bronze.constructor_standings import ConstructorStandings
from f1lake.bronze.driver_standings import DriverStandings
from f1lake.bronze.events import Events
from f1lake.bronze.laps import Laps
from f1lake.bronze.pit_stops import PitStops
from f1lake.bronze.session_results import SessionResults
from f1lake_tests.silver.small import frame

LISTS = {"results": "Race", "sprint": "Sprint", "qualifying": "Qualifying"}


def bronze(recording: Path) -> dict[str, pl.DataFrame]:
    """Every table but `laps`, of every recorded season; standings after its last round only."""
    events, results, standings, teams, stops = [], [], [], [], []
    for file in sorted(recording.glob("[0-9]*.json.gz")):
        races = _races(file)
        events += [_event(race) for race in races]
        results += [
            _result(race, session, row)
            for race in races
            for key, session in LISTS.items()
            for row in race.get(key, [])
        ]
        last = [race for race in races if race.get("driverStandings")][-1]
        standings += [_standing(last, row) for row in last["driverStandings"]]
        teams += [_team_standing(last, row) for row in last.get("constructorStandings", [])]
        stops += [_of_event(race) | _stop(row) for race in races for row in race.get("pitstops", [])]
    return {
        "events": frame(Events, events),
        "session_results": frame(SessionResults, results),
        "driver_standings": frame(DriverStandings, standings),
        "constructor_standings": frame(ConstructorStandings, teams),
        "pit_stops": frame(PitStops, stops),
    }


def laps(recording: Path, *seasons: int) -> pl.DataFrame:
    """`laps` of some seasons: reading all of them takes long."""
    return frame(Laps, [
        _of_event(race) | {
            "driverId": row["driverId"], "lap": int(lap["number"]), "position": _number(row.get("position")),
            "time_ms": _milliseconds(row.get("time")),
        }
        for season in seasons
        for race in _races(recording / f"{season}.json.gz")
        for lap in race.get("laps", [])
        for row in lap["Timings"]
    ])  # fmt: skip


def _races(file: Path) -> list[dict[str, Any]]:
    return json.loads(gzip.decompress(file.read_bytes()))["races"]


def _event(race: dict[str, Any]) -> dict[str, Any]:
    days = {
        f"{ours}Date": dt.date.fromisoformat(race[theirs]["date"])
        for ours, theirs in (("qualifying", "Qualifying"), ("sprint", "Sprint"))
        if theirs in race
    }
    circuit = race["Circuit"]
    return (
        _round(race)
        | days
        | {
            "event_date": dt.date.fromisoformat(race["date"]),
            "raceName": race["raceName"],
            "circuitId": circuit["circuitId"],
            "circuitName": circuit["circuitName"],
        }
    )


def _result(race: dict[str, Any], session: str, row: dict[str, Any]) -> dict[str, Any]:
    driver, team = row["Driver"], row["Constructor"]
    return _round(race) | {
        "session": session,
        "driverId": driver["driverId"],
        "number": _number(row.get("number")),
        "raceName": race["raceName"],
        "raceDate": dt.date.fromisoformat(race["date"]),
        "circuitId": race["Circuit"]["circuitId"],
        "position": int(row["position"]),
        "positionText": row.get("positionText"),
        "points": float(row["points"]) if "points" in row else None,
        "grid": _number(row.get("grid")),
        "laps": _number(row.get("laps")),
        "status": row.get("status"),
        "givenName": driver["givenName"],
        "familyName": driver["familyName"],
        "dateOfBirth": dt.date.fromisoformat(driver["dateOfBirth"]) if "dateOfBirth" in driver else None,
        "fastestLapRank": _number(row.get("FastestLap", {}).get("rank")),
        "constructorId": team["constructorId"],
        "constructorName": team["name"],
    }


def _standing(race: dict[str, Any], row: dict[str, Any]) -> dict[str, Any]:
    return _round(race) | {
        "driverId": row["Driver"]["driverId"],
        "position": _number(row.get("position")),
        "points": float(row["points"]),
        "wins": int(row["wins"]),
        "givenName": row["Driver"]["givenName"],
        "familyName": row["Driver"]["familyName"],
    }


def _team_standing(race: dict[str, Any], row: dict[str, Any]) -> dict[str, Any]:
    return _round(race) | {
        "constructorId": row["Constructor"]["constructorId"],
        "position": _number(row.get("position")),
        "points": float(row["points"]),
        "wins": int(row["wins"]),
    }


def _stop(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "driverId": row["driverId"], "stop": int(row["stop"]), "lap": int(row["lap"]), "time": row.get("time"),
        "duration_ms": _milliseconds(row.get("duration")),
    }


def _of_event(race: dict[str, Any]) -> dict[str, Any]:
    return _round(race) | {
        "raceName": race["raceName"], "raceDate": dt.date.fromisoformat(race["date"]),
        "circuitId": race["Circuit"]["circuitId"],
    }


def _milliseconds(text: str | None) -> int | None:
    """`1:39.019` or `25.885` or `1:02:33.2`."""
    if not text:
        return None
    seconds = 0.0
    for part in text.split(":"):
        seconds = seconds * 60 + float(part)
    return round(seconds * 1000)


def _round(race: dict[str, Any]) -> dict[str, Any]:
    return {"season": int(race["season"]), "round": int(race["round"])}


def _number(text: str | None) -> int | None:
    return int(text) if text and text != "None" else None
