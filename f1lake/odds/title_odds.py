"""odds/title_odds: who will be champion, as published. Nothing is fitted here, and a race never triggers training."""

import dagster as dg
import dataframely as dy
import polars as pl

from f1lake.model.learn.decision import DRIVER, sum_to_1, title_key, within_bounds
from f1lake.model.learn.title import KEY, ODDS, TitleFit, title_odds_by, title_rows
from f1lake.model.title_model import TitleModel
from f1lake.odds.as_published import as_published
from f1lake.odds.reasons import reason_columns, with_reasons
from f1lake.partitions import SAME_SEASON, SEASONS
from f1lake.raw.event_schedule import UTC_TIME
from f1lake.storage.contract import enforced, table


class TitleOdds(dy.Schema):
    """The probability of each entrant to become champion, on every day of a race or sprint and before the season.

    Out of sample, except for the strengths' constants of seasons up to 2005, which were estimated on these. The
    champion of the registry scores seasons later than those it was fitted on; earlier ones have the odds of their
    backtest (model/title_model). Seasons without enough earlier ones for a fit have no odds.
    """

    locals().update(title_key(DRIVER))
    model_version = dy.String(
        primary_key=True, description="version in the registry, `3`; of a backtest `backtest-<id of the recipe>`"
    )
    probability = TitleModel.probability
    probability_low, probability_high = TitleModel.probability_low, TitleModel.probability_high
    made_at = dy.Datetime(description="when it was computed", metadata={"volatile": True}, **UTC_TIME)
    locals().update(reason_columns())
    bounds_hold_the_probability = within_bounds()
    probabilities_sum_to_1 = sum_to_1("probability", "as_of", "model_version")


@dg.asset(
    **table("odds/title_odds", TitleOdds),
    partitions_def=SEASONS,
    ins={
        "abt": dg.AssetIn(["abt", "title_abt"], partition_mapping=SAME_SEASON),
        "simulated": dg.AssetIn(["model", "simulated_titles"], partition_mapping=SAME_SEASON),
        "backtest": dg.AssetIn(["model", "title_model"], partition_mapping=SAME_SEASON),
    },
    deps=[dg.AssetKey(["model", "title_versions"])],
)
@enforced(TitleOdds)
def title_odds(abt: pl.LazyFrame, simulated: pl.LazyFrame, backtest: pl.LazyFrame) -> pl.DataFrame:
    """The champion's odds for seasons that it has not seen, and the backtest's for earlier ones.

    Raises `NoChampionError` if seasons have a backtest and nothing is registered.
    """
    def scored(fit: TitleFit) -> pl.DataFrame:
        rows = title_rows(abt.filter(pl.col("season") > fit.fitted_through), simulated)
        return title_odds_by(fit, rows, [fit.published])

    odds = as_published(TitleFit, scored, backtest, [*KEY, *ODDS])
    if odds is None:
        return TitleOdds.create_empty()
    of_drivers = simulated.filter(pl.col("title") == DRIVER).collect()
    return with_reasons(odds, of_drivers, "driver_id").select(TitleOdds.column_names())
