"""model/race_model: the backtest of the race recipe, every race's probabilities out of sample."""

import dagster as dg
import dataframely as dy
import polars as pl

from f1lake.abt.race_abt import KEY, STAGE_MEANING, STAGES
from f1lake.model.learn.backtest import backtest, fit_columns
from f1lake.model.learn.race import ANSWERS, LEARNERS, ODDS, RaceFit, race_fit, race_rows
from f1lake.partitions import SEASONS, UP_TO_SEASON, seasons_of
from f1lake.storage.contract import enforced, table


class RaceModel(dy.Schema):
    """Who will win, reach the podium or score, as the recipe fitted on the seasons before said it.

    One row an entrant, race, stage and learner. A season whose past is shorter than the recipe asks for (five seasons
    from 1955 on) has no rows.
    """

    season = dy.Int32(primary_key=True, min=1950, description="year of the championship")
    round = dy.Int32(primary_key=True, min=1, description="place in the season's calendar, from 1")
    stage = dy.Enum(STAGES, primary_key=True, description=STAGE_MEANING)
    driver_id = dy.String(primary_key=True, description="the source's id of the driver")
    learner = dy.Enum(
        LEARNERS, primary_key=True,
        description="simulation: model/simulated_races; logit: a conditional logit of the winner, and logits of podium "
        "and points, on it, which is published; fixed: the same on simulations by the constants of seasons to 2005; "
        "xgboost: trees that go on from the logit; grid_frequency: the baseline, how often the slot won in twenty "
        "seasons",
    )
    p_win = dy.Float64(min=0, max=1, description="that the driver wins")
    p_podium = dy.Float64(min=0, max=1, description="that the driver is among the first three")
    p_points = dy.Float64(min=0, max=1, description="that the driver takes points")
    p_win_low = dy.Float64(min=0, max=1, description="lower 90 % bound, over fits on other draws of seasons")
    p_win_high = dy.Float64(min=0, max=1, description="upper 90 % bound")
    is_winner = dy.Bool(nullable=True, description="whether the driver won; null until the race is run")
    is_podium = dy.Bool(nullable=True, description="whether the driver was among the first three")
    is_points = dy.Bool(nullable=True, description="whether the driver took points")
    locals().update(fit_columns())

    @dy.rule()
    def is_out_of_sample(cls) -> pl.Expr:
        """A season is never scored by a fit that has seen it."""
        return pl.col("fitted_through") < pl.col("season")

    @dy.rule()
    def one_driver_wins(cls) -> pl.Expr:
        """Over the entrants of a race."""
        return (pl.col("p_win").sum().over("season", "round", "stage", "learner") - 1).abs() < 1e-9


@dg.asset(
    **table("model/race_model", RaceModel),
    partitions_def=SEASONS,
    ins={
        "abt": dg.AssetIn(["abt", "race_abt"], partition_mapping=UP_TO_SEASON),
        "simulated": dg.AssetIn(["model", "simulated_races"], partition_mapping=UP_TO_SEASON),
    },
)
@enforced(RaceModel)
def race_model(context: dg.AssetExecutionContext, abt: pl.LazyFrame, simulated: pl.LazyFrame) -> pl.DataFrame:
    """Each season of the run, by a fit on the seasons before it."""
    rows = race_rows(abt, simulated)

    def odds(fit: RaceFit, asked: pl.DataFrame) -> pl.DataFrame:
        return fit.probabilities(asked).join(asked.select(*KEY, *ANSWERS.values()), on=KEY).with_columns(
            pl.col(ODDS).clip(0, 1)
        )

    return backtest(RaceModel, seasons_of(context.partition_keys), rows, race_fit, odds)
