"""The checks of the second source: who raced is known, differences are decided, reasons have a class."""

from collections.abc import Callable

import polars as pl
import pytest

from f1lake.automation.checks import f1db
from f1lake.automation.checks.f1db import differences_are_decided, f1db_drivers_are_known, reasons_have_a_class


@pytest.fixture
def lake_with(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """`lake_with(table=rows)` is what the checks read."""

    def hold(**tables: list[dict[str, object]]) -> None:
        frames = {name: pl.LazyFrame(rows) for name, rows in tables.items()}
        monkeypatch.setattr(f1db, "read", lambda name: frames[name.rpartition("/")[2]])

    return hold


@pytest.mark.parametrize(("season", "round_", "text", "passes"), [
    (2026, 1, "1", False), (2026, 1, "DNQ", True), (1969, 7, "5", True), (2025, 1, "1", True),
])  # fmt: skip
def test_who_raced_and_is_nobody_of_the_lake_is_named(
    lake_with: Callable[..., None], season: int, round_: int, text: str, passes: bool
) -> None:
    """A season without results in the lake is none to compare with, nor are the cars of Formula 2."""
    lake_with(
        f1db_race_data=[
            {"season": season, "round": round_, "type": "race-results", "driverId": "who", "positionText": text}
        ],
        session_results=[{"season": 2026}, {"season": 1969}],
        f1db_drivers=[{"season": season, "f1db_driver_id": "who", "driver_id": None}],
    )
    result = f1db_drivers_are_known()
    assert result.passed == passes
    assert result.metadata["unknown"].value == ("" if passes else "2026 who")


@pytest.mark.parametrize("taken", ["jolpica", None])
def test_a_difference_that_nobody_decided_is_named(lake_with: Callable[..., None], taken: str | None) -> None:
    event = {"season": 2026, "round": 10, "session": "Race", "driver_id": "ann"}
    row = event | {"what": "place", "silver": "2", "f1db": "3"}
    lake_with(source_differences=[row | {"taken": taken}])
    result = differences_are_decided()
    assert result.passed == (taken is not None)
    assert (result.description or "").startswith("" if taken else "2026-10 Race ann place: 2 in silver, 3 in F1DB")


@pytest.mark.parametrize("known", ["car", None])
def test_a_reason_without_a_class_is_named(lake_with: Callable[..., None], known: str | None) -> None:
    lake_with(retirements=[{"reason": "Gremlins", "reason_class": known}])
    assert reasons_have_a_class().passed == (known is not None)
