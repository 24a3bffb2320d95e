"""The answers of the services for an invented weekend: objects of the Jolpica API and of FastF1's schedule files."""

import datetime as dt
from collections import defaultdict
from typing import Any

import numpy as np

from f1lake.invent import weekend, world
from f1lake.invent.weekend import Result, Weekend
from f1lake.invent.world import Driver, Entry, Round, Season, Team

Json = dict[str, Any]
FIRST_STOPS, FIRST_PERMANENT_NUMBERS = 2011, 2014
NOWHERE = "https://example.org/invented"
RACE = ("Race", "", 0, "13:00")
FORMATS = {
    # format: name, the API's name, days from the race, start in UTC of each session
    "conventional": [
        ("Practice 1", "FirstPractice", -2, "11:30"), ("Practice 2", "SecondPractice", -2, "15:00"),
        ("Practice 3", "ThirdPractice", -1, "10:30"), ("Qualifying", "Qualifying", -1, "14:00"), RACE,
    ],
    "sprint": [
        ("Practice 1", "FirstPractice", -2, "11:30"), ("Qualifying", "Qualifying", -2, "15:00"),
        ("Practice 2", "SecondPractice", -1, "10:30"), ("Sprint", "Sprint", -1, "14:30"), RACE,
    ],
    "sprint_shootout": [
        ("Practice 1", "FirstPractice", -2, "11:30"), ("Qualifying", "Qualifying", -2, "15:00"),
        ("Sprint Shootout", "SprintShootout", -1, "10:30"), ("Sprint", "Sprint", -1, "14:30"), RACE,
    ],
    "sprint_qualifying": [
        ("Practice 1", "FirstPractice", -2, "10:30"), ("Sprint Qualifying", "SprintQualifying", -2, "14:30"),
        ("Sprint", "Sprint", -1, "10:00"), ("Qualifying", "Qualifying", -1, "14:00"), RACE,
    ],
}  # fmt: skip


def race(year: int, round_: Round) -> Json:
    """A race as the API lists it in the schedule."""
    circuit = round_.circuit
    sessions = FORMATS[_format(year, round_)]
    return {
        "season": str(year), "round": str(round_.round), "url": f"{NOWHERE}/{year}/{round_.round}",
        "raceName": f"{circuit.country}n Grand Prix",
        "Circuit": {
            "circuitId": circuit.id, "url": f"{NOWHERE}/{circuit.id}", "circuitName": f"{circuit.locality} Ring",
            "Location": {
                "lat": str(circuit.latitude), "long": str(circuit.longitude),
                "locality": circuit.locality, "country": circuit.country,
            },
        },
        "date": f"{round_.date}", "time": f"{RACE[-1]}:00Z",
    } | {
        name: {"date": f"{round_.date + dt.timedelta(days)}", "time": f"{time}:00Z"}
        for _, name, days, time in sessions if name
    }


def _format(year: int, round_: Round) -> str:
    if not round_.has_sprint:
        return "conventional"
    return "sprint" if year < 2023 else "sprint_shootout" if year == 2023 else "sprint_qualifying"


def schedule(season: Season) -> Json:
    """A season as in FastF1's schedule file: for each column a mapping from row to value."""
    columns: dict[str, Json] = defaultdict(dict)
    for i, round_ in enumerate(season.rounds):
        name = f"{round_.circuit.country}n Grand Prix"
        row = {
            "round_number": round_.round, "country": round_.circuit.country, "location": round_.circuit.locality,
            "official_event_name": f"INVENTED {name.upper()} {season.year}", "event_name": name,
            "event_date": f"{round_.date}T15:00:00", "gmt_offset": "+00:00",
            "event_format": _format(season.year, round_), "f1_api_support": False,
        }
        for place, (session, _, days, time) in enumerate(FORMATS[row["event_format"]], start=1):
            row[f"session{place}"] = session
            row[f"session{place}_date"] = f"{round_.date + dt.timedelta(days)}T{time}:00"
        for column, value in row.items():
            columns[column][str(i)] = value
    return columns


def lists(season: Season, round_: Round, run: Weekend, standings: dict[str, "Standings"], seed: int) -> Json:
    """The answers of the source for a weekend that was run, and the standings after it."""
    year, entries = season.year, round_.entries
    sessions = [("sprint", run.sprint), ("results", run.race)] if run.sprint else [("results", run.race)]
    lists_of_sessions: Json = {name: _rows(year, entries, result) for name, result in sessions}
    parts = {f"Q{i}": part for i, part in enumerate(run.qualifying.parts, start=1)}
    lists_of_sessions["qualifying"] = [
        _who(year, entries[i])
        | {"position": str(place)}
        | {part: _clock(best[i]) for part, best in parts.items() if best[i] > 0}
        for place, i in enumerate(np.argsort(run.qualifying.place), start=1)
    ]
    if year >= FIRST_STOPS:
        lists_of_sessions["pitstops"] = _pit_stops(round_, run)
    if year == world.LAST_SEASON:
        lap_s = round_.circuit.lap_s
        times = weekend.lap_times(run.race, run.stops, lap_s, [seed, year, round_.round, 1])
        lists_of_sessions["laps"] = _laps(entries, times)
    for name, result in sessions:
        for i, entry in enumerate(entries):
            is_win = name == "results" and result.place[i] == 1
            where = (0 if result.text[i].isdigit() else 1, int(result.place[i])) if name == "results" else None
            standings["Driver"].add(entry.driver.id, result.points[i], is_win, where)
            standings["Constructor"].add(entry.team.id, result.points[i], is_win, where)
            standings["Driver"].known[entry.driver.id] = {"Driver": _driver(year, entry.driver)}
            standings["Constructor"].known[entry.team.id] = {"Constructor": _constructor(entry.team)}
            standings["Driver"].teams[entry.driver.id][entry.team.id] = _constructor(entry.team)
    return lists_of_sessions | {f"{whose.lower()}Standings": counted.rows() for whose, counted in standings.items()}


