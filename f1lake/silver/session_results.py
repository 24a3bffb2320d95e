"""silver/session_results: what happened, one row per driver and session, in the lake's terms."""

import dagster as dg
import dataframely as dy
import polars as pl

from f1lake.partitions import SAME_SEASON, SEASONS
from f1lake.raw.event_schedule import SPRINT_BEFORE_RACE
from f1lake.raw.plausible import LETTERS
from f1lake.storage.contract import enforced, table

SESSIONS = ["Race", "Sprint", "Qualifying"]
STATUS_CLASSES = ["classified", *LETTERS.values()]
NO_START = ["withdrawn", "failed_to_qualify"]
NEVER_STARTED = ["Did not start", "Withdrew", "Did not qualify", "Did not prequalify"]
"""The source's words for drivers who did not start, whatever the letter in `positionText`."""
POLES_BY_NAME = {
    "1951 4": "fangio", "1952 8": "ascari", "1953 7": "ascari", "1953 8": "fangio", "1955 1": "gonzalez",
    "1957 5": "moss", "1964 9": "clark",
}
"""The driver in the first slot, by season and round, where the source does not say.

In five races its drivers shared one car or swapped cars, and the source does not say who drove which first; in 1952 and
1964 two cars have grid 1. Source: the pole positions of those seasons on gpracingstats.com.
"""
SPRINT_GRID_GAVE_THE_POLE = 2022
"""In 2022 the fastest in qualifying had the pole of a sprint weekend; that driver led the grid of the sprint but not
necessarily that of the race (Magnussen at Interlagos). In 2021 the winner of the sprint had it; since 2023 the race has
a qualifying of its own. Source: FIA sporting regulations of 2021 and 2022, articles on the sprint and the grid."""
VACANT_PLACES = {"1983 1": 2}
"""The place that stayed vacant, by season and round: the second of Brazil 1983 was disqualified and nobody moved up.

The source's results close up, the points and the standings do not. Source: the official classification, as in F1DB.
"""
STATUS_CLASS = (
    pl.when(pl.col("positionText").str.contains(r"^\d+$"))
    .then(pl.lit("classified"))
    .otherwise(pl.col("positionText").replace_strict(LETTERS, default=None))
    .cast(pl.Enum(STATUS_CLASSES))
)
VACANT = pl.format("{} {}", "season", "round").replace_strict(VACANT_PLACES, default=None, return_dtype=pl.Int64)
POSITION = pl.col("position") + (
    (pl.col("session") == "Race") & (pl.col("position") >= VACANT)
).fill_null(value=False).cast(pl.Int64)
NEVER_LEFT = STATUS_CLASS.is_in(NO_START) | (
    pl.col("status").is_in(NEVER_STARTED) & (STATUS_CLASS != "classified").fill_null(value=True)
)
STARTED = (pl.col("session") != "Qualifying") & (
    (pl.col("laps").fill_null(0) > 0) | ~NEVER_LEFT.fill_null(value=False)
)
"""Whoever drove a lap has started: up to 2026, 20 rows have a W for a driver who withdrew from the running race."""
ON_LEAD_LAP = (
    pl.col("laps") == pl.col("laps").filter(pl.col("position") == 1).first().over("season", "round", "session")
).fill_null(pl.col("status") == "Finished")
"""Since 2023 the source also has times of lapped drivers, who stopped the clock before the winner did."""


class SessionResults(dy.Schema):
    """The results of races, sprints and qualifyings, one row per driver and session.

    A driver of more than one car in a race (shared drives, 1950-64) has the row of the best position with its grid and
    status, and the points of all; `is_pole` goes by the car that the driver had on the grid, which may be another.
    Classified is who has a number in the source's `positionText`, which includes three cars disqualified in 2023 and
    2024.
    """

    season = dy.Int32(primary_key=True, min=1950, description="year of the championship")
    round = dy.Int32(primary_key=True, min=1, description="place in the season's calendar, from 1")
    session = dy.Enum(SESSIONS, primary_key=True, description="which session of the weekend")
    driver_id = dy.String(primary_key=True, description="the source's id of the driver")
    constructor_id = dy.String(description="the source's id of the constructor")
    session_date = dy.Date(
        nullable=True, description="day of the session; null where not known (qualifying)",
        metadata={"from": ["event_date", "sprintDate", "qualifyingDate"]},
    )
    number = dy.Int64(nullable=True, description="car number; null in six rows of the 1960s")
    grid = dy.Int64(nullable=True, min=1, description="place on the grid; null from the pit lane, or not known")
    is_pole = dy.Bool(
        description="had the first slot of the grid, penalties in, whether or not the car then started; in 2022 of the "
        "sprint's grid, where there was one",
        metadata={"from": ["grid", "number", "driverId"]},
    )
    position = dy.Int64(
        nullable=True, min=1,
        description="finishing order, unclassified included; ties in shared drives; null where the source has none; "
        "nobody is second in Brazil 1983",
    )
    status_class = dy.Enum(
        STATUS_CLASSES, nullable=True, description="how it ended; null in qualifying, or not known",
        metadata={"from": ["positionText", "status"]},
    )
    is_start = dy.Bool(
        description="started a race or sprint: drove a lap, or neither withdrew before nor failed to qualify",
        metadata={"from": ["session", "laps", "positionText", "status"]},
    )
    is_shared_drive = dy.Bool(
        description="shared the car with another driver, or drove more than one car",
        metadata={"from": ["number", "driverId"]},
    )
    points = dy.Float64(
        nullable=True, min=0, description="points of the session, to the hundredth; null in qualifying",
        metadata={"unit": "points"},
    )
    laps = dy.Int64(nullable=True, min=0, description="laps completed", metadata={"unit": "laps"})
    status = dy.String(nullable=True, description="the source's words: Finished, Lapped, or why not")
    race_time_ms = dy.Int64(
        nullable=True, min=0, description="race time of those on the lead lap, the winner's",
        metadata={"from": ["totalRaceTimeMillis", "laps", "position", "status"], "unit": "ms"},
    )
    fastest_lap_rank = dy.Int64(nullable=True, description="rank of the driver's fastest lap; from 2004")
    fastest_lap_ms = dy.Int64(
        nullable=True, description="the driver's fastest lap", metadata={"from": ["fastestLapTime_ms"], "unit": "ms"}
    )
    q1_ms = dy.Int64(nullable=True, description="first part of qualifying", metadata={"unit": "ms"})
    q2_ms = dy.Int64(nullable=True, description="second part of qualifying", metadata={"unit": "ms"})
    q3_ms = dy.Int64(nullable=True, description="third part of qualifying", metadata={"unit": "ms"})

    @dy.rule()
    def is_dated(cls) -> pl.Expr:
        """Races and sprints have a day, because windows and championships depend on it."""
        return (pl.col("session") == "Qualifying") | pl.col("session_date").is_not_null()


