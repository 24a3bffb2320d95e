"""gold/driver_career, constructor_career and circuit_records: known numbers, and sums that must agree."""

from collections.abc import Callable

import polars as pl
import pytest

from f1lake.gold.circuit_records import circuit_records
from f1lake.gold.constructor_career import constructor_career
from f1lake.gold.driver_career import driver_career
from f1lake.silver.constructors import constructors
from f1lake.silver.drivers import drivers
from f1lake_tests.f1db import NO_F1DB, NO_LAYOUTS

Made = Callable[..., pl.DataFrame]
Standings = dict[str, tuple[pl.DataFrame, pl.DataFrame]]


@pytest.fixture
def of_drivers(
    made: Made, recorded_results: pl.DataFrame, recorded_bronze: dict[str, pl.DataFrame], calendar: pl.DataFrame,
    standings: Standings, recorded_champions: pl.DataFrame,
) -> pl.DataFrame:  # fmt: skip
    names = made(drivers, recorded_bronze["session_results"])
    return made(driver_career, recorded_results, names, recorded_champions, standings["driver"][0], calendar)


@pytest.fixture
def of_constructors(
    made: Made, recorded_results: pl.DataFrame, recorded_bronze: dict[str, pl.DataFrame], calendar: pl.DataFrame,
    standings: Standings,
) -> pl.DataFrame:  # fmt: skip
    names = made(constructors, recorded_bronze["session_results"], *NO_F1DB)
    return made(constructor_career, recorded_results, names, standings["constructor"][0], calendar)


def test_champions_by_number_of_titles(of_drivers: pl.DataFrame) -> None:
    most = of_drivers.sort("titles", "driver_id", descending=[True, False]).head(5)
    assert most.select("driver_id", "titles").rows() == [
        ("hamilton", 7), ("michael_schumacher", 7), ("fangio", 5), ("max_verstappen", 4), ("prost", 4)
    ]  # fmt: skip


def test_the_career_of_clark(of_drivers: pl.DataFrame) -> None:
    row = of_drivers.filter(driver_id="clark").row(0, named=True)
    assert (row["races"], row["wins"], row["poles"], row["title_seasons"]) == (72, 25, 33, [1963, 1965])


def test_poles_of_those_who_shared_cars(of_drivers: pl.DataFrame) -> None:
    """As espn.co.uk counts them (Steven Lynch, 3 December 2010)."""
    poles = dict(of_drivers.select("driver_id", "poles").rows())
    assert (poles["fangio"], poles["clark"], poles["ascari"]) == (29, 33, 14)


def test_careers_add_up_to_the_seasons(of_drivers: pl.DataFrame, recorded_results: pl.DataFrame) -> None:
    races = recorded_results.filter(pl.col("session") == "Race", pl.col("is_start"))
    assert of_drivers["races"].sum() == races.height
    assert of_drivers["wins"].sum() == 1158 + 3, "three wins were shared"
    assert of_drivers["points"].sum() == pytest.approx(recorded_results["points"].sum(), abs=0.01)
    assert of_drivers["titles"].sum() == 76


def test_constructors_by_number_of_titles(of_constructors: pl.DataFrame) -> None:
    most = of_constructors.sort("titles", "constructor_id", descending=[True, False]).head(4)
    assert most.select("constructor_id", "titles").rows() == [
        ("ferrari", 16), ("mclaren", 10), ("williams", 9), ("mercedes", 8)
    ]  # fmt: skip
    assert of_constructors["wins"].sum() == 1158


def test_alfa_romeo_was_two_teams(of_constructors: pl.DataFrame) -> None:
    assert of_constructors.filter(constructor_id="alfa")["lineage_ids"].to_list() == [["alfa", "sauber"]]


def test_monza(made: Made, recorded_results: pl.DataFrame, calendar: pl.DataFrame) -> None:
    records = made(circuit_records, recorded_results, calendar, NO_LAYOUTS)
    row = records.filter(circuit_id="monza").row(0, named=True)
    assert (row["races"], row["most_wins_constructor_ids"]) == (75, ["ferrari"])
    assert (row["most_wins_driver_ids"], row["most_wins_driver"]) == (["hamilton", "michael_schumacher"], 5)
    assert records["races"].sum() == 1158
