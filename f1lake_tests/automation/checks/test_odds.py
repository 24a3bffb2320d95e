"""The checks of the odds find what they are for, and nothing else."""

import datetime as dt

import dagster as dg
import numpy as np
import polars as pl
import pytest

from f1lake.automation.checks import odds as odds_checks
from f1lake.automation.checks.odds import (
    calibration_has_not_drifted,
    drift,
    past_odds_are_stable,
    probabilities_are_valid,
    surprise,
)

DAYS = [dt.date(2026, 1, 1), dt.date(2026, 3, 8), dt.date(2026, 3, 15)]
MADE_AT = dt.datetime(2026, 3, 15, 12, tzinfo=dt.UTC)
Lake = dict[str, pl.DataFrame]


@pytest.fixture
def lake_of_two(monkeypatch: pytest.MonkeyPatch) -> Lake:
    """Two drivers, two races; on the last day b can no longer win."""
    odds = [
        {"season": 2026, "as_of": day, "driver_id": driver, "model_version": "1", "probability": p, "made_at": MADE_AT}
        for day, chances in zip(DAYS, [(0.5, 0.5), (0.8, 0.2), (1.0, 0.0)], strict=True)
        for driver, p in zip("ab", chances, strict=True)
    ]
    tables = {
        "odds/title_odds": pl.DataFrame(odds),
        "silver/session_results": pl.DataFrame(
            {"season": [2026] * 2, "session": ["Race"] * 2, "session_date": DAYS[1:]}
        ),
        "silver/season_state": pl.DataFrame(
            {"season": [2026] * 2, "as_of": [DAYS[2]] * 2, "driver_id": ["a", "b"], "can_win_title": [True, False]}
        ),
    }
    before = tables["odds/title_odds"].filter(pl.col("as_of") < DAYS[2])
    monkeypatch.setattr(odds_checks, "read", lambda name: tables[name].lazy())
    monkeypatch.setattr(odds_checks, "version", lambda name: 1 if name in tables else None)
    monkeypatch.setattr(odds_checks, "read_version", lambda name, number: before.lazy())
    return tables


def on(day: dt.date, driver: str, value: float) -> pl.Expr:
    spoilt = (pl.col("as_of") == day) & (pl.col("driver_id") == driver)
    return pl.when(spoilt).then(value).otherwise("probability").alias("probability")


def spoil(tables: Lake, *columns: pl.Expr) -> None:
    tables["odds/title_odds"] = tables["odds/title_odds"].with_columns(*columns)


def test_good_odds_pass(lake_of_two: Lake) -> None:
    assert probabilities_are_valid().passed
    assert past_odds_are_stable().passed


def test_a_lake_too_young_for_odds_passes(lake_of_two: Lake) -> None:
    lake_of_two["odds/title_odds"] = lake_of_two["odds/title_odds"].clear()
    assert probabilities_are_valid().passed


def test_odds_that_are_none_are_found(lake_of_two: Lake) -> None:
    spoil(lake_of_two, on(DAYS[2], "b", 1e-9))
    result = probabilities_are_valid()
    assert not result.passed
    assert "chances of the excluded: 1 (2026, 2026-03-15, b" in result.description
    spoil(lake_of_two, on(DAYS[1], "b", 0.3))
    assert "days that do not sum to 1: 1 (2026, 2026-03-08" in probabilities_are_valid().description
    spoil(lake_of_two, pl.col("as_of") + dt.timedelta(days=1))
    assert "days without a session: 2" in probabilities_are_valid().description


def test_a_jump_without_a_session_is_found_and_one_after_a_correction_is_not(lake_of_two: Lake) -> None:
    spoil(lake_of_two, on(DAYS[1], "a", 0.9))
    result = past_odds_are_stable()
    assert (result.passed, result.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert "1 (2026, 2026-03-08, a, 1, 0.1)" in result.description
    for seen_at, passes in [(MADE_AT - dt.timedelta(days=1), False), (MADE_AT + dt.timedelta(days=1), True)]:
        lake_of_two["gold/result_corrections"] = pl.DataFrame({"season": [2026], "seen_at": [seen_at]})
        assert past_odds_are_stable().passed is passes


def test_surprise_is_zero_on_average_where_odds_are_true() -> None:
    rng = np.random.default_rng(0)
    chances = rng.dirichlet([1, 1, 1], size=20_000)
    won = (rng.random((len(chances), 1)) > chances.cumsum(axis=1)).sum(axis=1)
    rows = pl.DataFrame(
        {"day": np.repeat(np.arange(len(chances)), 3), "probability": chances.ravel(),
         "happened": (np.arange(3) == won[:, None]).ravel()}
    )  # fmt: skip
    assert surprise(rows, ["day"])["surprise"].mean() == pytest.approx(0, abs=0.02)
    sharper = (pl.col("probability") ** 3 / (pl.col("probability") ** 3).sum().over("day")).alias("probability")
    assert surprise(rows.with_columns(sharper), ["day"])["surprise"].mean() > 0.3


def test_drift_is_more_surprise_than_before_and_asks_for_training() -> None:
    quiet = pl.DataFrame({"season": range(2000, 2026), "surprise": np.sin(np.arange(26.0)) / 10})
    assert drift(quiet, "season", 3).passed
    drifted = quiet.with_columns(surprise=pl.col("surprise") + pl.when(pl.col("season") > 2022).then(1).otherwise(0))
    result = drift(drifted, "season", 3)
    assert (result.passed, result.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert "f1lake train" in result.description
    assert result.metadata["season"].value == "2023-2025"
    assert drift(drifted.tail(9), "season", 3).passed, "too few seasons to say"


def test_a_champion_nobody_saw_coming_is_drift(lake_of_two: Lake) -> None:
    def seasons(last: float) -> pl.DataFrame:
        favourite = [0.9, 0.8, 0.85] * 5 + [last] * 3
        return pl.DataFrame(
            {"season": np.repeat(np.arange(2008, 2026), 2), "as_of": [dt.date(2020, 1, 1)] * 36,
             "driver_id": ["a", "b"] * 18, "probability": np.ravel([(p, 1 - p) for p in favourite])}
        )  # fmt: skip

    lake_of_two["silver/champions"] = pl.DataFrame({"season": range(2008, 2026), "driver_id": ["a"] * 18})
    lake_of_two["odds/title_odds"] = seasons(last=0.9)
    assert calibration_has_not_drifted().passed
    lake_of_two["odds/title_odds"] = seasons(last=0.05)
    assert not calibration_has_not_drifted().passed
