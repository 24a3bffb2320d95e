"""silver/champions: all of them, and none before it is over."""

from collections.abc import Callable

import polars as pl

from f1lake.bronze.constructor_standings import ConstructorStandings
from f1lake.bronze.driver_standings import DriverStandings
from f1lake.silver.champions import champions
from f1lake.silver.scoring_rules import ScoringRules
from f1lake.silver.session_results import SessionResults
from f1lake_tests.silver.small import calendar, frame

Made = Callable[..., pl.DataFrame]

CHAMPIONS = """
1950 farina fangio ascari ascari fangio fangio fangio fangio hawthorn jack_brabham
1960 jack_brabham phil_hill hill clark surtees clark jack_brabham hulme hill stewart
1970 rindt stewart emerson_fittipaldi stewart emerson_fittipaldi lauda hunt lauda mario_andretti scheckter
1980 jones piquet keke_rosberg piquet lauda prost prost piquet senna prost
1990 senna senna mansell prost michael_schumacher michael_schumacher damon_hill villeneuve hakkinen hakkinen
2000 michael_schumacher michael_schumacher michael_schumacher michael_schumacher michael_schumacher
2005 alonso alonso raikkonen hamilton button
2010 vettel vettel vettel vettel hamilton hamilton rosberg hamilton hamilton hamilton
2020 hamilton max_verstappen max_verstappen max_verstappen max_verstappen norris
"""

CONSTRUCTORS = """
1958 vanwall cooper-climax
1960 cooper-climax ferrari brm lotus-climax ferrari lotus-climax brabham-repco brabham-repco lotus-ford matra-ford
1970 team_lotus tyrrell team_lotus team_lotus mclaren ferrari ferrari ferrari team_lotus ferrari
1980 williams williams ferrari ferrari mclaren mclaren williams williams mclaren mclaren
1990 mclaren mclaren williams williams williams benetton williams williams mclaren ferrari
2000 ferrari ferrari ferrari ferrari ferrari renault renault ferrari ferrari brawn
2010 red_bull red_bull red_bull red_bull mercedes mercedes mercedes mercedes mercedes mercedes
2020 mercedes mercedes red_bull red_bull mclaren mclaren
"""


def standings(season: int, round_: int, *drivers: str) -> pl.DataFrame:
    return frame(
        DriverStandings,
        [
            {
                "season": season,
                "round": round_,
                "driverId": driver,
                "position": place,
                "points": 0.0,
                "wins": 0,
                "givenName": driver,
                "familyName": driver,
            }
            for place, driver in enumerate(drivers, 1)
        ],
    )


def of(made: Made, official: pl.DataFrame, schedule: pl.DataFrame) -> pl.DataFrame:
    """The champions where only the drivers' standings are known."""
    others = (schema.create_empty() for schema in (SessionResults, ScoringRules))
    return made(champions, official, ConstructorStandings.create_empty(), schedule, *others)


def test_all_76_champions_from_1950_to_2025(recorded_champions: pl.DataFrame) -> None:
    known = {
        int(first) + after: driver
        for first, *drivers in map(str.split, CHAMPIONS.strip().splitlines())
        for after, driver in enumerate(drivers)
    }
    assert len(known) == 76
    assert dict(recorded_champions.select("season", "driver_id").iter_rows()) == known


def test_all_68_champions_of_the_constructors_from_1958_to_2025(recorded_champions: pl.DataFrame) -> None:
    """By the source, which adds all cars' points: Ferrari in 1958, BRM in 1964, McLaren in 1972, Tyrrell in 1973."""
    known = {
        int(first) + after: team
        for first, *teams in map(str.split, CONSTRUCTORS.strip().splitlines())
        for after, team in enumerate(teams)
    }
    assert len(known) == 68
    titles = dict(recorded_champions.select("season", "constructor_id").iter_rows())
    assert {season: team for season, team in titles.items() if team} == known


def test_the_leader_of_a_running_season_is_no_champion(made: Made) -> None:
    assert of(made, standings(2026, 9, "antonelli", "russell"), calendar(2026, 22)).is_empty()


def test_standings_that_lag_behind_the_last_round_name_no_champion(made: Made) -> None:
    """Season-level standings may still be those after the race before the decisive one."""
    assert of(made, standings(2021, 21, "hamilton", "max_verstappen"), calendar(2021, 22)).is_empty()


def test_a_driver_excluded_from_the_standings_has_no_place_in_them(made: Made) -> None:
    """Schumacher, 1997: his points stand, his position is null."""
    official = standings(1997, 17, "villeneuve", "michael_schumacher").with_columns(
        position=pl.when(driverId="michael_schumacher").then(None).otherwise("position")
    )
    made_of_it = of(made, official, calendar(1997, 17))
    assert made_of_it.rows() == [(1997, "villeneuve", None)]
