"""The recorded history, as bronze frames and as what silver makes of them."""

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from f1lake.silver.champions import champions
from f1lake.silver.pit_stops import pit_stops
from f1lake.silver.race_pace import race_pace
from f1lake.silver.scoring_rules import scoring_rules
from f1lake.silver.session_results import session_results
from f1lake_tests.silver import recorded


@pytest.fixture(scope="session")
def recorded_bronze(recording: Path) -> dict[str, pl.DataFrame]:
    """Every table of bronze but `laps`, of every recorded season."""
    return recorded.bronze(recording)


@pytest.fixture(scope="session")
def recorded_results(
    recorded_bronze: dict[str, pl.DataFrame], made: Callable[..., pl.DataFrame]
) -> pl.DataFrame:
    """silver/session_results of every recorded season."""
    return made(session_results, recorded_bronze["session_results"], recorded_bronze["events"])


@pytest.fixture(scope="session")
def recorded_champions(
    recorded_bronze: dict[str, pl.DataFrame], recorded_results: pl.DataFrame, made: Callable[..., pl.DataFrame]
) -> pl.DataFrame:
    """silver/champions of every recorded season."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("F1LAKE_NOW", "2026-07-06")
        rules = made(scoring_rules)
    tables = ("driver_standings", "constructor_standings", "events")
    return made(champions, *(recorded_bronze[table] for table in tables), recorded_results, rules)


@pytest.fixture(scope="session")
def recorded_laps(recording: Path) -> pl.DataFrame:
    """bronze/laps of 1998, 2021 and 2023, as in a lake that has the laps of some seasons only."""
    return recorded.laps(recording, 1998, 2021, 2023)


@pytest.fixture(scope="session")
def recorded_pace(
    recorded_laps: pl.DataFrame, recorded_results: pl.DataFrame, made: Callable[..., pl.DataFrame]
) -> pl.DataFrame:
    """silver/race_pace of the races of `recorded_laps`."""
    return made(race_pace, recorded_laps, recorded_results)


@pytest.fixture(scope="session")
def recorded_stops(recorded_bronze: dict[str, pl.DataFrame], made: Callable[..., pl.DataFrame]) -> pl.DataFrame:
    """silver/pit_stops of every recorded season."""
    return made(pit_stops, recorded_bronze["pit_stops"])
