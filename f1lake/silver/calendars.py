"""silver/calendars: every calendar that a season has had, and which one was known on a given day.

The rows come from the change data feed of `bronze/events` and are added to the existing ones. The current race weekends
are in `events.py`.
"""

import datetime as dt

import dagster as dg
import dataframely as dy
import polars as pl

from f1lake import clock
from f1lake.partitions import SAME_SEASON, SEASONS
from f1lake.raw.event_schedule import HAS_SPRINT_FORMAT, SPRINT_BEFORE_RACE
from f1lake.storage.contract import enforced, table
from f1lake.storage.lake import changes_since, read, version

TABLE, SOURCE = "silver/calendars", "bronze/events"
FIRST_DAY = pl.min_horizontal("event_date", "sprint_date").min()

SPRINT_DAY = pl.coalesce("sprintDate", pl.when(HAS_SPRINT_FORMAT).then(pl.col("event_date") - SPRINT_BEFORE_RACE))
"""The day of the sprint in rows of bronze/events, where the schedule or FastF1's format has one."""


class Calendars(dy.Schema):
    """The races and sprints of a season, once for each calendar that the lake has had of it.

    A lake that follows a season has each calendar from the day on which it was collected. A season collected after its
    end has only one calendar, that of the races held; races cancelled earlier are unknown here.
    """

    season = dy.Int32(primary_key=True, min=1950, description="year of the championship")
    collected_on = dy.Date(
        primary_key=True, description="the day from whose evening on the lake had this calendar",
        metadata={"from": ["collected_at"]},
    )
    round = dy.Int32(primary_key=True, min=1, description="place in this calendar, from 1")
    event_name = dy.String(description="name of the event", metadata={"from": ["raceName"]})
    event_date = dy.Date(nullable=True, description="day of the race; null while the calendar had none")
    sprint_date = dy.Date(
        nullable=True,
        description="day of the sprint; the day before the race where only the format had one; null without one",
        metadata={"from": ["sprintDate", "EventFormat", "event_date"]},
    )
    bronze_version = dy.Int64(min=0, description="the version of `bronze/events` that brought it")


EVENT = ["round", "event_name", "event_date", "sprint_date"]


@dg.asset(
    **table(TABLE, Calendars),
    partitions_def=SEASONS,
    ins={"schedule": dg.AssetIn(["bronze", "events"], partition_mapping=SAME_SEASON)},
)
@enforced(Calendars)
def calendars(context: dg.AssetExecutionContext, schedule: pl.LazyFrame) -> pl.DataFrame:
    """The calendars already known, plus those in newer versions of bronze."""
    seasons = [int(key) for key in context.partition_keys]
    known = Calendars.create_empty()
    if version(TABLE) is not None:
        known = Calendars.cast(read(TABLE, seasons).collect())
    read_to = dict(known.group_by("season").agg(pl.col("bronze_version").max()).iter_rows())
    changes = changes_since(SOURCE, min(read_to.get(season, -1) for season in seasons), seasons)
    since = pl.col("season").replace_strict(read_to, default=-1, return_dtype=pl.Int64)
    return with_changes(known, changes.filter(pl.col("_commit_version") > since), schedule.collect())


def with_changes(known: pl.DataFrame, changes: pl.DataFrame, schedule: pl.DataFrame) -> pl.DataFrame:
    """Calendars plus those added by rows of the change data feed of bronze/events and by bronze/events itself.

    A calendar is valid from the evening of the day on which its change was collected; if there were several that day,
    the last one counts. Bronze differs from the feed only where it was rebuilt and its versions count from 0 again.
    """
    names = {"event_name": pl.col("raceName"), "sprint_date": SPRINT_DAY}
    feed = changes.filter(pl.col("_change_type") != "update_preimage").with_columns(**names).sort("_commit_version")
    calendars_by_day = known.partition_by("season", "collected_on", as_dict=True)
    for (season,), in_bronze in schedule.with_columns(**names).group_by("season"):
        day = known.filter(season=season)["collected_on"].max()
        newest = calendars_by_day.get((season, day), known.clear())
        now, number, states = newest.select(EVENT), newest["bronze_version"].max() or 0, []
        for (number,), change in feed.filter(season=season).group_by("_commit_version", maintain_order=True):
            new = change.filter(pl.col("_change_type") != "delete")
            now = pl.concat([now.join(change, on="round", how="anti"), new.select(EVENT)]).sort("round")
            states.append((now, number, _written_on(change) if new.is_empty() else _collected_on(new)))
        states.append((in_bronze.select(EVENT).sort("round"), number, _collected_on(in_bronze)))
        before = newest.select(EVENT)
        for state, number, collected_on in states:
            if not state.equals(before):
                day = max(filter(None, [day, collected_on]))  # in the order of the versions, whatever the clock said
                of = state.with_columns(season=season, collected_on=day, bronze_version=number)
                calendars_by_day[season, day] = Calendars.cast(of)
            before = state
    return pl.concat([known.clear(), *calendars_by_day.values()]).sort("season", "collected_on", "round")


def _collected_on(rows: pl.DataFrame) -> dt.date:
    return max(rows["collected_at"].dt.date())


def _written_on(change: pl.DataFrame) -> dt.date:
    """The day on which bronze was written: if a race was only removed, no row says when that was collected."""
    return min(*change["_commit_timestamp"].dt.date(), clock.today())


def calendars_on(days: pl.LazyFrame, calendars: pl.LazyFrame) -> pl.LazyFrame:
    """The whole calendar of the season as known on the evening of each of its `days` (`season`, `as_of`).

    Returns rows of `calendars` with `as_of` and `is_of_the_day`. The latter is false if the lake had no calendar yet on
    that day; then its first calendar is used.
    """
    kept = calendars.select("season", "collected_on").unique().sort("collected_on")
    first = kept.group_by("season").agg(first=pl.col("collected_on").min())
    return (
        days.join(first, on="season")
        .with_columns(is_of_the_day=pl.col("as_of") >= pl.col("first"))
        .with_columns(collected_on=pl.max_horizontal("as_of", "first"))
        .sort("collected_on")
        .join_asof(
            kept.with_columns(found="collected_on"), on="collected_on", by="season", check_sortedness=False
        )
        .select("season", "as_of", "is_of_the_day", collected_on="found")
        .join(calendars, on=["season", "collected_on"])
    )


RACE_TO_COME = (pl.col("event_date") > pl.col("as_of")).fill_null(value=True)
SPRINT_TO_COME = (pl.col("sprint_date") > pl.col("as_of")).fill_null(value=False)
"""Whether a row of `calendars_on` is still to come: races without a date, and on a sprint's evening the race of its
weekend."""


def season_of(day: dt.date) -> int:
    """The season of a day of odds; the day before a season may be 31 December."""
    return (day + dt.timedelta(days=1)).year


def before_season(calendars: pl.LazyFrame) -> pl.LazyFrame:
    """The day before each season, `season` and `as_of`: 1 January, or the day before a race on that day (1965, 1968).
    """
    opens = FIRST_DAY - dt.timedelta(days=1)
    return calendars.group_by("season").agg(as_of=pl.min_horizontal(pl.date(pl.col("season").first(), 1, 1), opens))