@dg.asset(
    **table("silver/session_results", SessionResults),
    partitions_def=SEASONS,
    ins={
        "results": dg.AssetIn(["bronze", "session_results"], partition_mapping=SAME_SEASON),
        "schedule": dg.AssetIn(["bronze", "events"], partition_mapping=SAME_SEASON),
    },
)
@enforced(SessionResults)
def session_results(results: pl.LazyFrame, schedule: pl.LazyFrame) -> pl.LazyFrame:
    """The source's rows, one per driver and session, with the day of the session."""
    return one_row_a_driver(with_day(results, schedule)).select(
        "season",
        "round",
        "session",
        "session_date",
        "number",
        POSITION.alias("position"),
        "points",
        "laps",
        "status",
        "is_shared_drive",
        "is_pole",
        driver_id="driverId",
        constructor_id="constructorId",
        grid=pl.col("grid").replace(0, None),
        status_class=STATUS_CLASS,
        is_start=STARTED,
        race_time_ms=pl.when(ON_LEAD_LAP).then("totalRaceTimeMillis"),
        fastest_lap_rank="fastestLapRank",
        fastest_lap_ms="fastestLapTime_ms",
        q1_ms="Q1_ms",
        q2_ms="Q2_ms",
        q3_ms="Q3_ms",
    )


def with_day(results: pl.LazyFrame, schedule: pl.LazyFrame) -> pl.LazyFrame:
    """bronze/session_results with `session_date`: for the race its own day, for other sessions the schedule's.

    A sprint that is missing from the schedule is dated to the day before the race.
    """
    days = schedule.select("season", "round", "sprintDate", "qualifyingDate")
    return results.join(days, on=["season", "round"], how="left").with_columns(
        session_date=pl.when(session="Race").then("raceDate")
        .when(session="Sprint").then(pl.coalesce("sprintDate", pl.col("raceDate") - SPRINT_BEFORE_RACE))
        .otherwise("qualifyingDate")
    )


def one_row_a_driver(results: pl.LazyFrame) -> pl.LazyFrame:
    """bronze/session_results reduced to each driver's best position, with `is_shared_drive` and `is_pole`.

    The points of all rows of the driver are added up. A car is shared if several drivers have the same position and the
    same number.
    """
    session = ["season", "round", "session"]
    driver = [*session, "driverId"]
    return (
        with_pole(results, car=[*session, "number", "position"], driver=driver)
        .sort(*driver, "position", nulls_last=True)
        .with_columns(
            points=pl.when(pl.col("points").is_not_null()).then(pl.col("points").sum().over(driver)),
            is_shared_drive=(pl.col("is_shared") | pl.struct(driver).is_duplicated()).any().over(driver),
            is_pole=pl.col("is_pole").any().over(driver),
        )
        .unique(driver, keep="first", maintain_order=True)
    )


def with_pole(results: pl.LazyFrame, car: list[str], driver: list[str]) -> pl.LazyFrame:
    """bronze/session_results with `is_shared` (the car) and `is_pole`: who had the first slot of the grid.

    A driver of a shared car who also drove another car alone started in that one, so the shared car gives no pole.
    `POLES_BY_NAME` decides the remaining cases. For races that it does not list, all drivers of the car have the pole.
    """
    known = pl.format("{} {}", "season", "round").replace_strict(POLES_BY_NAME, default=None)
    is_shared = pl.struct(car).is_duplicated() & pl.col("position").is_not_null()
    is_first = (pl.col("grid") == 1).fill_null(value=False)
    is_sprint, event = pl.col("session") == "Sprint", ["season", "round"]
    led_the_sprint = (is_first & is_sprint).any().over(*event, "driverId")
    by_sprint = (pl.col("season") == SPRINT_GRID_GAVE_THE_POLE) & is_sprint.any().over(event)
    return results.with_columns(is_shared=is_shared).with_columns(
        is_pole=(pl.col("session") != "Qualifying")
        & pl.when(by_sprint).then(led_the_sprint).otherwise(is_first)
        & (~pl.col("is_shared") | pl.col("is_shared").all().over(driver))
        & (pl.col("driverId") == known).fill_null(value=True)
    )
