"""abt/title_abt: who will be champion? What is known on each day, and the answer.

Features come from silver/driver_features unchanged; who is in the table on which day is in `entrants.py`.
"""

import dagster as dg
import dataframely as dy
import polars as pl

from f1lake.abt.entrants import DAY, entrants_on, first_entries, held_by
from f1lake.partitions import SAME_SEASON, SEASONS, UP_TO_SEASON, WITH_SEASON_BEFORE
from f1lake.silver.calendars import RACE_TO_COME, SPRINT_TO_COME, before_season, calendars_on
from f1lake.silver.driver_features import FEATURES, feature_columns
from f1lake.storage.contract import enforced, table

COUNTS = [name for name, column in feature_columns().items() if not column.nullable]


class TitleAbt(dy.Schema):
    """One row per driver who may become champion, for every day of a race or sprint and before the season.

    Before the season, `as_of` is its 1 January (31 December where the season opened on New Year's Day, 1965 and 1968).
    The entrants are the drivers and cars of the race of round 1, which are known in advance, and nothing else of it;
    until that race is held, those of the last race with transfers. Features are those of the driver's latest row before
    that day; newcomers have counts 0 and means null. Later days have each driver with a race or sprint row in the
    season so far.
    """

    season = dy.Int32(primary_key=True, min=1950, description="year of the championship")
    as_of = dy.Date(primary_key=True, description="the day whose evening this is known on")
    driver_id = dy.String(primary_key=True, description="the source's id of the driver")
    round = dy.Int32(min=0, description="the round of `as_of`, 0 before the season")
    is_before_season = dy.Bool(description="whether no session has been held yet", metadata={"from": ["session_date"]})
    is_race_day = dy.Bool(
        description="whether a race was held on the day; false on a sprint's day", metadata={"from": ["session"]}
    )
    rounds_remaining = dy.Int32(
        min=0, description="races after `as_of` in the calendar as known then", metadata={"unit": "rounds"}
    )
    constructor_id = dy.String(description="constructor of the latest race or sprint, or of the first entry")
    sprints_remaining = dy.Int32(min=0, description="sprints after `as_of`", metadata={"unit": "sprints"})
    points_season = dy.Float64(
        min=0, description="points that count so far", metadata={"from": ["points"], "unit": "points"}
    )
    points_gap = dy.Float64(description="points behind the leader", metadata={"unit": "points"})
    position_season = dy.Int32(
        nullable=True, min=1, description="place in the championship; null before the season",
        metadata={"from": ["position"]},
    )
    wins_season = dy.Int32(
        min=0, description="races won in the season", metadata={"from": ["wins"], "unit": "races"}
    )
    is_champion = dy.Bool(
        nullable=True, description="whether the driver became champion; null until known",
        metadata={"from": ["driver_id"]},
    )
    locals().update(feature_columns())  # generated: no one lists 172 columns


@dg.asset(
    **table("abt/title_abt", TitleAbt),
    partitions_def=SEASONS,
    ins={
        "results": dg.AssetIn(["silver", "session_results"], partition_mapping=WITH_SEASON_BEFORE),
        "calendars": dg.AssetIn(["silver", "calendars"], partition_mapping=SAME_SEASON),
        "state": dg.AssetIn(["silver", "season_state"], partition_mapping=SAME_SEASON),
        "features": dg.AssetIn(["silver", "driver_features"], partition_mapping=UP_TO_SEASON),
        "champions": dg.AssetIn(["silver", "champions"], partition_mapping=SAME_SEASON),
    },
)
@enforced(TitleAbt)
def title_abt(
    results: pl.LazyFrame, calendars: pl.LazyFrame, state: pl.LazyFrame, features: pl.LazyFrame, champions: pl.LazyFrame
) -> pl.LazyFrame:
    """The entrants of every day with the season's state, their features and the answer."""
    opening = before_season(calendars)
    days = pl.concat([opening, state.select(DAY).unique()])
    drove = results.filter(pl.col("session") != "Qualifying").sort("session_date")
    left = calendars_on(days, calendars).group_by(DAY).agg(
        rounds_remaining=RACE_TO_COME.sum().cast(pl.Int32), sprints_remaining=SPRINT_TO_COME.sum().cast(pl.Int32)
    )
    so_far = state.select(
        *DAY, "driver_id", "round", "is_race_day", "points_gap",
        points_season="points", position_season="position", wins_season="wins",
    )  # fmt: skip
    known = features.select("as_of", "driver_id", *FEATURES).sort("as_of")
    return (
        entrants_on(days, held_by(days, drove), first_entries(results, opening))
        .select(*DAY, "driver_id", "constructor_id")
        .join(left, on=DAY)
        .join(so_far, on=[*DAY, "driver_id"], how="left")
        .with_columns(
            pl.col("round", "points_gap", "points_season", "wins_season").fill_null(0),
            pl.col("is_race_day").fill_null(value=False), is_before_season=pl.col("round").is_null(),
        )
        .sort("as_of")
        .join_asof(known, on="as_of", by="driver_id", check_sortedness=False)
        .with_columns(pl.col(COUNTS).fill_null(0))
        .join(champions.select("season", champion="driver_id"), on="season", how="left")
        .with_columns(is_champion=pl.col("driver_id") == pl.col("champion"))
        .select(TitleAbt.column_names())
        .sort("as_of", "driver_id")
    )
