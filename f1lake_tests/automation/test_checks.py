"""Checks across tables: they pass on a lake that agrees with itself, and find what does not."""

from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

from f1lake.automation import checks

Tables = dict[str, pl.DataFrame]


def lake_of_one_race() -> Tables:
    """One race of two drivers, as five tables have it."""
    race = {"season": [2020, 2020], "round": [1, 1], "session": ["Race", "Race"]}
    return {
        "bronze/session_results": pl.DataFrame(race | {"driverId": ["a", "b"]}),
        "silver/session_results": pl.DataFrame(
            race | {"driver_id": ["a", "b"], "is_start": [True, True], "position": [1, 2], "points": [25.0, 18.0]}
        ),
        "bronze/driver_standings": pl.DataFrame(
            {"season": [2020, 2020], "round": [1, 1], "driverId": ["a", "b"], "points": [25.0, 18.0]}
        ),
        "gold/driver_standings": pl.DataFrame(
            {"season": [2020, 2020], "round": [1, 1], "driver_id": ["a", "b"], "points": [25.0, 18.0]}
        ),
        "gold/driver_career": pl.DataFrame({"races": [1, 1], "wins": [1, 0], "points": [25.0, 18.0]}),
    }


CASES: list[tuple[Any, str, pl.Expr]] = [
    (checks.every_row_is_in_bronze, "silver/session_results", pl.col("driver_id").replace("b", "c").alias("driver_id")),
    (checks.final_points_are_official, "gold/driver_standings", pl.col("points") + 1),
    (checks.careers_are_the_sum_of_seasons, "gold/driver_career", pl.col("wins") * 2),
]


@pytest.mark.parametrize(("check", "table", "spoilt"), CASES)
def test_a_check_passes_until_a_table_is_spoilt(
    check: Callable[[], Any], table: str, spoilt: pl.Expr, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables = lake_of_one_race()
    monkeypatch.setattr(checks, "read", lambda name: tables[name].lazy())
    assert check().passed
    tables[table] = tables[table].with_columns(spoilt)
    assert not check().passed
