"""Checks across tables: they pass on a lake that agrees with itself, and find what does not."""

import datetime as dt
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import dagster as dg
import polars as pl
import pytest

from f1lake.automation.checks import tables
from f1lake.silver.scoring_rules import ScoringRules

Tables = dict[str, pl.DataFrame]
RULES = {name: ScoringRules.create_empty().schema[name] for name in ("season", "driver_decisions")}


def lake_of_one_race() -> Tables:
    """One race of two drivers, as the tables have it."""
    race = {"season": [2020, 2020], "round": [1, 1], "session": ["Race", "Race"]}
    return {
        "bronze/session_results": pl.DataFrame(race | {"driverId": ["a", "b"]}),
        "silver/session_results": pl.DataFrame(
            race | {"driver_id": ["a", "b"], "is_start": [True, True], "position": [1, 2], "points": [25.0, 18.0],
                    "session_date": [dt.date(2020, 7, 5)] * 2}
        ),
        "bronze/driver_standings": pl.DataFrame(
            {"season": [2020, 2020], "round": [1, 1], "driverId": ["a", "b"], "points": [25.0, 13.0]}
        ),
        "gold/driver_standings": pl.DataFrame(
            {"season": [2020, 2020], "round": [1, 1], "driver_id": ["a", "b"], "points": [25.0, 13.0],
             "points_dropped": [0.0, 5.0], "wins": [1, 0]}
        ),
        "silver/scoring_rules": pl.DataFrame([{"season": 2020, "driver_decisions": []}], schema=RULES),
        "silver/champions": pl.DataFrame({"season": [2020], "constructor_id": ["x"]}),
        "gold/constructor_career": pl.DataFrame({"constructor_id": ["x"], "title_seasons": [[2020]]}),
        "silver/driver_features": pl.DataFrame(
            {"as_of": [dt.date(2020, 7, 5)] * 2, "driver_id": ["a", "b"]}
            | {f"{name}_all_{window}": values for window in ("life", "last_10") for name, values in {
                "sessions": [1, 1], "wins": [1, 0], "points": [25.0, 18.0], "avg_position": [1.0, 2.0],
            }.items()}
        ),
        "gold/driver_career": pl.DataFrame({"races": [1, 1], "wins": [1, 0], "points": [25.0, 18.0]}),
    }


CASES: list[tuple[Any, str, pl.Expr]] = [
    (tables.every_row_is_in_bronze, "silver/session_results", pl.col("driver_id").replace("b", "c").alias("driver_id")),
    (tables.final_points_are_official, "gold/driver_standings", pl.col("points") + 1),
    (tables.careers_are_the_sum_of_seasons, "gold/driver_career", pl.col("wins") * 2),
    (tables.standings_are_the_sum_of_results, "gold/driver_standings", pl.col("points_dropped") + 1),
    (tables.standings_are_the_sum_of_results, "gold/driver_standings", pl.col("wins") + 1),
    (tables.titles_are_the_champions, "gold/constructor_career", pl.lit("y").alias("constructor_id")),
    (tables.features_match_a_recount, "silver/driver_features", pl.col("points_all_life") + 1),
    (tables.features_match_a_recount, "silver/driver_features", pl.col("avg_position_all_last_10") * 2),
]


@pytest.mark.parametrize(("check", "table", "spoilt"), CASES)
def test_a_check_passes_until_a_table_is_spoilt(
    check: Callable[[], Any], table: str, spoilt: pl.Expr, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = lake_of_one_race()
    monkeypatch.setattr(tables, "read", lambda name: lake[name].lazy())
    assert check().passed
    lake[table] = lake[table].with_columns(spoilt)
    assert not check().passed


@pytest.mark.parametrize(
    ("check", "empty"),
    [
        (tables.every_row_is_in_bronze, ["bronze/session_results", "silver/session_results"]),
        (tables.final_points_are_official, ["bronze/driver_standings"]),
        (tables.careers_are_the_sum_of_seasons, ["silver/session_results", "gold/driver_career"]),
        (tables.titles_are_the_champions, ["silver/champions"]),
        (tables.features_match_a_recount, ["silver/driver_features"]),
    ],
)
def test_a_check_that_compares_nothing_fails(
    check: Callable[[], Any], empty: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = lake_of_one_race()
    monkeypatch.setattr(tables, "read", lambda name: lake[name].lazy())
    lake |= {table: lake[table].clear() for table in empty}
    assert not check().passed


@pytest.mark.parametrize("table", tables.ORIGINS)
def test_a_row_of_silver_that_is_of_nothing_in_bronze_is_found(table: str, monkeypatch: pytest.MonkeyPatch) -> None:
    origin, names = tables.ORIGINS[table]
    row = {"season": 2020, "round": 1, "driverId": "a", "constructorId": "x"}
    lake = {origin: pl.DataFrame([row]), table: pl.DataFrame([{ours: row[theirs] for ours, theirs in names.items()}])}
    monkeypatch.setattr(tables, "read", lambda name: lake[name].lazy())
    key = dg.AssetCheckKey(dg.AssetKey(table.split("/")), "no_row_without_bronze")

    def passed() -> bool:
        context = SimpleNamespace(selected_asset_check_keys={key})
        compute: Any = tables.no_row_without_bronze.op.compute_fn.decorated_fn
        (result,) = compute(context)
        assert result.asset_key == key.asset_key
        return result.passed

    assert passed()
    lake[table] = lake[table].with_columns(season=pl.lit(2021))
    assert not passed()
