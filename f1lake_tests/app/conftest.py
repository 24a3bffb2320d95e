"""The small seasons of `small.py` as the page's one frame."""

import polars as pl
import pytest

from f1lake.app.queries import TABLES, title_race
from f1lake_tests.app.small import tables


@pytest.fixture
def race() -> pl.DataFrame:
    """The title race of both seasons."""
    frames = tables()
    return title_race(*[frames[name].lazy() for name in TABLES]).collect()


@pytest.fixture
def race_2026(race: pl.DataFrame) -> pl.DataFrame:
    """The title race of 2026."""
    return race.filter(pl.col("season") == 2026)
