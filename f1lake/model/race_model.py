"""model/race_model: the backtest of the race recipe, every race's probabilities out of sample."""

import dagster as dg
import dataframely as dy
import polars as pl

from f1lake.abt.race_abt import KEY, RaceAbt, race_key
from f1lake.model.learn.backtest import backtest, of_the_fit
from f1lake.model.learn.decision import sum_to_1
from f1lake.model.learn.race import ANSWERS, LEARNERS, ODDS, RaceFit, race_fit
from f1lake.model.learn.race_seen import race_rows
from f1lake.partitions import SEASONS, UP_TO_SEASON, seasons_of
from f1lake.storage.contract import enforced, table


class RaceModel(dy.Schema):
    """Who will win, reach the podium or score, as the recipe fitted on the seasons before said it.

    One row an entrant, race, stage and learner. A season whose past is shorter than the recipe asks for (five seasons
    from 1955 on) has no rows.
    """

    locals().update(race_key())
    learner = dy.Enum(
        LEARNERS, primary_key=True,
        description="simulation: model/simulated_races; logit: a conditional logit of the winner, and logits of podium "
        "and points, on it, which is published; fixed: the same on simulations by the constants of seasons to 2005; "
        "xgboost: trees that go on from the logit; friday: after practice, by what Friday's alone showed; "
        "grid_frequency: the baseline, how often the slot won in twenty seasons",
    )
    p_win = dy.Float64(min=0, max=1, description="that the driver wins")
    p_podium = dy.Float64(min=0, max=1, description="that the driver is among the first three")
    p_points = dy.Float64(min=0, max=1, description="that the driver takes points")
    p_win_low = dy.Float64(min=0, max=1, description="lower 90 % bound, over fits on other draws of seasons")
    p_win_high = dy.Float64(min=0, max=1, description="upper 90 % bound")
    is_winner, is_podium, is_points = RaceAbt.is_winner, RaceAbt.is_podium, RaceAbt.is_points
    locals().update(of_the_fit())
    one_driver_wins = sum_to_1("p_win", "season", "round", "stage", "learner")


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
