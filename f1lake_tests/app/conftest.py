"""The small seasons of `small.py` as what the page shows."""

import datetime as dt
from collections.abc import Callable

import polars as pl
import pytest
from fastapi import FastAPI

from f1lake.app import scenarios
from f1lake.app.live import Live, Snapshot
from f1lake.app.queries import championship
from f1lake_tests.app.small import SEASON, tables


@pytest.fixture(scope="session")
def snapshot() -> Snapshot:
    """A lake of both seasons, as if it had been read."""
    return seen(tables())


@pytest.fixture(scope="session")
def race(snapshot: Snapshot) -> pl.DataFrame:
    """The drivers' title race of both seasons."""
    return snapshot.titles["drivers"]


@pytest.fixture(scope="session")
def race_2026(race: pl.DataFrame) -> pl.DataFrame:
    """The drivers' title race of 2026."""
    return race.filter(SEASON == 2026)


@pytest.fixture(scope="session")
def application() -> Callable[[Live], FastAPI]:
    """`application(live)` is the app. Gradio is imported here, or each process would wait for it before its first test.
    """
    from f1lake.app.application import application

    return application


@pytest.fixture
def simulated(monkeypatch: pytest.MonkeyPatch, snapshot: Snapshot):
    """A what-if that gives all to the first winner, in place of the simulation."""

    def odds(as_of: dt.date, changes: dict) -> pl.DataFrame:
        winners = [change["places"][1] for change in changes.values() if 1 in change.get("places", {})]
        now = snapshot.titles["drivers"].filter(pl.col("as_of") == as_of)
        share = (pl.col("id") == winners[0]).cast(pl.Float64) if winners else pl.col("probability")
        return now.select(
            title=pl.lit("driver"), entrant_id="id", probability=share, probability_published="probability",
            change=share - pl.col("probability"),
        ).sort("probability", descending=True)

    monkeypatch.setattr(scenarios.what_if, "odds", odds)
    scenarios._odds.cache_clear()


def seen(frames: dict[str, pl.DataFrame]) -> Snapshot:
    """A snapshot of some tables."""
    return Snapshot("1", frames, {kind: championship.race(kind, frames) for kind in championship.KINDS})
