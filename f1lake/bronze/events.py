"""bronze/events: the schedule of every season, as the source has it now."""

import dagster as dg
import dataframely as dy
import polars as pl

from f1lake.partitions import SAME_SEASON, SEASONS
from f1lake.storage.contract import enforced, table

ERGAST = "Jolpica (Ergast) races"
UTC_TIME = {"time_unit": "us", "time_zone": "UTC"}


class Events(dy.Schema):
    """The race schedule, one row a race weekend, with the UTC start of every session that has one."""

    season = dy.Int32(primary_key=True, min=1950, description="year of the championship")
    round = dy.Int32(primary_key=True, min=1, description="place in the season's calendar, from 1")
    event_date = dy.Date(description="day of the race, the source's `date` verbatim", metadata={"source": ERGAST})
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
        nullable=True, description="conventional, sprint, …; from 2018", metadata={"source": "FastF1 schedule"}
    )
    Session1 = dy.String(nullable=True, description="name of the first session", metadata={"source": "FastF1 schedule"})
    Session2 = dy.String(nullable=True, description="name of the second session", metadata={"source": "FastF1 schedule"})
    Session3 = dy.String(nullable=True, description="name of the third session", metadata={"source": "FastF1 schedule"})
    Session4 = dy.String(nullable=True, description="name of the fourth session", metadata={"source": "FastF1 schedule"})
    Session5 = dy.String(nullable=True, description="name of the fifth session", metadata={"source": "FastF1 schedule"})
    collected_at = dy.Datetime(description="when it was collected", metadata={"volatile": True}, **UTC_TIME)
    source = dy.String(description="`jolpica`, or what the recording says of itself")


@dg.asset(
    **table("bronze/events", Events),
    partitions_def=SEASONS,
    ins={"schedule": dg.AssetIn(["raw", "event_schedule"], partition_mapping=SAME_SEASON)},
)
@enforced(Events)
def events(schedule: pl.LazyFrame) -> pl.LazyFrame:
    """The collected schedule, its `raceDate` under the name that the lake uses for it."""
    return schedule.rename({"raceDate": "event_date"})
