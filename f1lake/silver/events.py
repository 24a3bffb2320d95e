"""silver/events: the calendar, one row per race weekend, with the start of every session in UTC."""

import dagster as dg
import dataframely as dy
import polars as pl

from f1lake.partitions import SAME_SEASON, SEASONS
from f1lake.raw.event_schedule import HAS_SPRINT_FORMAT, UTC_TIME
from f1lake.silver.calendars import RACE_TO_COME, SPRINT_DAY, calendars_on
from f1lake.storage.contract import enforced, table

SPRINT_QUALIFYING = pl.coalesce(
    pl.concat_str(pl.col("unknown_fields").str.json_path_match(f"$.{name}.{part}") for part in ("date", "time"))
    for name in ("SprintQualifying", "SprintShootout")
).str.to_datetime("%Y-%m-%d%H:%M:%SZ", time_unit="us", strict=False).dt.replace_time_zone("UTC")
"""When a sprint's qualifying begins (in 2023 the shootout): a field that FastF1 does not know yet."""


class Events(dy.Schema):
    """The calendar of every season as published now, including future rounds."""

    season = dy.Int32(primary_key=True, min=1950, description="year of the championship")
    round = dy.Int32(primary_key=True, min=1, description="place in the season's calendar, from 1")
    event_name = dy.String(description="name of the event", metadata={"from": ["raceName"]})
    event_date = dy.Date(nullable=True, description="day of the race; null while the calendar has none")
    sprint_date = dy.Date(
        nullable=True,
        description="day of the sprint; the day before the race where only the format has one; null without one",
        metadata={"from": ["sprintDate", "EventFormat", "event_date"]},
    )
    qualifying_date = dy.Date(nullable=True, description="day of qualifying; null where not known")
    is_sprint_weekend = dy.Bool(
        description="whether a sprint belongs to the weekend, by the schedule or the format",
        metadata={"from": ["sprintDate", "EventFormat"]},
    )
    rounds_remaining = dy.Int32(
        min=0, description="rounds after this one in the calendar as known on the day of the race (silver/calendars)",
        metadata={"from": ["event_date"], "unit": "rounds"},
    )
    circuit_id = dy.String(description="the source's id of the circuit")
    circuit_name = dy.String(description="name of the circuit")
    locality = dy.String(nullable=True, description="town of the circuit")
    country = dy.String(nullable=True, description="country of the circuit")
    latitude = dy.Float64(
        nullable=True, description="of the circuit, north", metadata={"from": ["lat"], "unit": "degrees"}
    )
    longitude = dy.Float64(
        nullable=True, description="of the circuit, east", metadata={"from": ["long"], "unit": "degrees"}
    )
    first_practice_start = dy.Datetime(
        nullable=True, description="start of the first practice", metadata={"from": ["fp1Time"]}, **UTC_TIME
    )
    second_practice_start = dy.Datetime(
        nullable=True, description="start of the second practice", metadata={"from": ["fp2Time"]}, **UTC_TIME
    )
    third_practice_start = dy.Datetime(
        nullable=True, description="start of the third practice", metadata={"from": ["fp3Time"]}, **UTC_TIME
    )
    qualifying_start = dy.Datetime(
        nullable=True, description="start of qualifying", metadata={"from": ["qualifyingTime"]}, **UTC_TIME
    )
    sprint_start = dy.Datetime(
        nullable=True, description="start of the sprint", metadata={"from": ["sprintTime"]}, **UTC_TIME
    )
    sprint_qualifying_start = dy.Datetime(
        nullable=True, description="start of the qualifying of a sprint; null before 2023 and without one",
        metadata={"from": ["unknown_fields"]}, **UTC_TIME,
    )
    race_start = dy.Datetime(
        nullable=True, description="start of the race; null where not known",
        metadata={"from": ["raceTime"]}, **UTC_TIME,
    )
    event_format = dy.String(nullable=True, description="conventional, sprint, …; from 2018")


@dg.asset(
    **table("silver/events", Events),
    partitions_def=SEASONS,
    ins={
        "schedule": dg.AssetIn(["bronze", "events"], partition_mapping=SAME_SEASON),
        "calendars": dg.AssetIn(["silver", "calendars"], partition_mapping=SAME_SEASON),
    },
)
@enforced(Events)
def events(schedule: pl.LazyFrame, calendars: pl.LazyFrame) -> pl.LazyFrame:
    """The collected schedule in the lake's terms, with the number of rounds after each one."""
    days = schedule.select("season", as_of="event_date").drop_nulls("as_of")
    left = calendars_on(days, calendars).group_by("season", event_date="as_of").agg(
        rounds_remaining=RACE_TO_COME.sum().cast(pl.Int32)
    )
    return schedule.join(left, on=["season", "event_date"], how="left").select(
        "season",
        "round",
        "event_date",
        pl.col("rounds_remaining").fill_null(0),  # a round without a date comes after those that have one
        "locality",
        "country",
        event_name="raceName",
        sprint_date=SPRINT_DAY,
        qualifying_date="qualifyingDate",
        is_sprint_weekend=pl.col("sprintDate").is_not_null() | HAS_SPRINT_FORMAT,
        circuit_id="circuitId",
        circuit_name="circuitName",
        latitude="lat",
        longitude="long",
        first_practice_start="fp1Time",
        second_practice_start="fp2Time",
        third_practice_start="fp3Time",
        qualifying_start="qualifyingTime",
        sprint_start="sprintTime",
        sprint_qualifying_start=SPRINT_QUALIFYING,
        race_start="raceTime",
        event_format="EventFormat",
    ).sort("season", "round")


def last_rounds(calendar: pl.LazyFrame) -> pl.LazyFrame:
    """The last round of each season by date, [season, round]; a postponed round keeps its number."""
    return (
        calendar.sort("event_date", "round", nulls_last=True)
        .group_by("season", maintain_order=True).agg(pl.col("round").last())
    )
