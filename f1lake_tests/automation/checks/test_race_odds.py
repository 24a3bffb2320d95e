"""The checks of race odds and of the constructors' title find what they are for."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

from f1lake.automation.checks import race_odds
from f1lake.automation.checks.race_odds import (
    constructor_probabilities_are_valid,
    next_race_has_odds,
    race_calibration_has_not_drifted,
    race_probabilities_are_valid,
)

Lake = dict[str, pl.DataFrame]
FIELD = {"a": (0.7, 1.0), "b": (0.2, 0.9), "c": (0.1, 0.8), "d": (0.0, 0.3)}


@pytest.fixture
def races(monkeypatch: pytest.MonkeyPatch) -> Lake:
    """Sixty races won by the favourite, and the odds of the next one."""
    odds = [
        {"season": 2024 + n // 30, "round": n % 30 + 1, "stage": "grid", "driver_id": driver, "model_version": "1",
         "p_win": win, "p_podium": podium, "p_points": podium}
        for n in range(60) for driver, (win, podium) in FIELD.items() if n < 59 or driver
    ]  # fmt: skip
    results = [
        {"season": 2024 + n // 30, "round": n % 30 + 1, "session": "Race", "driver_id": driver, "position": place,
         "session_date": dt.date(2024 + n // 30, 3, 1 + n % 30)}
        for n in range(59) for place, driver in enumerate("bacd" if n % 3 == 0 else "abcd", start=1)
    ]  # fmt: skip
    tables = {
        "odds/race_odds": pl.DataFrame(odds),
        "silver/session_results": pl.DataFrame(results),
        "silver/events": pl.DataFrame(
            {"season": [2025] * 30, "round": range(1, 31), "event_name": ["Grand Prix"] * 30,
             "event_date": [dt.date(2025, 3, day) for day in range(1, 31)]}
        ),
        "odds/constructor_title_odds": pl.DataFrame(
            {"season": [2026] * 2, "as_of": [1, 1], "constructor_id": ["x", "y"], "model_version": ["s"] * 2,
             "probability": [1.0, 0.0], "is_excluded": [False, True]}
        ),
    }  # fmt: skip
    monkeypatch.setattr(race_odds, "read", lambda name: tables[name].lazy())
    return tables


CASES: list[tuple[Callable[[], Any], str, pl.Expr, str]] = [
    (race_probabilities_are_valid, "odds/race_odds", pl.col("p_win") / 2, "do not sum to 1"),
    (race_probabilities_are_valid, "odds/race_odds", pl.col("p_podium") / 2, "do not sum to 3"),
    (race_probabilities_are_valid, "odds/race_odds", (pl.col("p_points") / 2), "likelier on the podium than to score"),
    (race_calibration_has_not_drifted, "odds/race_odds",
     pl.col("driver_id").replace({"a": "d", "d": "a"}).over("season").alias("driver_id"), ""),
    (next_race_has_odds, "odds/race_odds", pl.col("round") % 30, "Grand Prix 2025-30 has no odds"),
    (constructor_probabilities_are_valid, "odds/constructor_title_odds", ~pl.col("is_excluded"),
     "chances of the excluded"),
]  # fmt: skip


@pytest.mark.parametrize(("check", "table", "spoilt", "said"), CASES)
def test_a_check_passes_until_the_odds_are_spoilt(
    races: Lake, check: Callable[[], Any], table: str, spoilt: pl.Expr, said: str
) -> None:
    assert check().passed, check().description
    if check is race_calibration_has_not_drifted:  # only the last season's odds are of another mind
        spoilt = pl.when(pl.col("season") == 2025).then(spoilt).otherwise("driver_id").alias("driver_id")
    races[table] = races[table].with_columns(spoilt)
    result = check()
    assert not result.passed
    assert said in result.description


def test_after_the_last_race_there_is_no_next_one(races: Lake) -> None:
    races["silver/events"] = races["silver/events"].head(29)
    assert next_race_has_odds().metadata["next race"].value == "none in this season"
