"""bronze/f1db_race_data: F1DB's rows of practice, starting grids, races and sprints, with every change of them."""

import dagster as dg
import polars as pl

from f1lake.bronze.filed import SCHEDULE, rightly_filed
from f1lake.partitions import ALL_EVENTS, SAME_SEASON, SEASONS
from f1lake.raw.f1db_race_data import RaceData
from f1lake.storage.contract import enforced, table
from f1lake.storage.raw_io import OPTIONAL

CLOCK = r"^(?:(\d+):)?(?:(\d+):)?(\d+)(?:\.(\d{1,3}))?$"
"""A time as text: hours, minutes, seconds and their fraction, of which only the seconds must be there."""


@dg.asset(
    **table("bronze/f1db_race_data", RaceData),
    partitions_def=SEASONS,
    ins={
        "released": dg.AssetIn(["raw", "f1db_race_data"], partition_mapping=SAME_SEASON, metadata=OPTIONAL),
        "files": dg.AssetIn(["raw", "f1db_session_files"], partition_mapping=ALL_EVENTS, metadata=OPTIONAL),
    }
    | SCHEDULE,
)
@enforced(RaceData)
def f1db_race_data(released: pl.LazyFrame, files: pl.LazyFrame, schedule: pl.LazyFrame) -> pl.LazyFrame:
    """The rows of the release, and of session files those of sessions that it has not."""
    of_session = ["season", "round", "type"]
    early = rightly_filed(files, schedule).join(released, on=of_session, how="anti").with_columns(
        positionDisplayOrder="order", positionText="position",
        positionNumber=pl.col("position").cast(pl.Int32, strict=False),
        timeMillis=milliseconds(pl.col("time")), gapMillis=milliseconds(pl.col("gap").str.strip_prefix("+")),
    )
    return pl.concat([released, early], how="diagonal").select(RaceData.column_names())


def milliseconds(text: pl.Expr) -> pl.Expr:
    """A time as text, `1:29.473`, in milliseconds; null for what is none."""
    part = text.str.extract_groups(CLOCK).struct
    first, second, seconds = (part.field(str(n)).cast(pl.Int64) for n in (1, 2, 3))
    minutes = pl.when(second.is_null()).then(first.fill_null(0)).otherwise(60 * first.fill_null(0) + second)
    fraction = part.field("4").fill_null("0").str.pad_end(3, "0").cast(pl.Int64)
    return (60 * minutes + seconds) * 1000 + fraction
