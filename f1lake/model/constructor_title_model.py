"""model/constructor_title_model: the backtest of the constructors' title, with the probabilities of every decision.

Nothing is fitted for this title. The simulation is published, with the constants that had the lower loss so far.
"""

import dagster as dg
import dataframely as dy
import polars as pl

from f1lake.model.learn.decision import (
    CONSTRUCTOR,
    TITLE,
    best_way,
    is_scored,
    leader_odds,
    leader_shares,
    losses,
    part_of_season,
    sum_to_1,
    title_key,
)
from f1lake.model.learn.title import FIXED, LEADER, MIN_SEASONS, PUBLISHED, SIMULATION
from f1lake.model.title_model import TitleModel
from f1lake.partitions import SEASONS, UP_TO_SEASON, seasons_of
from f1lake.storage.contract import enforced, table

LEARNERS = (LEADER, FIXED, SIMULATION, PUBLISHED)
WAYS = [FIXED, SIMULATION]


class ConstructorTitleModel(dy.Schema):
    """Who will be constructors' champion: one row per entrant, day and learner; from 1958 plus ten seasons."""

    locals().update(title_key(CONSTRUCTOR))
    learner = dy.Enum(
        LEARNERS, primary_key=True,
        description="fixed and simulation: as in model/title_model; season_by_season: that of the two which cost less "
        "in the twenty seasons before, which is published; points_leader: the baseline, how often leaders became "
        "champion",
    )
    round, part, is_scored = TitleModel.round, TitleModel.part, TitleModel.is_scored
    probability = dy.Float64(min=0, max=1, description="that the constructor becomes champion")
    is_champion = dy.Bool(nullable=True, description="whether it became champion; null while the season runs")
    way = TitleModel.way
    probabilities_sum_to_1 = sum_to_1("probability", "as_of", "learner")


@dg.asset(
    **table("model/constructor_title_model", ConstructorTitleModel),
    partitions_def=SEASONS,
    ins={
        "simulated": dg.AssetIn(["model", "simulated_titles"], partition_mapping=UP_TO_SEASON),
        "champions": dg.AssetIn(["silver", "champions"], partition_mapping=UP_TO_SEASON),
    },
)
@enforced(ConstructorTitleModel)
def constructor_title_model(
    context: dg.AssetExecutionContext, simulated: pl.LazyFrame, champions: pl.LazyFrame
) -> pl.DataFrame:
    """Every day of the run's seasons that have enough finished seasons before them."""
    rows = constructor_rows(simulated, champions)
    tested = [backtest(rows, season) for season in seasons_of(context.partition_keys)]
    return pl.concat([ConstructorTitleModel.create_empty(), *(season for season in tested if season is not None)])


def constructor_rows(simulated: pl.LazyFrame, champions: pl.LazyFrame) -> pl.DataFrame:
    """The constructors of every day, sorted by day, with both simulated shares and the outcome."""
    return (
        simulated.filter(pl.col("title") == CONSTRUCTOR)
        .join(champions.select("season", champion="constructor_id"), on="season", how="left")
        .sort(*TITLE, "entrant_id")
        .select(
            *TITLE, "round", "rounds_remaining", "is_race_day", "is_excluded", constructor_id="entrant_id",
            simulation="probability", fixed="probability_fixed", part=part_of_season(),
            is_champion=pl.col("entrant_id") == pl.col("champion"),
            is_leader=(pl.col("position") == 1).fill_null(value=False),
        )
        .with_columns(is_scored=is_scored("is_champion"))
        .collect()
    )  # fmt: skip


def backtest(rows: pl.DataFrame, season: int) -> pl.DataFrame | None:
    """The rows of one season for all learners; None if too few seasons are over before it."""
    past, own = rows.filter("is_scored", pl.col("season") < season), rows.filter(season=season)
    if past["season"].n_unique() < MIN_SEASONS or own.is_empty():
        return None
    way = best_way(losses(past, WAYS), season, WAYS)
    odds = own.with_columns(leader_odds(own, leader_shares(past)).alias(LEADER), pl.col(way).alias(PUBLISHED))
    columns = ConstructorTitleModel.column_names()
    return pl.concat(
        odds.with_columns(
            learner=pl.lit(learner, pl.Enum(LEARNERS)), probability=pl.col(learner), way=pl.lit(way)
        ).select(columns)
        for learner in LEARNERS
    )
