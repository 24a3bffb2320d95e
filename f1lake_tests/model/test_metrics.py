import datetime as dt
import math

import numpy as np
import polars as pl
import pytest

from f1lake.model.judge import metrics
from f1lake.model.judge.metrics import PROBABILITY_FLOOR
from f1lake.model.learn.decision import part_of_season

KEYS = ["learner", "season", "as_of", "part"]


def by_decision(rows: pl.LazyFrame) -> pl.DataFrame:
    return metrics.by_decision(rows.collect(), KEYS, "probability", "is_champion")


def decision(season: int, probabilities: list[float], champion=0, learner="mine", month=3, part="quarter_1"):
    return [
        {
            "learner": learner, "season": season, "as_of": dt.date(season, month, 1), "part": part,
            "driver_id": f"driver_{i}", "probability": p, "is_champion": i == champion,
        }
        for i, p in enumerate(probabilities)
    ]


def test_scores_of_a_decision_by_hand():
    scored = by_decision(pl.LazyFrame(decision(2000, [0.5, 0.3, 0.2], champion=1)))
    assert scored["log_loss"].to_list() == pytest.approx([-math.log(0.3)])
    assert scored["brier"].to_list() == pytest.approx([0.25 + 0.49 + 0.04])
    assert scored["top1"].to_list() == [0]


def test_equal_favourites_share_the_top():
    assert by_decision(pl.LazyFrame(decision(2000, [0.4, 0.4, 0.2])))["top1"].to_list() == [0.5]
    assert by_decision(pl.LazyFrame(decision(2000, [0.25] * 4)))["top1"].to_list() == [0.25]


def test_an_impossible_champion_costs_much_but_not_infinity():
    assert by_decision(pl.LazyFrame(decision(2000, [0.0, 1.0])))["log_loss"].to_list() == [-math.log(PROBABILITY_FLOOR)]


def test_quarters_of_a_season_of_twenty():
    rounds = pl.DataFrame({"round": [0, 1, 5, 6, 10, 11, 15, 16, 19]})
    parts = rounds.with_columns(rounds_remaining=20 - pl.col("round")).select(part_of_season()).to_series()
    assert parts.to_list() == ["before_season", *(f"quarter_{q}" for q in (1, 1, 2, 2, 3, 3, 4, 4))]


def test_means_are_over_decisions_and_gains_against_the_same_decisions():
    rows = [
        *decision(2000, [0.5, 0.5]),
        *decision(2000, [0.8, 0.2], month=4, part="quarter_2"),
        *decision(2001, [0.9, 0.1]),
        *decision(2000, [0.5, 0.5], learner="base"),
        *decision(2000, [0.5, 0.5], learner="base", month=4, part="quarter_2"),
        *decision(2001, [0.5, 0.5], learner="base"),
    ]
    table = metrics.title_scores(by_decision(pl.LazyFrame(rows)).with_columns(period=pl.lit("then")), baseline="base")
    mine = table.row(by_predicate=(pl.col("learner") == "mine") & (pl.col("part") == "all"), named=True)
    expected = -np.log([0.5, 0.8, 0.9])
    assert mine["log_loss"] == pytest.approx(expected.mean())
    assert mine["gain"] == pytest.approx(math.log(2) - expected.mean())
    assert (mine["decisions"], mine["seasons"]) == (3, 2)
    assert mine["log_loss_low"] == pytest.approx(expected[2])  # 2001 drawn twice
    assert mine["log_loss_high"] == pytest.approx(expected[:2].mean())  # 2000 drawn twice
    base = table.filter(learner="base")
    assert (base["gain"] == 0).all()
    assert (base["gain_low"] == 0).all()


def test_decisions_before_the_season_count_in_all_but_not_after_races():
    rows = [*decision(2000, [0.5, 0.5], part="before_season"), *decision(2000, [1.0, 0.0], month=4)]
    table = metrics.title_scores(by_decision(pl.LazyFrame(rows)).with_columns(period=pl.lit("then")), baseline="mine")
    assert dict(zip(table["part"], table["decisions"], strict=True)) == {
        "all": 2, "after_races": 1, "before_season": 1, "quarter_1": 1,
    }
    assert table.filter(part="after_races")["log_loss"].to_list() == [0]


def test_without_decisions_there_are_no_scores():
    none = by_decision(pl.LazyFrame(decision(2000, [1.0])).head(0)).with_columns(period=pl.lit("then"))
    assert metrics.title_scores(none, baseline="mine").is_empty()
