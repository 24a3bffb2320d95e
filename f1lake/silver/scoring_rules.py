"""silver/scoring_rules: the sporting rules by which each championship was counted, as data.

The tables below hold knowledge that no source has; every row names its source. How the rules are applied is in
`championship.py`. To extend the tables, add a line.
"""

import datetime as dt
from typing import Any

import dagster as dg
import dataframely as dy
import polars as pl

from f1lake import clock
from f1lake.partitions import SEASONS
from f1lake.settings import FIRST_SEASON
from f1lake.storage.contract import enforced, table

YEARBOOK = "FIA (to 1993 FISA and CSI) Formula One sporting regulations of the season"

RACE_POINTS = {
    1950: (8, 6, 4, 3, 2),
    1960: (8, 6, 4, 3, 2, 1),
    1961: (9, 6, 4, 3, 2, 1),
    1991: (10, 6, 4, 3, 2, 1),
    2003: (10, 8, 6, 5, 4, 3, 2, 1),
    2010: (25, 18, 15, 12, 10, 8, 6, 4, 2, 1),
}
"""Points of a race by place, from that season on."""

SPRINT_POINTS = {1950: (), 2021: (3, 2, 1), 2022: (8, 7, 6, 5, 4, 3, 2, 1)}

CONSTRUCTOR_POINTS = {1958: (8, 6, 4, 3, 2), 1960: (8, 6, 4, 3, 2, 1), 1961: (8, 6, 4, 3, 2, 1), 1962: None}
"""Seasons in which the constructors' points for a place differed from the drivers': no fastest laps, and 8 for a win in
1961."""

ALL_ROUNDS = 99
BEST_OF: dict[int, tuple[tuple[int, int], ...]] = {
    # season: so many best results of the first so many rounds, then of the next so many
    1950: ((4, ALL_ROUNDS),), 1951: ((4, ALL_ROUNDS),), 1952: ((4, ALL_ROUNDS),), 1953: ((4, ALL_ROUNDS),),
    1954: ((5, ALL_ROUNDS),), 1955: ((5, ALL_ROUNDS),), 1956: ((5, ALL_ROUNDS),), 1957: ((5, ALL_ROUNDS),),
    1958: ((6, ALL_ROUNDS),), 1959: ((5, ALL_ROUNDS),), 1960: ((6, ALL_ROUNDS),), 1961: ((5, ALL_ROUNDS),),
    1962: ((5, ALL_ROUNDS),), 1963: ((6, ALL_ROUNDS),), 1964: ((6, ALL_ROUNDS),), 1965: ((6, ALL_ROUNDS),),
    1966: ((5, ALL_ROUNDS),),
    1967: ((5, 6), (4, 5)), 1968: ((5, 6), (5, 6)), 1969: ((5, 6), (4, 5)), 1970: ((6, 7), (5, 6)),
    1971: ((5, 6), (4, 5)), 1972: ((5, 6), (5, 6)), 1973: ((7, 8), (6, 7)), 1974: ((7, 8), (6, 7)),
    1975: ((6, 7), (6, 7)), 1976: ((7, 8), (7, 8)), 1977: ((8, 9), (7, 8)), 1978: ((7, 8), (7, 8)),
    1979: ((4, 7), (4, 8)), 1980: ((5, 7), (5, 7)),
    **dict.fromkeys(range(1981, 1991), ((11, ALL_ROUNDS),)),
}  # fmt: skip
"""Which results counted for the drivers until 1990, and until 1978 for the constructors too."""

HALF_POINTS = {1975: (4, 12), 1984: (6,), 1991: (16,), 2009: (2,), 2021: (12,)}
"""Races that were stopped early for half points; the points of the results are already halved."""

DOUBLE_POINTS = {2014: (19,)}
"""Races with double points, known before the season; the points of the results are already doubled."""

NOT_FOR_CONSTRUCTORS = {1958: (4,), 1959: (2,), 1960: (3,)}
"""The Indianapolis 500, a round of the drivers' championship only."""

DECISIONS = [
    # season, whose, id, from which round on, points, excluded, decided on, why, source
    (1956, "driver", "fangio", 2, -1.5, False, dt.date(1956, 5, 13),
     "second and fourth in two shared cars: only the better place scored", "CSI standings of 1956: 30 (33) points"),
    (1995, "constructor", "benetton", 1, -10.0, False, dt.date(1995, 4, 13),
     "fuel of Brazil: the driver kept his points, the team did not", "FIA court of appeal, 13 April 1995"),
    (1995, "constructor", "williams", 1, -6.0, False, dt.date(1995, 4, 13),
     "fuel of Brazil: the driver kept his points, the team did not", "FIA court of appeal, 13 April 1995"),
    (1997, "driver", "michael_schumacher", 1, 0.0, True, dt.date(1997, 11, 11),
     "excluded from the championship for the collision of Jerez; his results stand",
     "FIA world motor sport council, 11 November 1997"),
    (2000, "constructor", "mclaren", 10, -10.0, False, dt.date(2000, 7, 25),
     "a seal missing on the winning car in Austria", "FIA decision, 25 July 2000"),
    (2007, "constructor", "mclaren", 1, -218.0, True, dt.date(2007, 9, 13),
     "excluded for the possession of Ferrari's documents; no points of the season count",
     "FIA world motor sport council, 13 September 2007"),
    (2018, "constructor", "force_india", 13, -59.0, False, dt.date(2018, 8, 23),
     "a new entry after administration: the points of the old one were lost", "FIA statement, 23 August 2018"),
    (2020, "constructor", "racing_point", 2, -15.0, False, dt.date(2020, 8, 7),
     "brake ducts copied from Mercedes, protested in Styria", "FIA stewards, document 1 of 7 August 2020"),
]  # fmt: skip
"""Decisions about championships rather than results. `points` are added from that round on."""

