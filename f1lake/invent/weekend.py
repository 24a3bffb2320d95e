"""The observable part of an invented race weekend: qualifying, sprint, race, stops and laps, drawn from the truth.

Paces are in percent of a lap, times in seconds. Arrays have one element per entry, in the order of the entry list.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from f1lake.invent.world import Round, Season
from f1lake.silver.scoring_rules import rules_of

Array = np.ndarray[Any, Any]

LAP_NOISE, RACE_NOISE, SHORT_RACE = 0.32, 0.24, 0.45
"""Standard deviations of a qualifying lap and of the average lap of a race; and a sprint's share of the failures."""

WET, WET_FACTOR = 0.10, 2.2
GRID_WEIGHT, DRIVER_IN_RACE = 0.28, 0.9
"""The cost of the grid in the average lap of a race (times the logarithm of the place: clear air is worth most), and
how much of a driver's pace counts there."""

BAD_RACE, BAD_RACE_COSTS = 0.15, 1.0
"""How often a spin, a slow stop or a lost wing occurs, and its average cost."""

GAP_SHARE = 0.55
"""Cars without an opponent slow down: the share of the true gap that is visible at the flag."""

PENALTIES, PIT_LANE_STARTS, DISQUALIFIED = 0.045, 0.004, 0.0015
CAUSES = ("Engine", "Gearbox", "Hydraulics", "Transmission", "Brakes", "Suspension", "Electrical", "Power Unit")
CRASHES = ("Accident", "Collision", "Spun off", "Collision damage")


@dataclass(frozen=True)
class Qualifying:
    """Places from 1, and the best lap of each part (NaN for those who were out)."""

    place: Array
    parts: list[Array]


@dataclass(frozen=True)
class Result:
    """A race or sprint: places from 1, and the data of the timing screens. `time_s` is NaN for lapped cars."""

    place: Array
    text: list[str]
    status: list[str]
    points: Array
    grid: Array
    laps: Array
    time_s: Array
    fastest_s: Array
    fastest_lap: Array


@dataclass(frozen=True)
class Weekend:
    """One weekend as it was run."""

    qualifying: Qualifying
    sprint: Result | None
    race: Result
    stops: list[list[tuple[int, float]]]
    """Lap and seconds in the pit lane, for each entry."""


def run(season: Season, round_: Round, seed: int) -> Weekend:
    """Run one weekend; the same seed gives the same weekend, whatever was run before."""
    rng = np.random.default_rng([seed, season.year, round_.round])
    wet = WET_FACTOR if rng.random() < WET else 1.0
    qualifying = _qualifying(season.year, round_, wet, rng)
    sprint = None
    if round_.has_sprint:
        shootout = _qualifying(season.year, round_, 1.0, rng)
        sprint = _race(season.year, round_, shootout.place, 1.0, rng, is_sprint=True)
    race = _race(season.year, round_, _grid(qualifying.place, rng), wet, rng, is_sprint=False)
    return Weekend(qualifying, sprint, race, [_stops(int(laps), rng) for laps in race.laps])


