"""The recorded history as bronze frames, read straight from the recording: no collector, no lake.

A second reading of the source, on purpose: what silver makes of it is not measured with bronze's own ruler.
"""

import datetime as dt
import gzip
import json
from pathlib import Path
from typing import Any

import polars as pl

from f1lake.bronze.driver_standings import DriverStandings
from f1lake.bronze.events import Events
from f1lake.bronze.session_results import SessionResults
from f1lake_tests.silver.small import frame

LISTS = {"results": "Race", "sprint": "Sprint", "qualifying": "Qualifying"}


def bronze(recording: Path) -> dict[str, pl.DataFrame]:
    """`events`, `session_results` and `driver_standings` of every recorded season."""
    events, results, standings = [], [], []
    for file in sorted(recording.glob("[0-9]*.json.gz")):
        races = json.loads(gzip.decompress(file.read_bytes()))["races"]
        events += [_event(race) for race in races]
        results += [
            _result(race, session, row)
            for race in races
            for key, session in LISTS.items()
            for row in race.get(key, [])
        ]
        last = [race for race in races if race.get("driverStandings")][-1]
        standings += [_standing(last, row) for row in last["driverStandings"]]
    return {
        "events": frame(Events, events),
        "session_results": frame(SessionResults, results),
        "driver_standings": frame(DriverStandings, standings),
    }


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
        "status": row.get("status"),
        "givenName": driver["givenName"],
        "familyName": driver["familyName"],
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


def _round(race: dict[str, Any]) -> dict[str, Any]:
    return {"season": int(race["season"]), "round": int(race["round"])}


def _number(text: str | None) -> int | None:
    return int(text) if text and text != "None" else None
