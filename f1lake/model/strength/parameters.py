"""The constants of the strengths: their meaning and values (maximum likelihood).

The filter that uses them is in `follow.py`.
"""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Parameters:
    """Standard deviations of what changes strengths and of what blurs their observation, in units of a field's scores.

    `_race` is the drift from one session to the next, `_winter` that from season to season. A winter keeps `car_kept`
    of a car's difference from the rest. Newcomers vary by `new_` around `_mean`. `weekend` is shared by qualifying and
    finish of a driver, `team_weekend` by a team's drivers; `qualifying` and `finish` are the remaining noise.
    """

    car_race: float
    car_winter: float
    car_kept: float
    driver_race: float
    driver_winter: float
    new_car_mean: float
    new_car: float
    new_driver_mean: float
    new_driver: float
    weekend: float
    team_weekend: float
    qualifying: float
    finish: float


FIRST_LEARNED, EVERY, SEASONS_SEEN = 2006, 4, 20

TO_2005 = Parameters(.070, .297, .804, .039, .118, -.508, .426, -.475, .183, .070, .209, .386, .635)
"""The constants estimated on the sessions of seasons up to 2005."""

FIXED = {1950: TO_2005}
"""The constants by the first season in which they apply; none is learned from a later season."""

PUBLISHED = FIXED | {
    2006: Parameters(.0822, .2291, .8344, .0326, .1488, -.5128, .6404, -.578, .2399, .1352, .1988, .4173, .6032),
    2010: Parameters(.0825, .2674, .8281, .036, .1213, -.5233, .7206, -.4411, .2306, .1754, .2008, .44, .5892),
    2014: Parameters(.0691, .2644, .8345, .0307, .1238, -1.0767, .4757, -.4024, .1528, .18, .1979, .457, .5579),
    2018: Parameters(.0657, .2901, .8382, .0272, .1032, -.9988, .502, -.3582, .1118, .1782, .1958, .4597, .5441),
    2022: Parameters(.0605, .2768, .8415, .0251, .1041, -1.0714, .5162, -.2839, .1055, .1559, .2059, .4737, .5448),
    2026: Parameters(.0605, .2575, .8575, .0231, .0844, -1.1441, .5019, -.176, .1222, .1908, .2047, .4815, .5513),
}
"""From 2006 on, every fourth season: estimated on the twenty seasons before (`benchmarks/strength_constants.py`)."""

NEW_RULES = {
    1983: "flat floors, ground effect banned",
    1989: "turbochargers banned",
    1994: "electronic driver aids banned, refuelling",
    1998: "narrow cars, grooved tyres",
    2009: "aerodynamics cut, slick tyres, KERS",
    2014: "hybrid V6 turbo engines",
    2022: "ground effect, 18 inch wheels",
    2026: "half electric engines, active aerodynamics",
}
"""Seasons whose technical regulations required new cars, and what was new."""

NEW_RULES_WINTER, NEW_RULES_KEPT = 2.0, 0.5
"""Before such a season the winter moves cars twice as far, and they keep half of their difference."""


def in_force(constants: Mapping[int, Parameters], season: int) -> Parameters:
    """The constants of a season, from those by the first season in which they apply."""
    firsts = sorted(constants)
    return constants[firsts[max(0, bisect_right(firsts, season) - 1)]]
