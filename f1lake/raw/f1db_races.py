"""raw/f1db_races: the races of F1DB's calendar, and on which layout of its circuit each is driven."""

from collections.abc import Iterator

import dagster as dg
import dataframely as dy
import polars as pl

from f1lake.partitions import SEASONS
from f1lake.raw.f1db import OfRelease, collected_release
from f1lake.storage.contract import enforced, table
from f1lake.upstream.f1db.tables import Archive

TABLE = "raw/f1db_races"
KM = {"unit": "km"}


class F1dbRaces(OfRelease):
    """The races of F1DB's calendar, those to come in the season under way too."""

    round = dy.Int32(primary_key=True, min=1, description="place in F1DB's calendar of the season, from 1")
    date = dy.Date(description="day of the race")
    grandPrixId = dy.String(description="F1DB's id of the grand prix")
    officialName = dy.String(nullable=True, description="official name of the event")
    circuitId = dy.String(description="F1DB's id of the circuit")
    circuitLayoutId = dy.String(nullable=True, description="F1DB's id of the layout that is driven")
    circuitType = dy.String(nullable=True, description="RACE, STREET or ROAD")
    direction = dy.String(nullable=True, description="CLOCKWISE, ANTI_CLOCKWISE or FIGURE_8")
    courseLength = dy.Float64(nullable=True, min=0, description="length of a lap", metadata=KM)
    turns = dy.Int32(nullable=True, min=0, description="turns of a lap")
    laps = dy.Int32(nullable=True, min=0, description="laps of the race", metadata={"unit": "laps"})
    distance = dy.Float64(nullable=True, min=0, description="length of the race", metadata=KM)


OWN = [
    "round", "date", "grandPrixId", "officialName", "circuitId", "circuitLayoutId", "circuitType", "direction",
    "courseLength", "turns", "laps", "distance",
]  # fmt: skip
LEFT_OUT = (
    "id", "time", "qualifyingFormat", "sprintQualifyingFormat", "scheduledLaps", "scheduledDistance",
    "driversChampionshipDecider", "constructorsChampionshipDecider",
    *(f"sprintRace{name}" for name in ("Laps", "Distance", "ScheduledLaps", "ScheduledDistance")),
    *(
        f"{session}{of}" for of in ("Date", "Time") for session in (
            "preQualifying", "freePractice1", "freePractice2", "freePractice3", "freePractice4", "qualifying1",
            "qualifying2", "qualifying", "sprintQualifying", "sprintRace", "warmingUp",
        )
    ),
)  # fmt: skip
"""What the first source has, or nobody asks for."""


@dg.asset(**table(TABLE, F1dbRaces, kinds={"parquet"}), partitions_def=SEASONS, output_required=False)
@enforced(F1dbRaces)
def f1db_races(context: dg.AssetExecutionContext) -> Iterator[dg.Output[dict[str, pl.DataFrame]]]:
    """The run's seasons of the newest release."""
    yield from collected_release(context, TABLE, F1dbRaces, read)


def read(archive: Archive) -> pl.DataFrame:
    """The rows of the file, as text."""
    return archive.read("races", ["year", *OWN], LEFT_OUT).rename({"year": "season"})
