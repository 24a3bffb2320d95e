"""silver/scoring_rules: complete, well-formed, and what the results were scored by."""

from collections.abc import Callable

import polars as pl
import pytest

from f1lake.silver.scoring_rules import DECISIONS, rules_of, scoring_rules

Made = Callable[..., pl.DataFrame]


@pytest.fixture
def rules(made: Made, monkeypatch: pytest.MonkeyPatch) -> pl.DataFrame:
    monkeypatch.setenv("F1LAKE_NOW", "2026-07-06")
    return made(scoring_rules)


def test_every_season_and_the_next_has_its_rules_with_a_source(rules: pl.DataFrame) -> None:
    assert rules["season"].to_list() == list(range(1950, 2028))
    assert rules["source"].str.len_chars().min() > 10
    assert all(len(line[-1]) > 10 for line in DECISIONS)


def test_the_stretches_of_a_season_cover_its_rounds(rules: pl.DataFrame, recorded_results: pl.DataFrame) -> None:
    stretches = rules.select("season", "driver_best_of").explode("driver_best_of", empty_as_null=False).unnest(
        "driver_best_of"
    )
    rounds = recorded_results.group_by("season").agg(pl.col("round").max())
    ends = stretches.group_by("season").agg(pl.col("first_round").min(), pl.col("last_round").max()).join(
        rounds, on="season"
    )
    assert ends.filter((pl.col("first_round") != 1) | (pl.col("last_round") < pl.col("round"))).is_empty()
    split = ends.filter(pl.col("season").is_between(1967, 1980))
    assert split.filter(pl.col("last_round") != pl.col("round")).is_empty(), "halves that end with the last round"


def test_races_were_scored_by_these_points(rules: pl.DataFrame, recorded_results: pl.DataFrame) -> None:
    """By place, halved or doubled, with the fastest lap: the classified of every race since 1960 but five.

    A shared car (1960), Hill's third place after a push start (1963), and cars that could not score (1967, 1984, 1987).
    """
    by_place = pl.col("race_points").list.get(pl.col("position") - 1, null_on_oob=True).fill_null(0)
    factor = pl.when(pl.col("round").is_in(pl.col("half_points_rounds"))).then(0.5).when(
        pl.col("round").is_in(pl.col("double_points_rounds"))
    ).then(2.0).otherwise(1.0)
    races = recorded_results.filter(
        pl.col("session") == "Race", pl.col("season") >= 1960, pl.col("status_class") == "classified"
    ).join(rules, on="season").with_columns(fair=by_place * factor, more=pl.col("points") - by_place * factor)
    other = races.filter(pl.col("more") != 0)
    fastest_laps = other.filter(pl.col("more") == 1, pl.col("fastest_lap_points") == 1)
    assert fastest_laps.height > 100
    rest = other.join(fastest_laps, on=["season", "round", "driver_id"], how="anti")
    assert rest.select("season", "round").unique().sort("season").rows() == [
        (1960, 1), (1963, 4), (1967, 7), (1984, 14), (1987, 16)
    ]  # fmt: skip


def test_sprints_were_scored_by_these_points(rules: pl.DataFrame, recorded_results: pl.DataFrame) -> None:
    by_place = pl.col("sprint_points").list.get(pl.col("position") - 1, null_on_oob=True).fill_null(0)
    sprints = recorded_results.filter(pl.col("session") == "Sprint").join(rules, on="season")
    assert sprints.filter(pl.col("points") != by_place, pl.col("status_class") == "classified").is_empty()


def test_the_rules_of_1979() -> None:
    rules = rules_of(1979)
    assert rules["driver_best_of"] == [
        {"first_round": 1, "last_round": 7, "results": 4}, {"first_round": 8, "last_round": 15, "results": 4}
    ]  # fmt: skip
    assert rules["constructor_best_of"] == [], "all of both cars' results from 1979 on"
