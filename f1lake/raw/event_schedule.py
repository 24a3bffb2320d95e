"""raw/event_schedule: Ergast's race schedule, with the formats and session names of FastF1's own schedule."""

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import dagster as dg
import dataframely as dy
import polars as pl

from f1lake import clock
from f1lake.partitions import SEASONS
from f1lake.raw.plausible import EVENT, believed, warn
from f1lake.storage.contract import enforced, table
from f1lake.storage.raw_io import RawIOManager, stored_keys
from f1lake.upstream.failures import NotPublishedError, SourceHasNoneError, UpstreamError, raise_one_of
from f1lake.upstream.pages import (
    FIRST_FORMATS,
    FORMAT_COLUMNS,
    SCHEDULE,
    described,
    read_formats,
    read_listing,
)
from f1lake.upstream.session import collecting, read_each
from f1lake.upstream.unknown_fields import UNKNOWN

if TYPE_CHECKING:
    from f1lake.upstream.fastf1_session import UpstreamSession

ERGAST = "Jolpica (Ergast) races"
FASTF1 = "FastF1 schedule"
UTC_TIME: Any = {"time_unit": "us", "time_zone": "UTC"}
SOURCE = "`jolpica`, `jolpica dump of <day>`, or what the recording says of itself"
"""The meaning of the column `source` in every raw table: where a row came from, which is no part of its content."""
TABLE = "raw/event_schedule"
HISTORY_PAGES = 12
"""Requests for the schedule of all seasons at once; a single season costs one."""

SPRINT_BEFORE_RACE = dt.timedelta(days=1)
"""Every sprint since 2021 was on the day before the race, so this dates a sprint that is missing from the schedule."""
HAS_SPRINT_FORMAT = pl.col("EventFormat").fill_null("").str.starts_with("sprint")
"""Whether FastF1's format has a sprint: sprint, sprint_shootout, sprint_qualifying."""


class ScheduledEvents(dy.Schema):
    """The race schedule without the day of the race: `raceDate` in raw, `event_date` from bronze on."""

    season = dy.Int32(primary_key=True, min=1950, description="year of the championship")
    round = dy.Int32(primary_key=True, min=1, description="place in the season's calendar, from 1")
    raceName = dy.String(description="name of the event", metadata={"source": ERGAST})
    raceUrl = dy.String(nullable=True, description="article about the event")
    raceTime = dy.Datetime(nullable=True, description="start of the race; null in seasons without times", **UTC_TIME)
    circuitId = dy.String(description="the source's id of the circuit")
    circuitName = dy.String(description="name of the circuit")
    circuitUrl = dy.String(nullable=True, description="article about the circuit")
    lat = dy.Float64(nullable=True, min=-90, max=90, description="latitude", metadata={"unit": "degrees"})
    long = dy.Float64(nullable=True, min=-180, max=180, description="longitude", metadata={"unit": "degrees"})
    locality = dy.String(nullable=True, description="town of the circuit")
    country = dy.String(nullable=True, description="country of the circuit")
    fp1Date = dy.Date(nullable=True, description="day of the first practice")
    fp1Time = dy.Datetime(nullable=True, description="start of the first practice", **UTC_TIME)
    fp2Date = dy.Date(nullable=True, description="day of the second practice")
    fp2Time = dy.Datetime(nullable=True, description="start of the second practice", **UTC_TIME)
    fp3Date = dy.Date(nullable=True, description="day of the third practice")
    fp3Time = dy.Datetime(nullable=True, description="start of the third practice", **UTC_TIME)
    qualifyingDate = dy.Date(nullable=True, description="day of qualifying")
    qualifyingTime = dy.Datetime(nullable=True, description="start of qualifying", **UTC_TIME)
    sprintDate = dy.Date(nullable=True, description="day of the sprint; null without one")
    sprintTime = dy.Datetime(nullable=True, description="start of the sprint", **UTC_TIME)
    EventFormat = dy.String(
        nullable=True, description="conventional, sprint, …; from 2018", metadata={"source": FASTF1}
    )
    Session1 = dy.String(nullable=True, description="name of the first session", metadata={"source": FASTF1})
    Session2 = dy.String(nullable=True, description="name of the second session", metadata={"source": FASTF1})
    Session3 = dy.String(nullable=True, description="name of the third session", metadata={"source": FASTF1})
    Session4 = dy.String(nullable=True, description="name of the fourth session", metadata={"source": FASTF1})
    Session5 = dy.String(nullable=True, description="name of the fifth session", metadata={"source": FASTF1})
    unknown_fields = dy.String(**UNKNOWN)
    collected_at = dy.Datetime(description="when it was collected", metadata={"volatile": True}, **UTC_TIME)
    source = dy.String(description=SOURCE, metadata={"volatile": True})


