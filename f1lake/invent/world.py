"""The truth of the invented seasons: who drives what, how fast it is and how often it breaks.

Paces are in percent of a lap, more is slower. The observable part, times and places, is drawn from it in `weekend.py`.
The constants were chosen so that the figures of docs/invented-world.md come close to those of the real history.
"""

import datetime as dt
from dataclasses import dataclass, field, replace

import numpy as np

from f1lake.invent.names import COUNTRY, FAMILY, PLACE, Names, identity

LAST_SEASON = 2026
"""The current season of every invented world: the same seed gives the same world on every day."""

FIRST_SEASON = 1991
"""The first season that can be invented: until 1990 the worst results of a season were dropped."""

RACES = ([1991, 2004, 2010, 2014, 2016, 2022, 2026], [16, 18, 19, 19, 21, 22, 22])
SPRINTS = {2021: 3, 2022: 3} | dict.fromkeys(range(2023, 2027), 6)
FAILURES = ([1991, 1997, 2005, 2010, 2018, 2026], [0.36, 0.34, 0.24, 0.15, 0.12, 0.08])
ACCIDENTS = ([1991, 2026], [0.055, 0.030])
CAR_SPREAD = ([1991, 1997, 2009, 2017, 2026], [1.8, 1.7, 1.6, 1.4, 1.0])
"""Percent of a lap between an average car and one that is a standard deviation better, before skewness."""

TALENT_SPREAD = 0.45
SEEN_NOISE, PROMISE, LOYALTY = 0.25, 0.32, 0.17
"""How wrong teams are about drivers, what they see in newcomers, and how much better a newcomer must be to replace a
driver."""

TEAMS = (10, 11)
CIRCUITS = 32
KEPT, KEPT_IN_NEW_RULES = 0.9, 0.45
"""How much of a car's advantage remains in the next season's."""


@dataclass(frozen=True)
class Circuit:
    """A track; `trait` says which cars it suits, `passing` how easily places on the grid can be won back."""

    id: str
    locality: str
    country: str
    latitude: float
    longitude: float
    lap_s: float
    laps: int
    trait: float
    passing: float


@dataclass(frozen=True)
class Team:
    """A team; one that is sold keeps its id and gets another name."""

    id: str
    name: str
    nationality: str
    resources: float
    form: float
    """Standard deviations above the average car of the season."""
    trait: float


@dataclass
class Driver:
    """A driver with a career; `talent` is the pace at the best age."""

    id: str
    given_name: str
    family_name: str
    nationality: str
    born: dt.date
    number: int
    talent: float
    caution: float
    team: str | None = None
    contract_to: int = 0
    seasons: int = 0

    def pace(self, season: int) -> float:
        """Talent, age and inexperience."""
        years = max(0, abs(season - self.born.year - 29) - 4)
        return self.talent + 0.004 * years**2 + (0.10, 0.04, 0.0)[min(self.seasons, 2)]


@dataclass(frozen=True)
class Entry:
    """One car of one round."""

    driver: Driver
    team: Team
    driver_pace: float
    car_pace: float
    failure_rate: float
    accident_rate: float


@dataclass(frozen=True)
class Round:
    """One race weekend and its entries."""

    round: int
    date: dt.date
    circuit: Circuit
    has_sprint: bool
    entries: list[Entry]


@dataclass(frozen=True)
class Season:
    """One season, its rounds in order."""

    year: int
    has_new_rules: bool
    rounds: list[Round]


@dataclass
class World:
    """The state of the world between seasons."""

    names: Names
    circuits: list[Circuit]
    teams: list[Team]
    drivers: list[Driver] = field(default_factory=list)
    new_rules: int = 0
    made: int = 0


