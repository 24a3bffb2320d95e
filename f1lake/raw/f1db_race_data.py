"""raw/f1db_race_data: what F1DB's releases say of each driver in practice, on the grid, in races and sprints."""

from collections.abc import Iterator

import dagster as dg
import dataframely as dy
import polars as pl

from f1lake.partitions import SEASONS
from f1lake.raw.f1db import LEFT_OUT, OfRelease, collected_release, own_columns
from f1lake.storage.contract import enforced, table
from f1lake.upstream.f1db.tables import Archive

TABLE = "raw/f1db_race_data"
PRACTICE = {f"free-practice-{n}-results": f"Practice {n}" for n in (1, 2, 3, 4)}
"""The practices by their files, and the sessions that they are."""
RACE, SPRINT = "race-results", "sprint-race-results"
GRID, SPRINT_GRID = "starting-grid-positions", "sprint-starting-grid-positions"
TYPES = (*PRACTICE, RACE, SPRINT, GRID, SPRINT_GRID)
MS = {"unit": "ms"}

WHO = [
    "positionDisplayOrder", "positionNumber", "positionText", "driverNumber", "driverId", "constructorId",
    "engineManufacturerId", "tyreManufacturerId",
]  # fmt: skip
TIMED = ["time", "timeMillis", "gap", "gapMillis", "laps"]
QUALIFIED = ["qualificationPositionNumber", "qualificationPositionText"]
RACED = [
    *TIMED, *QUALIFIED, "sharedCar", "timePenalty", "timePenaltyMillis", "gapLaps", "reasonRetired", "points",
    "polePosition", "gridPositionNumber", "gridPositionText", "positionsGained", "pitStops", "fastestLap",
    "driverOfTheDay", "grandSlam",
]  # fmt: skip
STARTED = [*QUALIFIED, "gridPenalty", "gridPenaltyPositions", "time", "timeMillis"]
COLUMNS = dict.fromkeys(PRACTICE, TIMED) | dict.fromkeys((RACE, SPRINT), RACED) | dict.fromkeys(
    (GRID, SPRINT_GRID), STARTED
)
"""What each file has beside `WHO`."""


class RaceData(OfRelease):
    """The rows of F1DB's files of practice, starting grids, races and sprints, one row a driver, car and file.

    A column that a file has not is null in its rows. Since 2026 a practice stands here as F1DB's main branch has it
    until a release has it (raw/f1db_session_files).
    """

    season = dy.Int32(min=1950, metadata={"key": True}, description="year of the championship; the source's `year`")
    round = dy.Int32(min=1, metadata={"key": True}, description="place in F1DB's calendar of the season, from 1")
    type = dy.Enum(TYPES, metadata={"key": True}, description="the file: free-practice-1-results, …")
    driverId = dy.String(metadata={"key": True}, description="F1DB's id of the driver")
    driverNumber = dy.String(nullable=True, metadata={"key": True}, description="number of the car, as text")
    positionDisplayOrder = dy.Int32(min=1, description="place of the row in its file")
    positionNumber = dy.Int32(nullable=True, min=1, description="place; null for who has none")
    positionText = dy.String(
        nullable=True, description="place, or DNF, NC, DSQ, DNS, DNQ, DNPQ, EX, DNP; on the grid PL from the pit lane"
    )
    constructorId = dy.String(nullable=True, description="F1DB's id of the constructor")
    engineManufacturerId = dy.String(nullable=True, description="F1DB's id of who made the engine")
    tyreManufacturerId = dy.String(nullable=True, description="F1DB's id of who made the tyres")
    laps = dy.Int32(nullable=True, min=0, description="laps driven", metadata={"unit": "laps"})
    time = dy.String(nullable=True, description="best time, or race time of who has one, as text")
    timeMillis = dy.Int64(nullable=True, min=0, description="the same", metadata=MS)
    gap = dy.String(nullable=True, description="gap to the first, as text")
    gapMillis = dy.Int64(nullable=True, description="the same", metadata=MS)
    gapLaps = dy.Int32(nullable=True, min=0, description="laps behind the winner", metadata={"unit": "laps"})
    sharedCar = dy.Bool(nullable=True, description="whether the car was shared")
    timePenalty = dy.String(nullable=True, description="time penalty that was added after the race, as text")
    timePenaltyMillis = dy.Int64(nullable=True, min=0, description="the same", metadata=MS)
    reasonRetired = dy.String(nullable=True, description="why the car did not finish")
    points = dy.Float64(nullable=True, min=0, description="points of the row", metadata={"unit": "points"})
    polePosition = dy.Bool(nullable=True, description="whether it was the pole")
    qualificationPositionNumber = dy.Int32(nullable=True, min=1, description="place in qualifying")
    qualificationPositionText = dy.String(nullable=True, description="the same, or why there is none")
    gridPositionNumber = dy.Int32(nullable=True, min=1, description="place on the grid")
    gridPositionText = dy.String(nullable=True, description="the same, or PL")
    gridPenalty = dy.String(nullable=True, description="places of a grid penalty, or SFB: back of the grid")
    gridPenaltyPositions = dy.Int32(nullable=True, min=0, description="places of a grid penalty")
    positionsGained = dy.Int32(nullable=True, description="places gained in the race")
    pitStops = dy.Int32(nullable=True, min=0, description="pit stops")
    fastestLap = dy.Bool(nullable=True, description="whether it was the fastest lap of the race")
    driverOfTheDay = dy.Bool(nullable=True, description="whether the driver was chosen driver of the day")
    grandSlam = dy.Bool(nullable=True, description="pole, win and fastest lap, leading every lap")

    @dy.rule()
    def key_is_unique(cls) -> pl.Expr:
        """One row a driver and car in a file: with nulls, so no primary key of dataframely's."""
        return ~pl.struct("season", "round", "type", "driverId", "driverNumber").is_duplicated()


@dg.asset(**table(TABLE, RaceData, kinds={"parquet"}), partitions_def=SEASONS, output_required=False)
@enforced(RaceData)
def f1db_race_data(context: dg.AssetExecutionContext) -> Iterator[dg.Output[dict[str, pl.DataFrame]]]:
    """The run's seasons of the newest release."""
    yield from collected_release(context, TABLE, RaceData, read)


def read(archive: Archive) -> pl.DataFrame:
    """The rows of all files, as text, their columns null where a file has them not."""
    files = [
        archive.read(f"races-{type_}", ["year", "round", *WHO, *columns], LEFT_OUT).with_columns(type=pl.lit(type_))
        for type_, columns in COLUMNS.items()
    ]
    rows = pl.concat(files, how="diagonal").rename({"year": "season"})
    lacking = [name for name in own_columns(RaceData) if name not in rows.columns]
    return rows.with_columns(pl.lit(None, pl.String).alias(name) for name in lacking)
