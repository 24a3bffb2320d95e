"""raw/f1db_session_files: the practices of a weekend under way, from F1DB's main branch, days before a release.

Where F1DB has no file (yet), or cannot be had, nothing is stored, and the run goes on.
"""

import datetime as dt
from collections.abc import Iterator

import dagster as dg
import dataframely as dy
import polars as pl

from f1lake import clock
from f1lake.partitions import RACE_EVENTS, season_and_round
from f1lake.raw import f1db_races
from f1lake.raw.event_rows import OfEvent
from f1lake.raw.f1db import MAIN, believed_rows
from f1lake.raw.f1db_race_data import PRACTICE, TYPES
from f1lake.raw.plausible import EVENT
from f1lake.raw.session_results import REGISTERED
from f1lake.storage.contract import enforced, table
from f1lake.storage.raw_io import RawIOManager
from f1lake.upstream.f1db.tables import session_rows
from f1lake.upstream.failures import F1dbUnusableError

TABLE = "raw/f1db_session_files"
A_DAY = dt.timedelta(days=1)
PRACTICE_LENGTH = dt.timedelta(minutes=90)
"""An hour since 2021; asked for from then on, a file comes in the evening."""
FIELDS = [
    "position", "driverNumber", "driverId", "constructorId", "engineManufacturerId", "tyreManufacturerId", "time",
    "gap", "laps",
]  # fmt: skip


class F1dbSessionFiles(OfEvent):
    """The rows of the files of a weekend's practices, as F1DB's main branch has them."""

    type = dy.Enum(TYPES, primary_key=True, description="the file: free-practice-1-results, …")
    driverId = dy.String(primary_key=True, description="F1DB's id of the driver")
    order = dy.Int32(min=1, description="place of the row in its file")
    position = dy.String(nullable=True, description="place")
    driverNumber = dy.String(nullable=True, description="number of the car, as text")
    constructorId = dy.String(nullable=True, description="F1DB's id of the constructor")
    engineManufacturerId = dy.String(nullable=True, description="F1DB's id of who made the engine")
    tyreManufacturerId = dy.String(nullable=True, description="F1DB's id of who made the tyres")
    time = dy.String(nullable=True, description="best time, as text")
    gap = dy.String(nullable=True, description="gap to the first, as text")
    laps = dy.Int32(nullable=True, min=0, description="laps driven", metadata={"unit": "laps"})


@dg.asset(
    **table(TABLE, F1dbSessionFiles, kinds={"parquet"}),
    partitions_def=RACE_EVENTS,
    ins={"schedule": dg.AssetIn(["raw", "event_schedule"], partition_mapping=dg.AllPartitionMapping())},
    output_required=False,
)
@enforced(F1dbSessionFiles)
def f1db_session_files(
    context: dg.AssetExecutionContext, schedule: pl.LazyFrame
) -> Iterator[dg.Output[dict[str, pl.DataFrame]]]:
    """The practices of the run's events that have ended and are not in the lake yet, day by day."""
    frames, refused, calendar = dict[str, pl.DataFrame](), list[str](), schedule.collect()
    for key in context.partition_keys:
        stored = RawIOManager().read_one(TABLE, key)
        kept = F1dbSessionFiles.create_empty() if stored is None else F1dbSessionFiles.cast(stored)
        event = calendar.filter(season=season_and_round(key)[0], round=season_and_round(key)[1])
        kept = kept.join(event, on=REGISTERED, how="semi")
        try:
            new = [collected_day(event, types, refused) for types in _days(event) if types[-1] not in set(kept["type"])]
        except F1dbUnusableError as error:
            context.log.info(str(error))
            continue
        rows = pl.concat([kept, *new])
        if rows.height > kept.height:
            frames[key] = rows
    yield dg.Output(frames, metadata={"refused": "; ".join(refused)})


def practices(schedule: pl.LazyFrame) -> pl.LazyFrame:
    """When each practice that the calendar has a time of has ended: [season, round, type, ended_at]."""
    return pl.concat(
        schedule.select(*EVENT, type=pl.lit(type_, pl.Enum(TYPES)), ended_at=pl.col(f"fp{n}Time") + PRACTICE_LENGTH)
        for n, type_ in enumerate(list(PRACTICE)[:3], 1)
    ).drop_nulls("ended_at")


def _days(event: pl.DataFrame) -> list[list[str]]:
    """The practices of each day on which the last one has ended."""
    of_day = practices(event.lazy()).sort("ended_at").group_by(pl.col("ended_at").dt.date(), maintain_order=True).agg(
        "type", over_at=pl.col("ended_at").max()
    )
    return of_day.filter(pl.col("over_at") <= clock.now()).collect()["type"].to_list()


def collected_day(event: pl.DataFrame, types: list[str], refused: list[str]) -> pl.DataFrame:
    """The rows of a day's practices; none as long as one of them lacks: on Friday's the odds are published once."""
    files = [collected_file(event, type_, refused) for type_ in types]
    return F1dbSessionFiles.create_empty() if any(rows.is_empty() for rows in files) else pl.concat(files)


def collected_file(event: pl.DataFrame, type_: str, refused: list[str]) -> pl.DataFrame:
    """The rows of one file of an event (a row of the schedule); none while it is not there.

    Which grand prix it is says F1DB's race of that day. A file of another form is left out, and told to `refused`.
    Raises `F1dbUnusableError` if the service fails.
    """
    from f1lake.upstream.f1db.service import session_file  # it needs requests, which no listing of tables waits for

    none, row = F1dbSessionFiles.create_empty(), event.row(0, named=True)
    grand_prix = grand_prix_of(row["season"], row["raceDate"])
    content = grand_prix and session_file(row["season"], row["round"], grand_prix, type_)
    if not content:
        return none
    try:
        parsed = session_rows(f"{type_} of {row['raceName']} {row['season']}", content, FIELDS)
    except F1dbUnusableError as error:
        refused.append(str(error))
        return none
    registered = {name: pl.lit(row[name]).cast(pl.String) for name in (*EVENT, "raceName", *REGISTERED)}
    rows = parsed.with_row_index("order", 1).with_columns(
        pl.col("order").cast(pl.String), type=pl.lit(type_), **registered
    )
    return believed_rows(F1dbSessionFiles, rows, refused, source=MAIN)


def grand_prix_of(season: int, day: dt.date) -> str | None:
    """F1DB's id of the grand prix on a day, or a day from it: local and UTC dates differ. None if it has none."""
    races = RawIOManager().read_one(f1db_races.TABLE, str(season))
    if races is None:
        return None
    near = races.filter((pl.col("date") - pl.lit(day)).abs() <= A_DAY)
    return near["grandPrixId"][0] if near.height else None
