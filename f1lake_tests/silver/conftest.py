"""The recorded history, as bronze frames and as what silver makes of them."""

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from f1lake.silver.session_results import session_results
from f1lake_tests.silver import recorded


@pytest.fixture(scope="session")
def recorded_bronze(recording: Path) -> dict[str, pl.DataFrame]:
    """`events`, `session_results` and `driver_standings` of every recorded season."""
    return recorded.bronze(recording)


@pytest.fixture(scope="session")
def recorded_results(
    recorded_bronze: dict[str, pl.DataFrame], made: Callable[..., pl.DataFrame]
) -> pl.DataFrame:
    """silver/session_results of every recorded season."""
    return made(session_results, recorded_bronze["session_results"], recorded_bronze["events"])
