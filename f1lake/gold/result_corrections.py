"""gold/result_corrections: changes by stewards and the source to results that were already in the lake.

Corrections are read from the change data feed of `bronze/session_results` and added to the existing rows. A known
correction is never rebuilt, whatever happens to the feed.
"""

import dagster as dg
import dataframely as dy
import polars as pl

from f1lake.bronze import session_results as bronze
from f1lake.partitions import SAME_SEASON, SEASONS
from f1lake.raw.event_schedule import UTC_TIME
from f1lake.storage.contract import enforced, table
from f1lake.storage.lake import changes_since, read, version
from f1lake.storage.pictures import bars, preview
from f1lake.storage.schemas import key_columns, volatile_columns

TABLE, SOURCE = "gold/result_corrections", "bronze/session_results"
ROW = key_columns(bronze.SessionResults)
IDENTITY = ["raceName", "raceDate", "circuitId"]
"""The columns that identify a row's event: where these change, the calendar was renumbered and no result was corrected.
"""


class ResultCorrections(dy.Schema):
    """One row for each value of a result that changed after it was first collected."""

    seen_at = dy.Datetime(primary_key=True, description="when the changed value was collected", **UTC_TIME)
    season = dy.Int32(primary_key=True, min=1950, description="year of the championship")
    round = dy.Int32(primary_key=True, min=1, description="place in the season's calendar, from 1")
    session = dy.String(primary_key=True, description="Race, Sprint or Qualifying")
    driver_id = dy.String(primary_key=True, description="the source's id of the driver")
    column = dy.String(primary_key=True, description="the column of `bronze/session_results`")
    before = dy.String(nullable=True, description="the value before, as text; null where there was none")
    after = dy.String(nullable=True, description="the value from then on, as text; null where there is none")
    bronze_version = dy.Int64(min=0, description="the version of `bronze/session_results` that made the change")


def by_column(changes: pl.DataFrame) -> str:
    """How many values of each column were corrected, and the newest corrections."""
    counts = changes.group_by("column").agg(corrected=pl.len()).sort("corrected", "column", descending=[True, False])
    return bars(counts, "column", "corrected") + preview(changes.sort("seen_at", descending=True))


@dg.asset(
    **table(TABLE, ResultCorrections),
    partitions_def=SEASONS,
    deps=[dg.AssetDep(["bronze", "session_results"], partition_mapping=SAME_SEASON)],
)
@enforced(ResultCorrections, shown=by_column)
def result_corrections(context: dg.AssetExecutionContext) -> pl.DataFrame:
    """The corrections already known, plus those of newer versions."""
    seasons = [int(key) for key in context.partition_keys]
    known = ResultCorrections.create_empty()
    if version(TABLE) is not None:
        known = ResultCorrections.cast(read(TABLE, seasons).collect())
    read_to = dict(known.group_by("season").agg(pl.col("bronze_version").max()).iter_rows())
    changes = changes_since(SOURCE, min(read_to.get(season, 0) for season in seasons), seasons)
    new = corrections(changes).join(known, on=key_columns(ResultCorrections), how="anti")
    return pl.concat([known, new])


def corrections(changes: pl.DataFrame) -> pl.DataFrame:
    """The changed values in rows of the change data feed, in the shape of the contract.

    Rows that appeared or disappeared count only if their session changed in other rows too; the first rows of a session
    are no correction. A driver of two cars has one row for a column that changed in both. A car number is part of the
    key of a row: if one row of a driver disappeared and one appeared, it is the same row with another number.
    """
    driver = ["_commit_version", *(name for name in ROW if name != "number")]
    at = [*driver, "car"]
    values = [c for c in changes.columns if c not in {*at, *volatile_columns(bronze.SessionResults)}]
    values = [c for c in values if not c.startswith("_")]
    session = ["_commit_version", "season", "round", "session"]
    was_there = pl.col("_change_type").is_in(["update_preimage", "delete"])
    changed = changes.filter(
        was_there.any().over(session) & (pl.struct(IDENTITY).n_unique().over(session) == 1)
    ).with_columns(
        seen_at=pl.col("collected_at").max().over(session),
        car=pl.when(pl.max_horizontal(was_there.sum(), (~was_there).sum()).over(driver) > 1).then("number"),
    )

    def long(rows: pl.DataFrame, name: str) -> pl.DataFrame:
        return rows.select(*at, "seen_at", pl.col(values).cast(pl.String)).unpivot(
            values, index=[*at, "seen_at"], variable_name="column", value_name=name
        )

    pairs = long(changed.filter(was_there), "before").join(
        long(changed.filter(~was_there), "after"), on=[*at, "seen_at", "column"], how="full", coalesce=True,
        nulls_equal=True,
    )
    return ResultCorrections.cast(
        pairs.filter(pl.col("before").ne_missing(pl.col("after")))
        .with_columns(driver_id="driverId", bronze_version="_commit_version")
        .unique(key_columns(ResultCorrections), keep="first", maintain_order=True)
    )
