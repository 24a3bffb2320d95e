"""odds/race_odds: who will win, reach the podium or score, as published. A race never triggers training."""

import dagster as dg
import dataframely as dy
import polars as pl

from f1lake.abt.race_abt import AFTER_PRACTICE, BEFORE_QUALIFYING, KEY, QUALIFYING, RaceAbt, race_key
from f1lake.model.learn.decision import sum_to_1
from f1lake.model.learn.race import ODDS, RaceFit
from f1lake.model.learn.race_seen import race_rows
from f1lake.model.race_model import RaceModel
from f1lake.odds.as_published import as_published
from f1lake.partitions import SAME_SEASON, SEASONS
from f1lake.raw.event_schedule import UTC_TIME
from f1lake.storage.contract import enforced, table


class RaceOdds(dy.Schema):
    """The probabilities of each entrant of every race, at each stage, and of the next race.

    Out of sample, except for the strengths' constants of seasons up to 2005, which were estimated on these. The
    champion of the registry scores seasons later than those it was fitted on; earlier ones have the odds of their
    backtest (model/race_model). The stage `grid` comes with the results, for comparison.
    """

    locals().update(race_key())
    model_version = dy.String(
        primary_key=True, description="version in the registry, `3`; of a backtest `backtest-<id of the recipe>`"
    )
    p_win, p_podium, p_points = RaceModel.p_win, RaceModel.p_podium, RaceModel.p_points
    p_win_low, p_win_high = RaceModel.p_win_low, RaceModel.p_win_high
    made_at = dy.Datetime(description="when it was computed", metadata={"volatile": True}, **UTC_TIME)
    constructor_id, grid = RaceAbt.constructor_id, RaceAbt.grid
    strength_rank = dy.Int32(min=1, description="place by expected pace, driver and car together")
    car_rank = dy.Int32(min=1, description="place of the car among the cars by estimated strength")
    p_retired = dy.Float64(min=0, max=1, description="that the driver is not classified")
    reason = dy.String(description="these terms in one English sentence")
    one_driver_wins = sum_to_1("p_win", "season", "round", "stage", "model_version")


@dg.asset(
    **table("odds/race_odds", RaceOdds),
    partitions_def=SEASONS,
    ins={
        "abt": dg.AssetIn(["abt", "race_abt"], partition_mapping=SAME_SEASON),
        "simulated": dg.AssetIn(["model", "simulated_races"], partition_mapping=SAME_SEASON),
        "backtest": dg.AssetIn(["model", "race_model"], partition_mapping=SAME_SEASON),
    },
    deps=[dg.AssetKey(["model", "race_versions"])],
)
@enforced(RaceOdds)
def race_odds(abt: pl.LazyFrame, simulated: pl.LazyFrame, backtest: pl.LazyFrame) -> pl.DataFrame:
    """The champion's odds for seasons that it has not seen, and the backtest's for earlier ones.

    Raises `NoChampionError` if seasons have a backtest and nothing is registered.
    """
    def scored(fit: RaceFit) -> pl.DataFrame:
        rows = race_rows(abt.filter(pl.col("season") > fit.fitted_through), simulated)
        return fit.probabilities(rows, [fit.published])

    odds = as_published(RaceFit, scored, backtest, [*KEY, *ODDS])
    if odds is None:
        return RaceOdds.create_empty()
    terms = abt.select(*KEY, "constructor_id", "grid").join(
        simulated.select(*KEY, "car_rank", "p_retired", strength_rank="pace_rank"), on=KEY
    )
    return (
        odds.join(terms.collect(), on=KEY, validate="m:1")
        .with_columns(pl.col(ODDS).clip(0, 1), reason=sentence())
        .select(RaceOdds.column_names())
    )


def sentence() -> pl.Expr:
    """Where the driver starts, how fast driver and car are: `starts from place 3; pace ranked 1, car ranked 2; …`."""
    starts = (
        pl.when(pl.col("stage") == BEFORE_QUALIFYING).then(pl.lit("before qualifying"))
        .when(pl.col("stage") == AFTER_PRACTICE).then(pl.lit("after practice"))
        .when(pl.col("grid").is_null()).then(pl.lit("without a place"))
        .when(pl.col("stage") == QUALIFYING).then(pl.format("qualified in place {}", pl.col("grid")))
        .otherwise(pl.format("starts from place {}", pl.col("grid")))
    )  # fmt: skip
    fails = (100 * pl.col("p_retired")).round().cast(pl.Int32)
    return pl.format(
        "{}; pace ranked {}, car ranked {}; not classified in {} of 100", starts, pl.col("strength_rank"),
        pl.col("car_rank"), fails,
    )  # fmt: skip