def seasons(first: int, seed: int) -> list[Season]:
    """The seasons from the first one to `LAST_SEASON`."""
    rng = np.random.default_rng([seed, first])
    names = Names(rng)
    countries = [names.new(COUNTRY) for _ in range(CIRCUITS)]
    world = World(names, [_circuit(names, country, rng) for country in countries], [])
    world.teams = [_team(world, rng) for _ in range(11)]
    world.new_rules = first + int(rng.integers(2, 6))
    return [_season(world, year, np.random.default_rng([seed, first, year])) for year in range(first, LAST_SEASON + 1)]


def _season(world: World, year: int, rng: np.random.Generator) -> Season:
    has_new_rules = year == world.new_rules
    if has_new_rules:
        world.new_rules += int(rng.integers(4, 8))
    _develop(world, KEPT_IN_NEW_RULES if has_new_rules else KEPT, rng)
    _hire(world, year, rng)
    calendar = _calendar(world, year, rng)
    seats = [driver for team in world.teams for driver in world.drivers if driver.team == team.id]
    rounds = _rounds(world, year, calendar, seats, rng)
    for driver in {entry.driver.id: entry.driver for round_ in rounds for entry in round_.entries}.values():
        driver.seasons += 1
    return Season(year, has_new_rules, rounds)


def _develop(world: World, kept: float, rng: np.random.Generator) -> None:
    """Teams arrive, leave and are sold; every car becomes next year's."""
    if len(world.teams) > TEAMS[0] and rng.random() < 0.12:
        world.teams.remove(min(world.teams, key=lambda team: team.form))
    if len(world.teams) < TEAMS[1] and rng.random() < 0.10:
        world.teams.append(_team(world, rng))
    for place, team in enumerate(world.teams):
        resources = 0.92 * team.resources + 0.40 * rng.normal()
        world.teams[place] = replace(
            team, resources=resources, trait=rng.normal(),
            form=kept * team.form + (1 - kept) * 1.15 * resources + 0.30 * rng.normal(),
            name=f"{world.names.new(PLACE)} {rng.choice(_KINDS)}" if rng.random() < 0.03 else team.name,
        )


_KINDS = ("Racing", "Grand Prix", "Motors", "Engineering")


def _hire(world: World, year: int, rng: np.random.Generator) -> None:
    """Contracts end, drivers retire, and the better teams choose first, by talent as far as they can see it."""
    ids = {team.id for team in world.teams}
    before = {driver.id: driver.team for driver in world.drivers}
    for driver in world.drivers:
        if driver.contract_to < year or driver.team not in ids:
            driver.team = None
    world.drivers = [
        driver for driver in world.drivers
        if driver.team or rng.random() > np.clip((year - driver.born.year - 32) / 7, 0, 1)
    ]
    world.drivers += [_driver(world, year, rng) for _ in range(7 if world.drivers else 34)]
    seen = {
        driver.id: driver.pace(year) + SEEN_NOISE * rng.normal() - (0 if driver.seasons else PROMISE)
        for driver in world.drivers
    }
    for team in sorted(world.teams, key=lambda team: -team.form - 0.3 * rng.normal()):
        while sum(driver.team == team.id for driver in world.drivers) < 2:
            free = (driver for driver in world.drivers if driver.team is None)
            hired = min(free, key=lambda driver: seen[driver.id] - LOYALTY * (before.get(driver.id) == team.id))
            hired.team, hired.contract_to = team.id, year + int(rng.integers(0, 4))
    reserves = sorted((d for d in world.drivers if d.team is None), key=lambda driver: seen[driver.id])[:8]
    world.drivers = [driver for driver in world.drivers if driver.team or driver in reserves]


def _calendar(world: World, year: int, rng: np.random.Generator) -> list[tuple[dt.date, Circuit]]:
    """Sundays from March on; two circuits of the season before are replaced."""
    count = round(float(np.interp(year, *RACES)))
    if world.made:
        for place in rng.choice(count - 1, 2, replace=False):
            other = int(rng.integers(count, CIRCUITS))
            world.circuits[place], world.circuits[other] = world.circuits[other], world.circuits[place]
    world.made += 1
    march = dt.date(year, 3, 8)
    first = march + dt.timedelta(days=6 - march.weekday())
    weeks = np.round(np.linspace(0, min(38, 12 + 1.2 * count), count)).astype(int)
    sundays = [first + dt.timedelta(weeks=int(week)) for week in weeks]
    return list(zip(sundays, world.circuits[:count], strict=True))


