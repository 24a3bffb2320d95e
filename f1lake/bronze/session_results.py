"""bronze/session_results: every classified and unclassified row of races, sprints and qualifyings."""

import dagster as dg
import dataframely as dy
import polars as pl

from f1lake.bronze.events import UTC_TIME
from f1lake.partitions import ALL_EVENTS, SEASONS
from f1lake.storage.contract import enforced, table

DURATIONS = ("totalRaceTime", "fastestLapTime", "Q1", "Q2", "Q3")


class SessionResults(dy.Schema):
    """The results of races, sprints and qualifyings, one row a driver, session and car number."""

    season = dy.Int32(min=1950, metadata={"key": True}, description="year of the championship")
    round = dy.Int32(min=1, metadata={"key": True}, description="place in the season's calendar, from 1")
    session = dy.Enum(
        ["Race", "Sprint", "Qualifying"], metadata={"key": True}, description="which session of the weekend"
    )
    driverId = dy.String(metadata={"key": True}, description="the source's id of the driver")
    number = dy.Int64(
        nullable=True, metadata={"key": True}, description="car number; null in six rows, and two for a driver who shared cars"
    )
    raceName = dy.String(description="name of the event")
    raceDate = dy.Date(description="day of the race (not of this session)")
    circuitId = dy.String(description="the source's id of the circuit")
    position = dy.Int64(min=1, description="finishing order, the unclassified included; ties in shared drives")
    positionText = dy.String(nullable=True, description="a number if classified, else R, D, E, W, F, N; null in qualifying")
    points = dy.Float64(nullable=True, min=0, description="points of the session; null in qualifying")
    grid = dy.Int64(nullable=True, min=0, description="place on the grid; 0 from the pit lane or never started")
    laps = dy.Int64(nullable=True, min=0, description="laps completed", metadata={"unit": "laps"})
    status = dy.String(nullable=True, description="Finished, +1 Lap or Lapped, or why not")
    driverNumber = dy.Int64(nullable=True, description="the driver's permanent number, since 2014")
    driverCode = dy.String(nullable=True, description="three letters of the timing screens")
    driverUrl = dy.String(nullable=True, description="article about the driver")
    givenName = dy.String(description="given name")
    familyName = dy.String(description="family name")
    dateOfBirth = dy.Date(nullable=True, description="day of birth")
    driverNationality = dy.String(nullable=True, description="nationality of the driver")
    constructorId = dy.String(description="the source's id of the constructor")
    constructorUrl = dy.String(nullable=True, description="article about the constructor")
    constructorName = dy.String(description="name of the constructor")
    constructorNationality = dy.String(nullable=True, description="nationality of the constructor")
    totalRaceTimeMillis = dy.Int64(
        nullable=True, description="race time of those on the lead lap; -1 where the source has an empty text", metadata={"unit": "ms"}
    )
    totalRaceTime_ms = dy.Int64(nullable=True, description="race time, or gap to the winner", metadata={"unit": "ms"})
    fastestLapRank = dy.Int64(nullable=True, description="rank of the driver's fastest lap")
    fastestLapNumber = dy.Int64(nullable=True, description="lap on which it was driven")
    fastestLapTime_ms = dy.Int64(nullable=True, description="fastest lap", metadata={"unit": "ms"})
    Q1_ms = dy.Int64(nullable=True, description="first part of qualifying", metadata={"unit": "ms"})
    Q2_ms = dy.Int64(nullable=True, description="second part of qualifying", metadata={"unit": "ms"})
    Q3_ms = dy.Int64(nullable=True, description="third part of qualifying", metadata={"unit": "ms"})
    collected_at = dy.Datetime(description="when it was collected", metadata={"volatile": True}, **UTC_TIME)
    source = dy.String(description="`jolpica`, or what the recording says of itself")

    @dy.rule()
    def key_is_unique(cls) -> pl.Expr:
        """One row a driver and car number in a session: with nulls, so no primary key of dataframely's."""
        return ~pl.struct("season", "round", "session", "driverId", "number").is_duplicated()


@dg.asset(
    **table("bronze/session_results", SessionResults),
    partitions_def=SEASONS,
    ins={"results": dg.AssetIn(["raw", "session_results"], partition_mapping=ALL_EVENTS)},
)
@enforced(SessionResults)
def session_results(results: pl.LazyFrame) -> pl.LazyFrame:
    """The collected rows, durations as milliseconds."""
    in_ms = [pl.col(c).dt.total_milliseconds().alias(f"{c}_ms") for c in DURATIONS]
    return results.with_columns(in_ms).drop(DURATIONS)
