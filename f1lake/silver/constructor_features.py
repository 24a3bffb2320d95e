"""silver/constructor_features: what was known of every constructor on the day of every race and sprint.

The measures of `measures.py` over the windows of `windows.py`, for the starts of all drivers of the constructor: once
under its own name, and once for the team under all its names.
"""

import dagster as dg
import dataframely as dy
import polars as pl

from f1lake.partitions import SEASONS, UP_TO_SEASON
from f1lake.silver.driver_features import feature_columns, remembered
from f1lake.silver.windows import session_days, window_sums
from f1lake.storage.contract import enforced, table

LINEAGE = "lineage_"
CONSTRUCTOR_FEATURES = [*feature_columns(), *(LINEAGE + name for name in feature_columns())]
"""The names of the features: the driver measures over all cars, and with `lineage_` over all names of the team."""


class ConstructorFeatures(dy.Schema):
    """What was known of a constructor on a day: everything up to and including `as_of`, nothing later.

    One row for each constructor with a race or sprint row in the season of `as_of` or the two before, up to that day.
    Every start of every car counts, so a round with a sprint can have two wins, and a race two podiums. The rules are
    those of silver/driver_features. A car shared by two drivers counts for each of them.
    """

    season = dy.Int32(min=1950, description="season of `as_of`")
    as_of = dy.Date(primary_key=True, description="the day of a race or sprint")
    constructor_id = dy.String(primary_key=True, description="the source's id of the constructor")
    lineage_id = dy.String(description="the team under its successive names, by the constructor's latest season")
    locals().update(feature_columns())  # generated: no one lists 344 columns
    locals().update({LINEAGE + name: column for name, column in feature_columns().items()})


@dg.asset(
    **table("silver/constructor_features", ConstructorFeatures),
    partitions_def=SEASONS,
    ins={
        "results": dg.AssetIn(["silver", "session_results"], partition_mapping=UP_TO_SEASON),
        "constructors": dg.AssetIn(["silver", "constructors"], partition_mapping=UP_TO_SEASON),
    },
)
@enforced(ConstructorFeatures)
def constructor_features(results: pl.LazyFrame, constructors: pl.LazyFrame) -> pl.DataFrame:
    """Every measure, scope and window for every constructor on every day of a race or sprint."""
    sessions = (
        results.filter(pl.col("session") != "Qualifying")
        .join(constructors.select("season", "constructor_id", "lineage_id"), on=["season", "constructor_id"])
        .with_columns(
            driver=pl.col("constructor_id").rank("dense"),
            driver_id="constructor_id",
            team=pl.col("lineage_id").rank("dense"),
        )
        .collect()
    )
    days = session_days(sessions)
    sessions = sessions.join(days.select("day", session_date="as_of"), on="session_date")
    lineages = sessions.group_by("season", "driver").agg(pl.col("team", "lineage_id").first()).sort("season")
    rows = (
        remembered(sessions, days).sort("season")
        .join_asof(lineages, on="season", by="driver", check_sortedness=False)
        .sort("as_of", "driver_id")
    )
    starts = sessions.filter("is_start")
    own = window_sums(starts, rows)
    of_team = window_sums(starts.with_columns(driver="team"), rows.with_columns(driver="team"))
    return rows.select("season", "as_of", "lineage_id", constructor_id="driver_id").hstack(own).hstack(
        of_team.rename(lambda name: LINEAGE + name)
    )
