"""Writes an invented world as a recording, in the format of the Jolpica API and of FastF1's schedule files.

The recording contains no future: results go up to its `as_of`, which `advance` moves by one race weekend. The format is
in docs/recordings.md.
"""

import datetime as dt
import gzip
import json
from pathlib import Path

from f1lake.failures import UsageError
from f1lake.invent import answers, weekend, world
from f1lake.invent.answers import Json, Standings
from f1lake.invent.world import Season
from f1lake.storage.files import put_on_disk
from f1lake.storage.world import INVENTED

FIRST_FORMATS = 2018
"""From this season on FastF1 has schedules of its own."""


def invent(folder: Path, seasons: int, seed: int) -> str:
    """Write a world of so many seasons, the last one half over. Returns the instant up to which it is known.

    Raises `UsageError` for more seasons than can be invented, and for a folder that holds another recording.
    """
    first = world.LAST_SEASON + 1 - seasons
    if not world.FIRST_SEASON <= first < world.LAST_SEASON:
        raise UsageError(
            "{seasons} seasons: 2 to {most} can be invented", seasons=seasons,
            most=world.LAST_SEASON + 1 - world.FIRST_SEASON,
        )
    if (folder / "recording.json").is_file():
        _about(folder)  # another's recording is not written over
    invented = world.seasons(first, seed)
    rounds = invented[-1].rounds
    as_of = rounds[len(rounds) // 2 - 1].date
    folder.mkdir(parents=True, exist_ok=True)
    for season in invented:
        _write_season(folder, season, seed, as_of)
    _write(folder / "truth.json.gz", _truth(invented, seed))
    return _write_about(folder, as_of, first, seed)


def advance(folder: Path) -> str:
    """Move a world to the evening of its next race. Returns the instant up to which it is known then.

    Raises `UsageError` for a folder without an invented world, and if its last season is over.
    """
    about = _about(folder)
    first, seed = about["first_season"], about["seed"]
    season = world.seasons(first, seed)[-1]
    coming = [round_.date for round_ in season.rounds if f"{round_.date}" > about["as_of"][:10]]
    if not coming:
        raise UsageError(
            "the world in {folder} is at its end: season {year} is over; invent another seed's",
            folder=folder, year=season.year,
        )
    _write_season(folder, season, seed, coming[0])
    return _write_about(folder, coming[0], first, seed)


def _about(folder: Path) -> Json:
    file = folder / "recording.json"
    about = json.loads(file.read_text()) if file.is_file() else {}
    if about and "seed" not in about:
        raise UsageError(
            "{folder} holds a recording that is not invented: choose another folder (`--to`)", folder=folder
        )
    if not {"seed", "first_season"} <= about.keys():
        raise UsageError("{folder} holds no invented world (`f1lake invent --to` makes one)", folder=folder)
    return about


def _write_about(folder: Path, as_of: dt.date, first: int, seed: int) -> str:
    about = {
        "format": 1, "as_of": f"{as_of}T23:59:59Z", "source": f"{INVENTED} (seed {seed})",
        "first_season": first, "seed": seed, "note": "Nothing and nobody in here is real.",
    }
    # Last: the files that it tells of are there.
    put_on_disk(folder / "recording.json", json.dumps(about, indent=1).encode())
    return about["as_of"]


def _write_season(folder: Path, season: Season, seed: int, as_of: dt.date) -> None:
    standings = {"Driver": Standings(), "Constructor": Standings()}
    races = []
    for round_ in season.rounds:
        race = answers.race(season.year, round_)
        if round_.date <= as_of:
            race |= answers.lists(season, round_, weekend.run(season, round_, seed), standings, seed)
        races.append(race)
    _write(folder / f"{season.year}.json.gz", {"season": str(season.year), "races": races})
    if season.year >= FIRST_FORMATS:
        _write(folder / f"schedule_{season.year}.json.gz", answers.schedule(season))


def _truth(seasons: list[Season], seed: int) -> Json:
    """The parameters from which every weekend was drawn, by season, round and driver."""
    truths = [
        {"season": season.year, "has_new_rules": season.has_new_rules, "rounds": [
            {"round": round_.round, "circuit_id": round_.circuit.id, "passing": round_.circuit.passing, "entries": [
                {
                    "driver_id": entry.driver.id, "constructor_id": entry.team.id,
                    "driver_pace_pct": round(entry.driver_pace, 5), "car_pace_pct": round(entry.car_pace, 5),
                    "failure_rate": round(entry.failure_rate, 5), "accident_rate": round(entry.accident_rate, 5),
                }
                for entry in round_.entries
            ]}
            for round_ in season.rounds
        ]}
        for season in seasons
    ]  # fmt: skip
    return {"seed": seed, "lap_noise_pct": weekend.LAP_NOISE, "race_noise_pct": weekend.RACE_NOISE, "seasons": truths}


def _write(file: Path, content: Json) -> None:
    put_on_disk(file, gzip.compress(json.dumps(content, ensure_ascii=False).encode(), compresslevel=6, mtime=0))
