"""model/constructor_title_model: the backtest of the constructors' title, every decision's probabilities.

Published is the simulation, which is fitted on nothing of the title; the baseline is how often leaders became
champion in the seasons before.
"""

import dagster as dg
import dataframely as dy
import polars as pl

from f1lake.model.metrics import PARTS, part_of_season
from f1lake.model.simulated_titles import CONSTRUCTOR
from f1lake.partitions import SEASONS, UP_TO_SEASON
from f1lake.storage.contract import enforced, table

LEADER, SIMULATION = LEARNERS = ("points_leader", "simulation")
PUBLISHED = SIMULATION
MIN_SEASONS = 10


class ConstructorTitleModel(dy.Schema):
    """Who will be champion of the constructors: one row an entrant, day and learner; from 1958 and ten seasons."""

    season = dy.Int32(primary_key=True, min=1950, description="year of the championship")
    as_of = dy.Date(primary_key=True, description="the day whose evening this is known on; 1 January before the season")
    constructor_id = dy.String(primary_key=True, description="the source's id of the constructor")
    learner = dy.Enum(
        LEARNERS, primary_key=True,
        description="simulation: model/simulated_titles, which is published; points_leader: the baseline, the share of "
        "leaders of that part of earlier seasons who became champion, the rest evenly",
    )
    round = dy.Int32(min=0, description="the round of `as_of`, 0 before the season")
    part = dy.Enum(PARTS, description="before the season, or the quarter of its rounds just run")
    is_scored = dy.Bool(description="whether it counts: before the season, after a race but the last; once it is over")
    probability = dy.Float64(min=0, max=1, description="that the constructor becomes champion")
    is_champion = dy.Bool(nullable=True, description="whether it became champion; null while the season runs")

    @dy.rule()
    def probabilities_sum_to_1(cls) -> pl.Expr:
        """Over the entrants of a day."""
        return (pl.col("probability").sum().over("as_of", "learner") - 1).abs() < 1e-9


@dg.asset(
    **table("model/constructor_title_model", ConstructorTitleModel),
    partitions_def=SEASONS,
    ins={
        "simulated": dg.AssetIn(["model", "simulated_titles"], partition_mapping=UP_TO_SEASON),
        "champions": dg.AssetIn(["silver", "champions"], partition_mapping=UP_TO_SEASON),
    },
)
@enforced(ConstructorTitleModel)
def constructor_title_model(simulated: pl.LazyFrame, champions: pl.LazyFrame) -> pl.LazyFrame:
    """Every day of every season that has enough finished ones before it."""
    day = ["season", "as_of"]
    champion = pl.col("entrant_id") == pl.col("champion")
    is_race_day = (pl.col("rounds_remaining") != pl.col("rounds_remaining").shift()).over("entrant_id", "season")
    rows = (
        simulated.filter(pl.col("title") == CONSTRUCTOR)
        .join(champions.select("season", champion="constructor_id"), on="season", how="left")
        .with_columns(is_champion=champion, part=part_of_season())
        .sort(*day, "entrant_id")
        .with_columns(
            is_before=pl.col("round") == 0,
            is_race_day=is_race_day.fill_null(value=True).any().over(day),
            leads=(pl.col("position") == 1).fill_null(value=False),
        )
        .with_columns(
            is_scored=(pl.col("is_before") | (pl.col("is_race_day") & (pl.col("rounds_remaining") > 0)))
            & pl.col("champion").is_not_null()
        )
    )
    leaders, entrants = pl.col("leads").sum().over(day), pl.len().over(day)
    by_leader = pl.when(leaders == 0).then(1 / entrants).when("leads").then(pl.col("share") / leaders).otherwise(
        (1 - pl.col("share")) / (entrants - leaders)
    )
    both = rows.join(shares_of_leaders(rows), on=["season", "part"], how="left").filter(
        pl.col("seasons_before") >= MIN_SEASONS
    )
    kept = ["season", "as_of", "round", "is_scored", "is_champion"]
    shape = {"constructor_id": pl.col("entrant_id"), "part": pl.col("part").cast(pl.Enum(PARTS))}
    return pl.concat(
        both.select(
            *kept, **shape, learner=pl.lit(learner, pl.Enum(LEARNERS)), probability=probability.cast(pl.Float64)
        )
        for learner, probability in ((LEADER, by_leader), (SIMULATION, pl.col("probability")))
    ).select(ConstructorTitleModel.column_names())


def shares_of_leaders(rows: pl.LazyFrame) -> pl.LazyFrame:
    """How often leaders of each `part` became champion in the seasons before each, as if once more and once less.

    `season`, `part`, `share`, and `seasons_before`: the number of finished seasons before.
    """
    seasons = rows.group_by("season").agg(is_over=pl.col("champion").is_not_null().any()).sort("season")
    before = seasons.with_columns(seasons_before=pl.col("is_over").cast(pl.Int32).cum_sum().shift(fill_value=0))
    led = rows.filter("leads", "is_scored").group_by("season", "part").agg(
        won=pl.col("is_champion").sum(), led=pl.len()
    )
    grid = before.join(rows.select("part").unique(), how="cross").join(led, on=["season", "part"], how="left")
    counts = grid.sort("season").with_columns(
        pl.col("won", "led").fill_null(0).cum_sum().shift(fill_value=0).over("part")
    )
    return counts.select("season", "part", "seasons_before", share=(pl.col("won") + 1) / (pl.col("led") + 2))
