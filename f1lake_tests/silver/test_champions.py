"""silver/champions: all of them, and none before it is over."""

from collections.abc import Callable

import polars as pl

from f1lake.bronze.driver_standings import DriverStandings
from f1lake.silver.champions import champions
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


def test_all_76_champions_from_1950_to_2025(made: Made, recorded_bronze: dict[str, pl.DataFrame]) -> None:
    known = {
        int(first) + after: driver
        for first, *drivers in map(str.split, CHAMPIONS.strip().splitlines())
        for after, driver in enumerate(drivers)
    }
    assert len(known) == 76
    made_of_it = made(champions, recorded_bronze["driver_standings"], recorded_bronze["events"])
    assert dict(made_of_it.select("season", "driver_id").iter_rows()) == known


def test_the_leader_of_a_running_season_is_no_champion(made: Made) -> None:
    assert made(champions, standings(2026, 9, "antonelli", "russell"), calendar(2026, 22)).is_empty()


def test_standings_that_lag_behind_the_last_round_name_no_champion(made: Made) -> None:
    """Season-level standings may still be those after the race before the decisive one."""
    assert made(champions, standings(2021, 21, "hamilton", "max_verstappen"), calendar(2021, 22)).is_empty()


def test_a_driver_excluded_from_the_standings_has_no_place_in_them(made: Made) -> None:
    """Schumacher, 1997: his points stand, his position is null."""
    official = standings(1997, 17, "villeneuve", "michael_schumacher").with_columns(
        position=pl.when(driverId="michael_schumacher").then(None).otherwise("position")
    )
    made_of_it = made(champions, official, calendar(1997, 17))
    assert made_of_it.rows() == [(1997, "villeneuve", None)]
