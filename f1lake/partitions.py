"""How the lake is partitioned: by season and by race event, how one maps to the other, and how their files are named.

Not here: registering race events with an instance (`automation/`), and where these files are (`storage/`).
"""

import datetime as dt
import functools
import re
from collections.abc import Iterable, Sequence

import dagster as dg
import polars as pl

from f1lake.failures import UsageError
from f1lake.settings import FIRST_SEASON

SEASONS = dg.TimeWindowPartitionsDefinition(
    cron_schedule="0 0 1 1 *", start=str(FIRST_SEASON), fmt="%Y", end_offset=1
)
"""One partition per season, the current one included."""


def _keys_of_seasons(current_time: dt.datetime | None = None, dynamic_partitions_store: object = None) -> list[str]:
    """The years since the first season, as Dagster counts them."""
    now = current_time or dt.datetime.fromtimestamp(SEASONS._get_current_timestamp(), dt.UTC)
    return [str(year) for year in range(FIRST_SEASON, now.year + 1)]


# At every input of every step, Dagster counts years one by one, each from the cron expression.
SEASONS.get_prev_partition_window = functools.cache(SEASONS.get_prev_partition_window)
SEASONS.start_time_for_partition_key = functools.cache(SEASONS.start_time_for_partition_key)
SEASONS.get_partition_keys = _keys_of_seasons

FILE_NAME = re.compile(r"season=(\d{4})(?:/round=(\d+))?\.parquet")

RACE_EVENT = "race_event"
RACE_EVENTS = dg.DynamicPartitionsDefinition(name=RACE_EVENT)
"""One partition per race weekend, `2026-09`, registered once its first session has begun."""

SAME_SEASON = dg.TimeWindowPartitionMapping()
"""A season reads its own season."""

WITH_SEASON_BEFORE = dg.TimeWindowPartitionMapping(start_offset=-1, allow_nonexistent_upstream_partitions=True)
"""A season reads itself and the previous season."""

UP_TO_SEASON = dg.TimeWindowPartitionMapping(start_offset=-100, allow_nonexistent_upstream_partitions=True)
"""A season reads itself and every earlier season, never a later one. It reaches back to 1950 until 2050."""

ALL_EVENTS = dg.AllPartitionMapping()
"""A season may read any race event; the raw I/O manager scans only the files of its own season."""


def event_key(season: int, round_: int) -> str:
    """The partition key of a race event: `event_key(2026, 9) == "2026-09"`."""
    return f"{season}-{round_:02d}"


EVENT_KEY = pl.format("{}-{}", "season", pl.col("round").cast(pl.String).str.zfill(2))
"""`event_key` of the columns `season` and `round`."""


def season_and_round(key: str) -> tuple[int, int]:
    """The inverse of `event_key`. Raises `ValueError` for anything else."""
    season, _, round_ = key.partition("-")
    return int(season), int(round_)


def seasons_of(keys: Iterable[str]) -> list[int]:
    """The seasons of some season or race-event keys, ascending, without duplicates."""
    return sorted({int(key[:4]) for key in keys})


def file_name(key: str) -> str:
    """The file of a partition in its table: `season=2026/round=09.parquet` of `2026-09`, `season=2026.parquet`."""
    return f"season={key.replace('-', '/round=')}.parquet"


def key_of_file(name: str) -> str | None:
    """The inverse of `file_name`; None for any other file."""
    match = FILE_NAME.fullmatch(name)
    return "-".join(filter(None, match.groups())) if match else None


def registered_ranges(keys: Sequence[str], registered: Sequence[str]) -> list[tuple[str, str]]:
    """The smallest set of ranges, in the order of registration, that holds exactly these keys.

    Dynamic partitions keep the order in which they were added, and a range follows that order, not the calendar. A
    range written by hand may therefore hold nothing, or too much.

    Raises `UsageError` for a key that is not registered.
    """
    place = {key: i for i, key in enumerate(registered)}
    unknown = sorted(set(keys) - set(place))
    if unknown:
        raise UsageError(
            "{keys}: no race event that has begun; `2026-09` is round 9 of 2026", keys=", ".join(unknown)
        )
    ranges: list[tuple[int, int]] = []
    for i in sorted(place[key] for key in set(keys)):
        if ranges and ranges[-1][1] == i - 1:
            ranges[-1] = (ranges[-1][0], i)
        else:
            ranges.append((i, i))
    return [(registered[a], registered[b]) for a, b in ranges]
