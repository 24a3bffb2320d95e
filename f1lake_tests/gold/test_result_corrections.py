"""gold/result_corrections: a value that changed is one correction, whatever else stands in the row."""

import datetime as dt
from typing import Any

import polars as pl

from f1lake.bronze.session_results import SessionResults
from f1lake.gold.result_corrections import corrections
from f1lake_tests.silver.small import car, frame

NOW = dt.datetime(2026, 9, 4, tzinfo=dt.UTC)


def change(kind: str, row: dict[str, Any]) -> pl.DataFrame:
    """One row of the change data feed of bronze/session_results."""
    of_event = {"season": 2026, "round": 6, "session": "Race", "raceName": "Monaco", "circuitId": "monaco"}
    return frame(SessionResults, [row | of_event | {"collected_at": NOW}]).with_columns(
        pl.col("session").cast(pl.String), _change_type=pl.lit(kind), _commit_version=pl.lit(3, pl.Int64)
    )


def changed(*pairs: tuple[str, dict[str, Any]]) -> list[tuple[str, str, str | None, str | None]]:
    found = corrections(pl.concat([change(kind, row) for kind, row in pairs]))
    return sorted(found.select("driver_id", "column", "before", "after").rows())


def test_a_corrected_car_number_is_one_correction_and_no_other_value_of_the_row_is() -> None:
    before, after = car("norris", 2, number=4), car("norris", 2, number=1)
    assert changed(("delete", before), ("insert", after)) == [("norris", "number", "4", "1")]
    assert changed(("delete", before | {"number": None}), ("insert", after)) == [("norris", "number", None, "1")]
    assert changed(("delete", before), ("insert", after | {"points": 18.0})) == [
        ("norris", "number", "4", "1"), ("norris", "points", "0.0", "18.0")
    ]


def test_a_driver_of_two_cars_keeps_them_apart() -> None:
    first, second = car("moss", 1, number=20, points=8.0), car("moss", 5, number=28, points=2.0)
    assert changed(
        ("update_preimage", first), ("update_postimage", first | {"points": 4.0}),
        ("update_preimage", second), ("update_postimage", second | {"laps": 70}),
    ) == [("moss", "laps", None, "70"), ("moss", "points", "8.0", "4.0")]