def _qualifying(year: int, round_: Round, noise: float, rng: np.random.Generator) -> Qualifying:
    pace = np.array([entry.car_pace + entry.driver_pace for entry in round_.entries])
    pace = pace + LAP_NOISE * noise * rng.normal(size=pace.size)
    place = _places(pace)
    best = round_.circuit.lap_s * (1 + pace / 100)
    if year < 2006:
        return Qualifying(place, [best])
    through = [place <= pace.size - (pace.size - 10) // 2, place <= 10]
    slower = 1 + 0.001 * (1 + rng.random((2, pace.size)))
    parts = [np.where(through[1], best * slower[0] * slower[1], np.where(through[0], best * slower[0], best)),
             np.where(through[1], best * slower[1], np.where(through[0], best, np.nan)),
             np.where(through[1], best, np.nan)]
    return Qualifying(place, parts)


def _grid(place: Array, rng: np.random.Generator) -> Array:
    """The grid after penalties; 0 is the pit lane."""
    dropped = place + np.where(rng.random(place.size) < PENALTIES, rng.choice([3.1, 5.1, 10.1], place.size), 0)
    grid = _places(dropped)
    pit_lane = rng.random(place.size) < PIT_LANE_STARTS
    return np.where(pit_lane, 0, _places(np.where(pit_lane, 99, grid)))


def _race(
    year: int, round_: Round, grid: Array, noise: float, rng: np.random.Generator, *, is_sprint: bool
) -> Result:
    circuit, size = round_.circuit, grid.size
    distance = round(circuit.laps / 3) if is_sprint else circuit.laps
    share = SHORT_RACE if is_sprint else 1.0
    start = np.where(grid == 0, size, grid)
    car, driver = (np.array([getattr(entry, pace) for entry in round_.entries]) for pace in ("car_pace", "driver_pace"))
    bad = (rng.random(size) < BAD_RACE) * rng.exponential(BAD_RACE_COSTS, size)
    pace = np.log1p(car - car.min()) + DRIVER_IN_RACE * driver + bad  # the field closes up behind safety cars
    pace = pace + GRID_WEIGHT / circuit.passing * np.log(start) + RACE_NOISE * noise * rng.normal(size=size)
    breaks, crashes = (
        rng.random(size) < share * np.array([getattr(entry, rate) for entry in round_.entries])
        for rate in ("failure_rate", "accident_rate")
    )
    out = breaks | crashes
    until = np.where(out, (distance * np.where(crashes, rng.beta(0.7, 1.6, size), rng.random(size)) * 0.9), distance)
    time_s = distance * circuit.lap_s * 1.045 * (1 + GAP_SHARE * (pace - pace[~out].min(initial=pace.min())) / 100)
    behind = np.floor((time_s - time_s[~out].min(initial=time_s.min())) / (circuit.lap_s * 1.05))
    laps = np.where(out, until, distance - behind).astype(int)
    disqualified = ~out & (rng.random(size) < DISQUALIFIED)
    place = _places(np.where(out, 1e7 - 1e3 * until, np.where(disqualified, 2e7, time_s)))
    best_s = circuit.lap_s * 1.02 * (1 + 0.7 * pace / 100 + 0.003 * rng.normal(size=size))
    fastest_s = np.where(laps > 2, best_s, np.nan)
    is_timed = ~out & ~disqualified & (laps == distance)
    return Result(
        place, ["R" if o else "D" if d else str(p) for o, d, p in zip(out, disqualified, place, strict=True)],
        _statuses(year, breaks, crashes, disqualified, distance - laps, rng),
        _points(year, round_, place, ~out & ~disqualified, fastest_s, is_sprint=is_sprint),
        grid, laps, np.where(is_timed, time_s, np.nan), fastest_s,
        np.where(laps > 2, 1 + rng.integers(1, np.maximum(laps, 2)), 0),
    )


def _statuses(
    year: int, breaks: Array, crashes: Array, disqualified: Array, behind: Array, rng: np.random.Generator
) -> list[str]:
    """The source's words: causes and laps behind end with 2022."""
    def of(i: int) -> str:
        if disqualified[i]:
            return "Disqualified"
        if breaks[i] or crashes[i]:
            return "Retired" if year > 2022 else str(rng.choice(CRASHES if crashes[i] else CAUSES))
        if behind[i] == 0:
            return "Finished"
        return "Lapped" if year > 2022 else f"+{behind[i]} Lap{'s' if behind[i] > 1 else ''}"

    return [of(i) for i in range(len(breaks))]


def _points(
    year: int, round_: Round, place: Array, classified: Array, fastest_s: Array, *, is_sprint: bool
) -> Array:
    """Points by the real rules of the year (silver/scoring_rules), including halved and doubled rounds."""
    rules = rules_of(year)
    table = np.zeros(place.size)
    by_place = rules["sprint_points" if is_sprint else "race_points"]
    table[: len(by_place)] = by_place
    points = np.where(classified, table[place - 1], 0.0)
    if is_sprint:
        return points
    if rules["fastest_lap_points"] and np.isfinite(fastest_s).any():
        first = int(np.nanargmin(fastest_s))
        if classified[first] and place[first] <= (rules["fastest_lap_within"] or place.size):
            points[first] += rules["fastest_lap_points"]
    halved, doubled = (round_.round in rules[f"{how}_points_rounds"] for how in ("half", "double"))
    return points * (0.5 if halved else 2 if doubled else 1)


def _stops(laps: int, rng: np.random.Generator) -> list[tuple[int, float]]:
    """One to three stops, on laps that a retired car may not have reached."""
    planned = sorted({int(lap) for lap in laps * rng.uniform(0.15, 0.9, rng.integers(1, 4))})
    return [(lap, float(22 + rng.gamma(2, 0.9))) for lap in planned if lap > 1]


def lap_times(race: Result, stops: list[list[tuple[int, float]]], lap_s: float, seed: list[int]) -> Array:
    """Seconds of every entry's laps, NaN from its last on; those of finishers with a time add up to their race time."""
    rng = np.random.default_rng(seed)
    count = int(race.laps.max())
    times = lap_s * 1.045 * (1 + 0.004 * rng.normal(size=(race.laps.size, count)))
    times[:, 0] += 4 + 0.35 * np.where(race.grid == 0, race.grid.size, race.grid)
    for entry, made in enumerate(stops):
        for lap, seconds in made:
            times[entry, lap - 1] += seconds - 3
    total = np.where(np.isfinite(race.time_s), race.time_s, np.nan)
    scale = np.where(np.isfinite(total), total / times.sum(axis=1), 1 + race.place / 1500)
    times *= scale[:, None]
    times[np.arange(count) >= race.laps[:, None]] = np.nan
    return times


def _places(order: Array) -> Array:
    """Places from 1, the smallest first."""
    return np.argsort(np.argsort(order, kind="stable"), kind="stable") + 1