class EventSchedule(ScheduledEvents):
    """The race schedule of a season as the source has it now, one row per race weekend, times in UTC."""

    raceDate = dy.Date(
        nullable=True, description="day of the race; null while the source has none", metadata={"source": ERGAST}
    )


@dg.asset(**table(TABLE, EventSchedule), partitions_def=SEASONS, output_required=False)
@enforced(EventSchedule)
def event_schedule(context: dg.AssetExecutionContext) -> Iterator[dg.Output[dict[str, pl.DataFrame]]]:
    """The schedules of the run's seasons; a season that has none yet is left out.

    An event that cannot be believed is left out by name, and what the lake has of it stays. A season that the service
    fails to give, or has nothing of though it is over, fails the run once the others are stored.
    """
    seasons = [int(key) for key in context.partition_keys]
    with collecting() as session:
        collected = collected_schedules(session, seasons)
        sifted = believed(SCHEDULE, EventSchedule, collected.rows)
        schedules = pl.concat([sifted.rows, _stored(sifted.refused)])
        frames = {str(season): frame for (season,), frame in schedules.partition_by("season", as_dict=True).items()}
        missing = [key for key in context.partition_keys if key not in frames and key not in collected.errors]
        if missing:
            context.log.info(f"not published yet: the schedules of {', '.join(missing)}")
        odd = [*sifted.odd, *collected.odd, *_unscheduled_sprints(schedules)]
        metadata = {
            "requests_sent": session.requests_sent, "not_published": ",".join(missing),
            **warn(context, sifted.refused["message"], odd),
        }
        yield dg.Output(frames, metadata=metadata)
        raise_one_of(collected.errors)


class Schedules(NamedTuple):
    """The outcome of a collection of schedules."""

    rows: pl.DataFrame
    """The events, in the shape of the contract."""
    odd: list[str]
    """The seasons without FastF1's formats, and why; their events are stored all the same."""
    errors: Mapping[str, UpstreamError]
    """The seasons that could not be read, and finished ones for which the source has nothing."""


def collected_schedules(session: "UpstreamSession", seasons: list[int]) -> Schedules:
    """The schedules of some seasons; failures of a season or of formats keep no other out."""
    listings = [None] if len(seasons) > HISTORY_PAGES else seasons
    read, failures = read_each(listings, lambda season: read_listing(session, SCHEDULE, season), session)
    errors = {str(season): error for season in seasons if (error := failures.get(season) or failures.get(None))}
    if not read:
        return Schedules(EventSchedule.create_empty(), [], errors)
    schedules = pl.concat(read.values()).filter(pl.col("season").is_in(seasons))
    published = set(schedules["season"])
    for season in seasons:
        if season not in published and season < clock.now().year and str(season) not in errors:
            errors[str(season)] = SourceHasNoneError(described(SCHEDULE, season), "the source has no event")
    times = {name: f"{name.removesuffix('Time')}Date" for name in schedules.columns if name.endswith("Time")}
    in_utc = [
        pl.col(date).dt.combine(pl.col(time)).dt.replace_time_zone("UTC").alias(time) for time, date in times.items()
    ]
    known = _known_formats(schedules.filter(season=clock.now().year))
    wanted = [season for season in seasons if season >= FIRST_FORMATS and season in published]
    if not known.is_empty():
        wanted.remove(clock.now().year)
    formats, without = read_each(wanted, lambda season: read_formats(session, season), session)
    # FastF1 has the local day, Ergast the day in UTC: they differ in Las Vegas.
    matched = schedules.sort("raceDate").join_asof(
        pl.concat([known, *formats.values()]).sort("date"), left_on="raceDate", right_on="date", strategy="nearest",
        tolerance="1d",
    )
    matched = _with_stored_formats(matched)
    return Schedules(
        EventSchedule.cast(matched.sort("season", "round").with_columns(*in_utc, *session.provenance())),
        [
            f"season {season} has no formats: {error}"
            for season, error in without.items() if not isinstance(error, NotPublishedError)
        ],
        errors,
    )


