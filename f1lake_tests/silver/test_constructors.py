"""silver/constructors: one team under its successive names, another team under the same name, and colours."""

from collections.abc import Callable

import polars as pl
import pytest

from f1lake.silver.constructors import COLORS, LINEAGES, constructors
from f1lake_tests.f1db import NO_F1DB
from f1lake_tests.silver.small import car, results

Made = Callable[..., pl.DataFrame]


def lineage(made: Made, season: int, constructor: str) -> str:
    race = results(
        season, 1, car("someone", 1, constructorId=constructor, constructorName=constructor.title())
    )
    return made(constructors, race, *NO_F1DB)["lineage_id"].item()


@pytest.mark.parametrize(
    "names",
    [
        [
            (1981, "toleman"),
            (1986, "benetton"),
            (2005, "renault"),
            (2013, "lotus_f1"),
            (2018, "renault"),
            (2026, "alpine"),
        ],
        [
            (1991, "jordan"),
            (2006, "mf1"),
            (2006, "spyker_mf1"),
            (2007, "spyker"),
            (2009, "force_india"),
            (2020, "racing_point"),
            (2026, "aston_martin"),
        ],
        [
            (1993, "sauber"),
            (2008, "bmw_sauber"),
            (2012, "sauber"),
            (2021, "alfa"),
            (2024, "sauber"),
            (2026, "audi"),
        ],
        [(1970, "tyrrell"), (1999, "bar"), (2007, "honda"), (2009, "brawn"), (2014, "mercedes")],
        [(1997, "stewart"), (2003, "jaguar"), (2010, "red_bull")],
        [(1985, "minardi"), (2008, "toro_rosso"), (2021, "alphatauri"), (2026, "rb")],
        [(1963, "lotus-climax"), (1968, "lotus-ford"), (1978, "team_lotus")],
    ],
    ids=lambda names: names[-1][1],
)
def test_a_team_is_one_under_its_successive_names(made: Made, names: list[tuple[int, str]]) -> None:
    assert len({lineage(made, season, name) for season, name in names}) == 1


@pytest.mark.parametrize(
    ("name", "then", "now"),
    [
        ("mercedes", 1955, 2014),
        ("honda", 1967, 2007),
        ("renault", 1983, 2005),
        ("aston_martin", 1959, 2021),
        ("alfa", 1950, 2020),
        ("lotus_f1", 2012, 1978),
    ],
)
def test_another_team_of_the_same_name_is_another_team(made: Made, name: str, then: int, now: int) -> None:
    assert lineage(made, then, name) != lineage(made, now, "team_lotus" if name == "lotus_f1" else name)


def test_no_season_of_a_name_belongs_to_two_lineages() -> None:
    seasons = [
        (name, season) for _, name, first, last, _ in LINEAGES for season in range(first, min(last, 2100) + 1)
    ]
    assert len(seasons) == len(set(seasons))


def test_colours_are_fastf1s_then_our_own_then_made_from_the_id(made: Made) -> None:
    def color(season: int, constructor: str) -> str:
        race = results(season, 1, car("someone", 1, constructorId=constructor))
        return made(constructors, race, *NO_F1DB)["color"].item()

    assert color(2025, "mclaren") == "#ff8000"
    assert color(2025, "sauber") != color(2005, "sauber") == COLORS["sauber"]
    assert color(2031, "mclaren") == color(2026, "mclaren"), "a season that FastF1 does not know yet"
    assert color(1963, "lotus-climax") == COLORS["team_lotus"]
    assert color(1953, "kurtis_kraft") == color(1954, "kurtis_kraft") != color(1953, "connaught")


def test_every_recorded_constructor_has_a_colour_that_no_other_team_of_a_late_season_has(
    made: Made, recorded_bronze: dict[str, pl.DataFrame]
) -> None:
    made_of_it = made(constructors, recorded_bronze["session_results"], *NO_F1DB)
    assert not made_of_it["name"].str.contains("&amp;").any()
    late = made_of_it.filter(pl.col("season") >= 1993)
    teams = late.group_by("season", "color").agg(pl.col("lineage_id").n_unique())
    assert teams["lineage_id"].max() == 1


def test_a_season_alone_gives_the_same_rows_as_all_of_them(
    made: Made, recorded_bronze: dict[str, pl.DataFrame]
) -> None:
    everything = recorded_bronze["session_results"]
    alone = made(constructors, everything.filter(season=1967), *NO_F1DB)
    assert alone.equals(made(constructors, everything, *NO_F1DB).filter(season=1967))


def test_a_season_without_results_has_no_constructors(made: Made) -> None:
    assert made(constructors, results(2026, 1), *NO_F1DB).is_empty()
