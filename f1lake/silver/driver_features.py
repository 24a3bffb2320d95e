"""silver/driver_features: what was known of every driver on the day of every race and sprint.

The measures are in `measures.py`, the windows in `windows.py`; this file decides who has a row.
"""

import dagster as dg
import dataframely as dy
import polars as pl

from f1lake.partitions import SEASONS, UP_TO_SEASON
from f1lake.silver.measures import MEANINGS, MEANS, SCOPES, SUMS, made_from
from f1lake.silver.windows import WINDOWS, session_days, window_sums
from f1lake.storage.contract import enforced, table

SEASONS_REMEMBERED = 2
"""For how many seasons after the last race or sprint entered a driver still has rows."""


def feature_columns() -> dict[str, dy.Column]:
    """The feature columns, `<measure>_<scope>_<window>`, in the order of the table."""
    names = [
        (measure, scope, window)
        for window in WINDOWS
        for measure, scope in [("seasons", "all"), *((m, s) for s in SCOPES for m in (*SUMS, *MEANS))]
    ]
    return {f"{m}_{s}_{w}": _column(m, s, w) for m, s, w in names}


def _column(measure: str, scope: str, window: str) -> dy.Column:
    sessions = {"all": "races and sprints", "race": "races", "sprint": "sprints"}[scope]
    rounds = "the whole career" if WINDOWS[window] is None else f"the last {WINDOWS[window]} rounds held"
    description = f"{MEANINGS[measure]}: {sessions}, {rounds}"
    source = {"from": made_from(measure, scope)}
    if measure in MEANS:
        return dy.Float64(nullable=True, description=description, metadata=source | {"unit": "places"})
    if measure == "points":
        return dy.Float64(description=description, metadata=source | {"unit": "points"})
    return dy.Int32(description=description, metadata=source)


FEATURES = list(feature_columns())
"""The names of the features, for models to list and check."""


class DriverFeatures(dy.Schema):
    """What was known of a driver on a day: everything up to and including `as_of`, nothing later.

    One row for each driver with a race or sprint row (withdrawals included) in the season of `as_of` or the two before,
    up to that day. Drivers who withdrew before the start or failed to qualify have no start, and count nowhere. Places
    are those of the finishing order, classified or not. Without a start, counts are 0 and means null. A driver of
    several cars in a race (1950-64) has the grid of the best finisher, for poles too; the poles of the reports follow
    `is_pole`, so that Fangio has 29 and not 23.
    """

    season = dy.Int32(min=1950, description="season of `as_of`")
    as_of = dy.Date(
        primary_key=True, description="the day of a race or sprint", metadata={"from": ["session_date"]}
    )
    driver_id = dy.String(primary_key=True, description="the source's id of the driver")
    locals().update(feature_columns())  # generated: no one lists 172 columns


@dg.asset(
    **table("silver/driver_features", DriverFeatures),
    partitions_def=SEASONS,
    ins={"results": dg.AssetIn(["silver", "session_results"], partition_mapping=UP_TO_SEASON)},
)
@enforced(DriverFeatures)
def driver_features(results: pl.LazyFrame) -> pl.DataFrame:
    """Every measure, scope and window for every driver on every day of a race or sprint."""
    columns = ["season", "round", "session", "driver_id", "session_date", "grid", "position", "points"]
    sessions = (
        results.filter(pl.col("session") != "Qualifying")
        .select(*columns, "status_class", "is_start", driver=pl.col("driver_id").rank("dense"))
        .collect()
    )
    days = session_days(sessions)
    sessions = sessions.join(days.select("day", session_date="as_of"), on="session_date")
    rows = remembered(sessions, days)
    return rows.select("season", "as_of", "driver_id").hstack(window_sums(sessions.filter("is_start"), rows))


def remembered(sessions: pl.DataFrame, days: pl.DataFrame) -> pl.DataFrame:
    """Who has a row on which day: `days`, one row per driver."""
    seasons = sessions.group_by("driver", "driver_id", "season").agg(since=pl.col("day").min())
    known = pl.concat(
        seasons.with_columns(pl.col("season") + later) for later in range(SEASONS_REMEMBERED + 1)
    ).group_by("driver", "driver_id", "season").agg(pl.col("since").min()).sort("driver_id")
    of_day = days.join(known, on="season", maintain_order="left_right")  # the order of the table, without sorting it
    return of_day.filter(pl.col("day") >= pl.col("since"))
