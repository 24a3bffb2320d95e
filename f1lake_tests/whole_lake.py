"""Builds lakes for tests as a user does, through the jobs; what a lake says, for comparing two."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import dagster as dg
import polars as pl
from polars.testing import assert_frame_equal

from f1lake import runs
from f1lake.automation.due import rules
from f1lake.home import dagster_home
from f1lake.model import race_versions, simulated_races, simulated_titles, title_versions
from f1lake.model.learn import race, title
from f1lake.raw import pit_stops
from f1lake.storage.lake import read, version
from f1lake.storage.raw_io import stored_keys
from f1lake.storage.schemas import CONTRACTS, key_columns, volatile_columns

FEW = 200
"""Simulations of a day or a race: what they say is rough then, and takes a fiftieth of the time."""
BACKTESTED = 10
"""Seasons that are backtested, the newest: those before need fits that take the time and say the same of the code."""


def fill(from_season: int, to_season: int, job: str = "whole_history", *, is_rough: bool = True) -> None:
    """Collect what is due but laps, which take long, and run a job over these seasons, in the settings' lake.

    `is_rough`: with few simulations, members and backtested seasons.
    """
    dagster_home()
    with dg.DagsterInstance.get() as instance:
        with patch.object(rules, "optional_tables", return_value=[pit_stops.TABLE]):
            runs.collect_due(instance)
        with roughly() if is_rough else contextlib.nullcontext():
            runs.run(job, instance, (str(from_season), str(to_season)))


@contextlib.contextmanager
def roughly() -> Iterator[None]:
    """Models that take a fiftieth of the time."""
    untested = len({key[:4] for key in stored_keys("raw/session_results")}) - BACKTESTED
    with (
        patch.object(simulated_titles, "TITLE_SIMULATIONS", FEW),
        patch.object(simulated_races, "RACE_SIMULATIONS", FEW),
        patch.multiple(title, MIN_SEASONS=max(10, untested), MEMBERS=2),
        patch.multiple(race, MIN_SEASONS=max(5, untested), MEMBERS=2),
        patch.object(title_versions, "MIN_SEASONS", max(10, untested)),
        patch.object(race_versions, "MIN_SEASONS", max(5, untested)),
    ):
        yield


def contents() -> dict[str, pl.DataFrame]:
    """Every Delta table of the lake, sorted by its key, without the columns that say when."""
    return {
        name: read(name).drop(volatile_columns(contract)).sort(key_columns(contract)).collect()
        for name, contract in CONTRACTS.items()
        if not name.startswith("raw/") and version(name) is not None
    }


def assert_same(one: dict[str, pl.DataFrame], other: dict[str, pl.DataFrame]) -> None:
    """The contents of two lakes are equal, but for the run ids that their MLflow stores chose."""
    assert one.keys() == other.keys()
    for name, rows in other.items():
        assert_frame_equal(one[name].drop("run_id", strict=False), rows.drop("run_id", strict=False))


def versions() -> dict[str, int | None]:
    """The Delta version of every table."""
    return {name: version(name) for name in CONTRACTS if not name.startswith("raw/")}


def raw_files(lake: Path) -> dict[str, int]:
    """When each raw file was last written, in nanoseconds."""
    return {file.as_posix(): file.stat().st_mtime_ns for file in (lake / "raw").rglob("*.parquet")}
