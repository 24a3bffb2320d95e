"""The recorded history, as the tests of silver have it, and what gold reads of it."""

from collections.abc import Callable

import polars as pl
import pytest

from f1lake.silver.departures import departures
from f1lake.silver.events import events
from f1lake.silver.scoring_rules import scoring_rules
from f1lake.silver.season_state import season_state
from f1lake_tests.gold import official
from f1lake_tests.silver.small import calendars


@pytest.fixture(autouse=True)
def in_july_2026(monkeypatch: pytest.MonkeyPatch) -> None:
    """When the recording ends."""
    monkeypatch.setenv("F1LAKE_NOW", "2026-07-06")


@pytest.fixture(scope="session")
def rules(made: Callable[..., pl.DataFrame]) -> pl.DataFrame:
    """silver/scoring_rules of every season."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("F1LAKE_NOW", "2026-07-06")
        return made(scoring_rules)


@pytest.fixture(scope="session")
def standings(
    recorded_results: pl.DataFrame, rules: pl.DataFrame, made: Callable[..., pl.DataFrame]
) -> dict[str, tuple[pl.DataFrame, pl.DataFrame]]:
    """For `driver` and `constructor`: the standings after every recorded round, and the state behind them."""
    return official.frames(recorded_results, rules, made)


@pytest.fixture(scope="session")
def calendar(recorded_bronze: dict[str, pl.DataFrame], made: Callable[..., pl.DataFrame]) -> pl.DataFrame:
    """silver/events of every recorded season."""
    return made(events, recorded_bronze["events"], calendars(recorded_bronze["events"]))


@pytest.fixture(scope="session")
def state(
    recorded_results: pl.DataFrame, recorded_bronze: dict[str, pl.DataFrame], rules: pl.DataFrame,
    made: Callable[..., pl.DataFrame],
) -> pl.DataFrame:
    """silver/season_state of every recorded day."""
    return made(season_state, recorded_results, calendars(recorded_bronze["events"]), rules, made(departures))
