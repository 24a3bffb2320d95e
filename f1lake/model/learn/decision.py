"""Decisions: which rows belong to one, which of them count, and which of several ways to answer them was best so far.

A decision is a question of which exactly one entrant's yes will come: a day of a season (the title), a race at a stage.
"""

from collections.abc import Sequence
from typing import Any

import dataframely as dy
import numpy as np
import polars as pl

from f1lake.model.judge.metrics import PROBABILITY_FLOOR
from f1lake.model.strength.parameters import SEASONS_SEEN

PARTS = ("before_season", "quarter_1", "quarter_2", "quarter_3", "quarter_4")
TITLE, RACE = ["season", "as_of"], ["season", "round", "stage"]


def title_key(entrant: str) -> dict[str, dy.Column]:
    """The key of a table of title odds, but for who says them; `entrant` is `driver` or `constructor`."""
    return {
        "season": dy.Int32(primary_key=True, min=1950, description="year of the championship"),
        "as_of": dy.Date(
            primary_key=True, description="the day whose evening this is known on; 1 January before the season"
        ),
        f"{entrant}_id": dy.String(primary_key=True, description=f"the source's id of the {entrant}"),
    }


def sum_to_1(probability: str, *decision: str) -> Any:
    """A rule of contracts: over the entrants of a decision."""
    return dy.rule()(lambda cls: (pl.col(probability).sum().over(decision) - 1).abs() < 1e-9)


def within_bounds() -> Any:
    """A rule of contracts: the interval contains what it is the interval of."""
    p = pl.col("probability")
    return dy.rule()(lambda cls: p.is_between(pl.col("probability_low"), pl.col("probability_high")))


def numbers(rows: pl.DataFrame, decision: Sequence[str]) -> np.ndarray:
    """0, 1, … for the decisions of sorted rows."""
    return rows.select(pl.struct(decision).rle_id()).to_series().to_numpy().astype(np.int64)


def part_of_season() -> pl.Expr:
    """Where in its season a decision stands: `before_season`, or the quarter of its rounds just run.

    From `round` (0 before the season) and `rounds_remaining`; round 5 of 20 is the end of quarter 1.
    """
    quarter = (4 * pl.col("round") / (pl.col("round") + pl.col("rounds_remaining")).clip(1)).ceil().cast(pl.Int32)
    return quarter.replace_strict(dict(enumerate(PARTS)), return_dtype=pl.Enum(PARTS))


def is_scored(answer: str) -> pl.Expr:
    """Whether a title decision counts: before the season and after each race but the last, once `answer` is known.

    Sprint days have odds too, but are neither learned from nor scored.
    """
    after_race = pl.col("is_race_day") & (pl.col("rounds_remaining") > 0)
    return ((pl.col("round") == 0) | after_race) & pl.col(answer).is_not_null()


def leader_odds(rows: pl.DataFrame, shares: dict[str, float]) -> pl.Series:
    """The baseline: the leader (`is_leader`) has the share of the part of the season, the others the rest evenly.

    Who can no longer win by arithmetic (`is_excluded`) has none.
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
    """How often the leader became champion, by part of the season, as if once more and once less."""
    led = rows.filter("is_leader").group_by(part=part_of_season().cast(pl.String)).agg(
        share=(pl.col("is_champion").sum() + 1) / (pl.len() + 2)
    )
    return dict.fromkeys(PARTS, 0.5) | dict(led.iter_rows())


def losses(rows: pl.DataFrame, ways: Sequence[str]) -> pl.DataFrame:
    """What each decision cost each of the `ways` (columns of probabilities): one row a decision, in nats."""
    happened = rows.filter("is_champion")
    return happened.select(*TITLE, -pl.col(ways).clip(PROBABILITY_FLOOR).log())


def best_way(losses: pl.DataFrame, season: int, ways: Sequence[str]) -> str:
    """The way that cost least on the scored decisions of the twenty seasons before, the first of equals.

    As many as the strengths' constants are learned on.
    """
    recent = losses.filter(pl.col("season").is_between(season - SEASONS_SEEN, season - 1))
    return min(ways, key=lambda way: recent[way].sum())