def _rounds(
    world: World, year: int, calendar: list[tuple[dt.date, Circuit]], seats: list[Driver], rng: np.random.Generator
) -> list[Round]:
    count = len(calendar)
    sprints = set(rng.choice(count, SPRINTS.get(year, 0), replace=False).tolist())
    by_id = {team.id: team for team in world.teams}
    spread = np.interp(year, *CAR_SPREAD)
    season = np.linspace(0, 1, count)
    developed = {
        team: 0.25 * rng.normal() * season + 0.04 * rng.normal(size=count).cumsum() for team in by_id
    }
    breaks = {team: np.interp(year, *FAILURES) * np.exp(0.35 * rng.normal()) for team in by_id}
    stand_ins = _stand_ins(world, count, seats, rng)
    rounds = []
    for i, (date, circuit) in enumerate(calendar):
        entries = []
        for seat, regular in enumerate(seats):
            driver, team = stand_ins.get((seat, i), regular), by_id[regular.team or ""]
            form = team.form + developed[team.id][i] + 0.12 * team.trait * circuit.trait
            entries.append(Entry(
                driver, team, driver.pace(year), float(spread * np.exp(-0.5 * form)), float(min(0.6, breaks[team.id])),
                float(np.interp(year, *ACCIDENTS) * driver.caution),
            ))
        rounds.append(Round(i + 1, date, circuit, i in sprints, entries))
    return rounds


def _stand_ins(
    world: World, count: int, seats: list[Driver], rng: np.random.Generator
) -> dict[tuple[int, int], Driver]:
    """Some seats change hands for a race or for the rest of the season: by seat and round."""
    reserves = [driver for driver in world.drivers if driver.team is None]
    changes: dict[tuple[int, int], Driver] = {}
    for reserve in reserves[: int(rng.poisson(2.0))]:
        seat, since = int(rng.integers(len(seats))), int(rng.integers(1, count))
        until = count if rng.random() < 0.6 else since + 1
        changes |= {(seat, i): reserve for i in range(since, until)}
    return changes


def _team(world: World, rng: np.random.Generator) -> Team:
    name, country = world.names.new(PLACE), str(rng.choice([circuit.country for circuit in world.circuits]))
    resources = rng.normal() - (0.8 if world.made else 0)
    return Team(
        identity(name), f"{name} {rng.choice(_KINDS)}", f"{country}n", resources, 1.1 * resources, rng.normal()
    )


def _driver(world: World, year: int, rng: np.random.Generator) -> Driver:
    family, age = world.names.new(FAMILY), int(rng.integers(19, 26)) if world.made else int(rng.integers(20, 36))
    used = {driver.number for driver in world.drivers}
    number = int(rng.choice([n for n in range(2, 100) if n not in used]))
    country = str(rng.choice([circuit.country for circuit in world.circuits]))
    born = dt.date(year - age, 1, 1) + dt.timedelta(days=int(rng.integers(365)))
    return Driver(
        identity(family), world.names.given(), family, f"{country}n", born, number, TALENT_SPREAD * rng.normal(),
        float(np.exp(0.3 * rng.normal())), seasons=0 if world.made else 2,
    )


def _circuit(names: Names, country: str, rng: np.random.Generator) -> Circuit:
    locality, lap_s = names.new(PLACE), float(rng.uniform(72, 104))
    return Circuit(
        identity(locality), locality, country, round(float(rng.uniform(-38, 60)), 4),
        round(float(rng.uniform(-120, 145)), 4), lap_s, round(5300 / (lap_s + 4)), rng.normal(),
        float(rng.uniform(0.6, 1.4)),
    )
