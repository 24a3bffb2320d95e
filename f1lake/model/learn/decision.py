"""Decisions: which rows belong to one, which of them count, and which of several learners was best so far.

A decision is a question that exactly one entrant answers with yes: a day of a season (the title), or a race at a stage.
"""

from collections.abc import Sequence
from typing import Any

import dataframely as dy
import numpy as np
import polars as pl

from f1lake.model.strength.parameters import SEASONS_SEEN

BEFORE_SEASON = "before_season"
PARTS = (BEFORE_SEASON, "quarter_1", "quarter_2", "quarter_3", "quarter_4")
DRIVER, CONSTRUCTOR = TITLES = ("driver", "constructor")
TITLE, RACE = ["season", "as_of"], ["season", "round", "stage"]
PROBABILITY_FLOOR = 1e-15
"""The lowest probability that counts for an outcome: an impossible event costs 34.5, not infinity."""


def title_key(entrant: str) -> dict[str, dy.Column]:
    """The key of a table of title odds without the learner; `entrant` is `driver` or `constructor`."""
    return {
        "season": dy.Int32(primary_key=True, min=1950, description="year of the championship"),
        "as_of": dy.Date(
            primary_key=True, description="the day whose evening this is known on; 1 January before the season"
        ),
        f"{entrant}_id": dy.String(primary_key=True, description=f"the source's id of the {entrant}"),
    }


def sum_to_1(probability: str, *decision: str) -> Any:
    """A contract rule: the column sums to 1 over the entrants of a decision."""
    return dy.rule()(lambda cls: (pl.col(probability).sum().over(decision) - 1).abs() < 1e-9)


def within_bounds() -> Any:
    """A contract rule: the interval contains its value."""
    p = pl.col("probability")
    return dy.rule()(lambda cls: p.is_between(pl.col("probability_low"), pl.col("probability_high")))


def numbers(rows: pl.DataFrame, decision: Sequence[str]) -> np.ndarray:
    """Numbers the decisions of sorted rows: 0, 1, …"""
    return rows.select(pl.struct(decision).rle_id()).to_series().to_numpy().astype(np.int64)


def part_of_season() -> pl.Expr:
    """The part of the season of a decision: `before_season`, or the quarter of rounds that has just ended.

    Computed from `round` (0 before the season) and `rounds_remaining`; round 5 of 20 ends quarter 1.
    """
    quarter = (4 * pl.col("round") / (pl.col("round") + pl.col("rounds_remaining")).clip(1)).ceil().cast(pl.Int32)
    return quarter.replace_strict(dict(enumerate(PARTS)), return_dtype=pl.Enum(PARTS))


def is_scored(answer: str) -> pl.Expr:
    """Whether a title decision is scored: before the season and after each race except the last, once `answer` is
    known.

    Sprint days have odds too, but are neither learned from nor scored.
    """
    after_race = pl.col("is_race_day") & (pl.col("rounds_remaining") > 0)
    return ((pl.col("round") == 0) | after_race) & pl.col(answer).is_not_null()


def leader_odds(rows: pl.DataFrame, shares: dict[str, float]) -> pl.Series:
    """The baseline: the leader (`is_leader`) gets the share of that part of the season, the others split the rest
    evenly.

    Entrants who can no longer win (`is_excluded`) get none.
    """
    share = part_of_season().cast(pl.String).replace_strict(shares, return_dtype=pl.Float64)
    is_open = ~pl.col("is_excluded")
    leaders, entrants = (pl.col("is_leader") & is_open).sum().over(TITLE), is_open.sum().over(TITLE)
    return rows.select(
        pl.when("is_excluded").then(0.0).when(entrants == leaders).then(1 / entrants)
        .when(leaders == 0).then(1 / entrants).when("is_leader").then(share / leaders)
        .otherwise((1 - share) / (entrants - leaders))
    ).to_series()  # fmt: skip


def leader_shares(rows: pl.DataFrame) -> dict[str, float]:
    """How often the leader became champion, by part of the season, with one success and one failure added."""
    led = rows.filter("is_leader").group_by(part=part_of_season().cast(pl.String)).agg(
        share=(pl.col("is_champion").sum() + 1) / (pl.len() + 2)
    )
    return dict.fromkeys(PARTS, 0.5) | dict(led.iter_rows())


def losses(rows: pl.DataFrame, ways: Sequence[str]) -> pl.DataFrame:
    """The loss of each decision for each of the `ways` (columns of probabilities): one row per decision, in nats."""
    happened = rows.filter("is_champion")
    return happened.select(*TITLE, -pl.col(ways).clip(PROBABILITY_FLOOR).log())


def best_way(losses: pl.DataFrame, season: int, ways: Sequence[str]) -> str:
    """The way with the lowest loss on the scored decisions of the previous twenty seasons; among equals the first.

    The strengths' constants are learned on as many seasons.
    """
    recent = losses.filter(pl.col("season").is_between(season - SEASONS_SEEN, season - 1))
    return min(ways, key=lambda way: recent[way].sum())