MOST_OF_RACE = pl.col("race_points").list.first() * (
    pl.when(pl.col("round").is_in(pl.col("double_points_rounds"))).then(2).otherwise(1)
) + pl.col("fastest_lap_points")
MOST_OF_SPRINT = pl.col("sprint_points").list.first().fill_null(0)
"""What one driver can score in a race and in a sprint; for rows of the table with a `round`."""

POINTS = {"unit": "points"}
BEST: dict[str, dy.Column] = {"first_round": dy.Int32(), "last_round": dy.Int32(), "results": dy.Int32()}
DECISION: dict[str, dy.Column] = {
    "id": dy.String(), "from_round": dy.Int32(), "points": dy.Float64(), "is_excluded": dy.Bool(),
    "decided_on": dy.Date(), "why": dy.String(), "source": dy.String(),
}  # fmt: skip


class ScoringRules(dy.Schema):
    """The rules of each championship, up to the current season.

    How did a result become a place in the championship that year? The points of results are in silver/session_results
    as they were given: halved, doubled and shared.
    """

    season = dy.Int32(primary_key=True, min=1950, description="year of the championship")
    race_points = dy.List(dy.Float64(), description="points of a race by place, from the first", metadata=POINTS)
    fastest_lap_points = dy.Float64(
        description="points for the fastest lap of a race, divided where several drove it", metadata=POINTS
    )
    fastest_lap_within = dy.Int32(nullable=True, description="the last place that may take them; null for any")
    sprint_points = dy.List(
        dy.Float64(), description="points of a sprint by place; empty without sprints", metadata=POINTS
    )
    half_points_rounds = dy.List(dy.Int32(), description="rounds stopped early, whose points were halved")
    double_points_rounds = dy.List(dy.Int32(), description="rounds announced with double points")
    shared_drives = dy.Enum(
        ["divided", "nothing", "none"],
        description="points of a car that several drivers drove: divided, nothing for anybody, or there are none",
    )
    driver_best_of = dy.List(
        dy.Struct(BEST), description="how many of a driver's best results of which rounds counted; empty: all of them"
    )
    has_constructors_title = dy.Bool(description="whether there was a constructors' championship")
    constructor_race_points = dy.List(
        dy.Float64(), nullable=True, description="the constructors' points by place; null: those of their drivers",
        metadata=POINTS,
    )
    constructor_cars = dy.Int32(nullable=True, description="how many cars of a constructor scored in a race; null: all")
    constructor_best_of = dy.List(
        dy.Struct(BEST), description="how many of a constructor's best results of which rounds counted; empty: all"
    )
    not_for_constructors = dy.List(dy.Int32(), description="rounds of the drivers' championship only")
    driver_decisions = dy.List(dy.Struct(DECISION), description="decisions on drivers that changed no result")
    constructor_decisions = dy.List(dy.Struct(DECISION), description="decisions on constructors that changed no result")
    tie_break = dy.String(description="who is ahead on equal points")
    source = dy.String(description="where the rules are written")


@dg.asset(**table("silver/scoring_rules", ScoringRules), partitions_def=SEASONS)
@enforced(ScoringRules)
def scoring_rules() -> pl.DataFrame:
    """The rules of every season up to the next one, from the tables above."""
    rows = [rules_of(season) for season in range(FIRST_SEASON, clock.now().year + 2)]
    return pl.DataFrame(rows, schema=ScoringRules.create_empty().schema)


def rules_of(season: int) -> dict[str, Any]:
    """The row of one season."""
    best_of = _periods(BEST_OF.get(season, ()))
    has_title = season >= 1958
    return {
        "season": season,
        "race_points": _since(RACE_POINTS, season),
        "fastest_lap_points": 1.0 if season <= 1959 or 2019 <= season <= 2024 else 0.0,
        "fastest_lap_within": 10 if 2019 <= season <= 2024 else None,
        "sprint_points": _since(SPRINT_POINTS, season),
        "half_points_rounds": HALF_POINTS.get(season, ()),
        "double_points_rounds": DOUBLE_POINTS.get(season, ()),
        "shared_drives": "divided" if season <= 1957 else "nothing" if season <= 1964 else "none",
        "driver_best_of": best_of,
        "has_constructors_title": has_title,
        "constructor_race_points": _since(CONSTRUCTOR_POINTS, season) if has_title else None,
        "constructor_cars": 1 if 1958 <= season <= 1978 else None,
        "constructor_best_of": best_of if 1958 <= season <= 1978 else [],
        "not_for_constructors": NOT_FOR_CONSTRUCTORS.get(season, ()),
        "driver_decisions": _decisions(season, "driver"),
        "constructor_decisions": _decisions(season, "constructor"),
        "tie_break": "more wins, then second places, and so on; still equal: the place is shared",
        "source": YEARBOOK,
    }


def _since(points: dict[int, Any], season: int) -> Any:
    return points[max(first for first in points if first <= season)]


def _periods(best_of: tuple[tuple[int, int], ...]) -> list[dict[str, int]]:
    """Lengths as first and last rounds."""
    lengths = [rounds for _, rounds in best_of]
    return [
        {"first_round": 1 + sum(lengths[:i]), "last_round": sum(lengths[: i + 1]), "results": results}
        for i, (results, _) in enumerate(best_of)
    ]


def _decisions(season: int, whose: str) -> list[dict[str, Any]]:
    return [dict(zip(DECISION, line[2:], strict=True)) for line in DECISIONS if line[:2] == (season, whose)]