def session_ends(schedule: pl.LazyFrame) -> pl.LazyFrame:
    """When each session with results has ended, where there is one: [season, round, session, ended_at].

    Where the source has no time of day a session has ended the day after; where it has not even a
    day (qualifying before 2022), when the race has. A sprint that only FastF1's format has is on the day before it.
    """
    ends = {name: _end(f"{name.lower()}Time", f"{name.lower()}Date") for name in ("Race", "Sprint", "Qualifying")}
    evening = (pl.col("raceDate") - SPRINT_BEFORE_RACE + dt.timedelta(days=1)).cast(pl.Datetime("us", "UTC"))
    ends["Sprint"] = ends["Sprint"].fill_null(pl.when(HAS_SPRINT_FORMAT).then(evening))
    ends["Qualifying"] = ends["Qualifying"].fill_null(ends["Race"])
    return pl.concat(
        schedule.select("season", "round", session=pl.lit(session), ended_at=end) for session, end in ends.items()
    ).drop_nulls("ended_at")


def _end(time: str, date: str) -> pl.Expr:
    day_after = pl.col(date).cast(pl.Datetime("us", "UTC")) + dt.timedelta(days=1)
    return (pl.col(time) + clock.SESSION_LENGTH).fill_null(day_after)


def _unscheduled_sprints(schedules: pl.DataFrame) -> list[str]:
    """The events, in words, whose sprint is only in FastF1's format."""
    of_format = schedules.filter(HAS_SPRINT_FORMAT & pl.col("sprintDate").is_null())
    return [
        f"{described(SCHEDULE, *event)}: it has no sprint, but FastF1's format has; taken as of the day before the race"
        for event in of_format.select(EVENT).iter_rows()
    ]


def _stored(events: pl.DataFrame) -> pl.DataFrame:
    """The stored rows of some events, [season, round], in the shape of the contract."""
    seasons = events["season"].unique().to_list()
    if not stored_keys(TABLE, seasons):
        return EventSchedule.create_empty()
    return EventSchedule.cast(RawIOManager().read(TABLE, seasons).collect().join(events, on=EVENT, how="semi"))


def _known_formats(schedule: pl.DataFrame) -> pl.DataFrame:
    """The stored formats of a season whose events are as they were; none if anything moved or a format is missing.

    The present season's calendar is asked for every day: this saves the second request.
    """
    known = pl.DataFrame(schema={"date": pl.Date} | dict.fromkeys(FORMAT_COLUMNS, pl.String))
    stored = None if schedule.is_empty() else RawIOManager().read_one(TABLE, str(schedule["season"][0]))
    if stored is None or stored["EventFormat"].has_nulls():
        return known
    event = ["round", "circuitId", "raceDate", "sprintDate", "qualifyingDate"]
    if sorted(map(str, stored.select(event).rows())) != sorted(map(str, schedule.select(event).rows())):
        return known
    return stored.select(pl.col("raceDate").alias("date"), *FORMAT_COLUMNS)


def _with_stored_formats(schedules: pl.DataFrame) -> pl.DataFrame:
    """The formats of the present season's events that have none keep the stored ones.

    FastF1's schedules follow a moved race later than Ergast's, and a missing format would be asked for every day.
    """
    stored = RawIOManager().read_one(TABLE, str(clock.now().year))
    if stored is None:
        return schedules
    weekend, is_sprintless = ["season", "circuitId", "is_sprintless"], pl.col("sprintDate").is_null()
    kept = stored.select("season", "circuitId", *FORMAT_COLUMNS, is_sprintless=is_sprintless)
    return (
        schedules.with_columns(is_sprintless=is_sprintless)
        .join(kept.unique(weekend, keep="none"), on=weekend, how="left", maintain_order="left", suffix="_stored")
        .with_columns(
            pl.when(pl.col("EventFormat").is_null()).then(f"{name}_stored").otherwise(name).alias(name)
            for name in FORMAT_COLUMNS
        )
    )