def _rows(year: int, entries: list[Entry], result: Result) -> list[Json]:
    """A race or sprint as the API has it, in finishing order."""
    winner_s = np.nanmin(result.time_s)
    fastest_rank = np.argsort(np.argsort(result.fastest_s)) + 1
    rows = []
    for place, i in enumerate(np.argsort(result.place), start=1):
        row = _who(year, entries[i]) | {
            "position": str(place), "positionText": result.text[i], "points": f"{result.points[i]:g}",
            "grid": str(result.grid[i]), "laps": str(result.laps[i]), "status": result.status[i],
        }
        if result.time_s[i] > 0:
            gap = result.time_s[i] - winner_s
            text = _clock(result.time_s[i]) if place == 1 else f"+{_clock(gap)}"
            row["Time"] = {"millis": str(round(1000 * float(result.time_s[i]))), "time": text}
        if result.fastest_lap[i]:
            lap = {"rank": str(fastest_rank[i]), "lap": str(result.fastest_lap[i])}
            row["FastestLap"] = lap | {"Time": {"time": _clock(result.fastest_s[i])}}
        rows.append(row)
    return rows


def _pit_stops(round_: Round, run: Weekend) -> list[Json]:
    started = dt.datetime.fromisoformat(f"{round_.date}T{RACE[-1]}:00")
    stops = [
        (lap, entry.driver.id, number, seconds)
        for entry, made in zip(round_.entries, run.stops, strict=True)
        for number, (lap, seconds) in enumerate(made, start=1)
    ]
    return [
        {
            "driverId": driver, "lap": str(lap), "stop": str(number), "duration": f"{seconds:.3f}",
            "time": f"{started + dt.timedelta(seconds=lap * round_.circuit.lap_s * 1.05):%H:%M:%S}",
        }
        for lap, driver, number, seconds in sorted(stops)
    ]


def _laps(entries: list[Entry], times: weekend.Array) -> list[Json]:
    so_far = times.cumsum(axis=1)
    return [
        {"number": str(lap + 1), "Timings": [
            {"driverId": entries[i].driver.id, "position": str(place), "time": _clock(times[i, lap])}
            for place, i in enumerate(np.argsort(so_far[:, lap]), start=1) if times[i, lap] > 0
        ]}
        for lap in range(times.shape[1])
    ]


class Standings:
    """The official standings: points that add up, and places for ties."""

    def __init__(self) -> None:
        self.points: dict[str, float] = defaultdict(float)
        self.wins: dict[str, int] = defaultdict(int)
        self.places: dict[str, dict[tuple[int, int], int]] = defaultdict(lambda: defaultdict(int))
        self.known: dict[str, Json] = {}
        self.teams: dict[str, dict[str, Json]] = defaultdict(dict)

    def add(self, who: str, points: float, is_win: bool, place: tuple[int, int] | None) -> None:
        """Count a result; `place` is (0, place) for the classified, (1, place) for the others, None for a sprint."""
        self.points[who] += points
        self.wins[who] += is_win
        if place:
            self.places[who][place] += 1

    def rows(self) -> list[Json]:
        """In order of points, then of the better places; no position for those who were never classified."""
        every_place = sorted({place for places in self.places.values() for place in places})

        def order(who: str) -> tuple[float, ...]:
            return (-self.points[who], *(-self.places[who].get(place, 0) for place in every_place))

        rows = []
        for position, who in enumerate(sorted(self.points, key=order), start=1):
            is_ranked = self.points[who] > 0 or any(is_out == 0 for is_out, _ in self.places[who])
            placed = {"position": str(position), "positionText": str(position)} if is_ranked else {"positionText": "-"}
            row = placed | {"points": f"{self.points[who]:g}", "wins": str(self.wins[who])} | self.known[who]
            rows.append(row | ({"Constructors": list(self.teams[who].values())} if who in self.teams else {}))
        return rows


def _who(year: int, entry: Entry) -> Json:
    driver = _driver(year, entry.driver)
    return {"number": str(entry.driver.number), "Driver": driver, "Constructor": _constructor(entry.team)}


def _driver(year: int, driver: Driver) -> Json:
    number = {"permanentNumber": str(driver.number)} if year >= FIRST_PERMANENT_NUMBERS else {}
    return {
        "driverId": driver.id, **number, "code": driver.family_name[:3].upper(), "url": f"{NOWHERE}/{driver.id}",
        "givenName": driver.given_name, "familyName": driver.family_name, "dateOfBirth": f"{driver.born}",
        "nationality": driver.nationality,
    }


def _constructor(team: Team) -> Json:
    return {
        "constructorId": team.id, "url": f"{NOWHERE}/{team.id}", "name": team.name, "nationality": team.nationality,
    }


def _clock(seconds: Any) -> str:
    """`58.123`, `1:22.670`, `1:23:06.801`."""
    minutes, ms = divmod(round(1000 * float(seconds)), 60_000)
    hours, minutes = divmod(minutes, 60)
    text = f"{ms / 1000:06.3f}"
    return f"{hours}:{minutes:02d}:{text}" if hours else f"{minutes}:{text}" if minutes else f"{ms / 1000:.3f}"
