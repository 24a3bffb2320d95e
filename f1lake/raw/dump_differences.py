"""Where the kept dump differs from raw: sessions, and standings of seasons.

Only columns that corrections change are compared; the driver's current number or the address of an article do not
count. Not here: collecting them again (`automation/`).
"""

from typing import TYPE_CHECKING

import polars as pl

from f1lake.partitions import event_key
from f1lake.raw import constructor_standings, driver_standings, session_results
from f1lake.raw.plausible import EVENT, SESSION
from f1lake.raw.session_results import REGISTERED
from f1lake.storage.raw_io import RawIOManager, stored_keys
from f1lake.upstream.dump.kept import Dump
from f1lake.upstream.pages import CONSTRUCTOR_STANDINGS, STANDINGS, read_listing
from f1lake.upstream.session import collecting

if TYPE_CHECKING:
    from f1lake.upstream.fastf1_session import UpstreamSession

OF_SESSION = (
    "constructorId", "number", "position", "positionText", "points", "grid", "laps", "status", "totalRaceTimeMillis",
    "fastestLapRank", "Q1", "Q2", "Q3",
)  # fmt: skip
OF_STANDINGS = ("position", "positionText", "points", "wins")
RANKINGS = {
    driver_standings.TABLE: (STANDINGS, "driverId"),
    constructor_standings.TABLE: (CONSTRUCTOR_STANDINGS, "constructorId"),
}


def differing(dump: Dump) -> list[str]:
    """The events (`1998-05`) and the seasons' standings (`1998`) of which the dump says something else than raw.

    What the API told after the dump was made is left out: the dump cannot know more.
    """
    with collecting(from_dump=True) as session:
        return [*_sessions(session, dump), *_standings(session, dump)]


def _sessions(session: "UpstreamSession", dump: Dump) -> list[str]:
    """The events of raw with a session in which the dump differs, or that raw lacks."""
    if not stored_keys(session_results.TABLE):
        return []
    stored = RawIOManager().read(session_results.TABLE).with_columns(pl.col("session").cast(pl.String))
    events = stored.select(*EVENT, *REGISTERED).unique()
    newer = stored.filter(_is_newer(dump)).select(SESSION).unique()
    of_dump = dump.sessions.lazy().join(events, on=[*EVENT, *REGISTERED], how="semi")
    compared = of_dump.join(newer, on=SESSION, how="anti").collect()
    ours = stored.join(compared.lazy(), on=[*SESSION, *REGISTERED], how="semi").collect()
    parts = [
        read_listing(session, name).with_columns(pl.col(EVENT).cast(pl.Int32), session=pl.lit(name))
        for name in session_results.SESSION_TYPE.categories
    ]
    theirs = pl.concat(parts, how="diagonal").join(compared, on=SESSION, how="semi")
    rows = [*SESSION, "driverId", *OF_SESSION]
    return sorted({event_key(*event) for event in _unequal(ours, theirs, rows).select(EVENT).iter_rows()})


def _standings(session: "UpstreamSession", dump: Dump) -> list[str]:
    differing_seasons: set[str] = set()
    for table, (listing, who) in RANKINGS.items():
        if not stored_keys(table):
            continue
        stored = RawIOManager().read(table).filter(~_is_newer(dump)).collect()
        for (season, round_), ours in stored.partition_by(EVENT, as_dict=True).items():
            theirs = read_listing(session, listing, season, round_)
            if not theirs.is_empty() and not _unequal(ours, theirs, [*EVENT, who, *OF_STANDINGS]).is_empty():
                differing_seasons.add(str(season))
    return sorted(differing_seasons)


def _is_newer(dump: Dump) -> pl.Expr:
    """Whether a row comes from the API after the dump was made, so that the dump cannot be newer."""
    return (pl.col("source") == "jolpica") & (pl.col("collected_at") > dump.made_at)


def _unequal(ours: pl.DataFrame, theirs: pl.DataFrame, columns: list[str]) -> pl.DataFrame:
    """The rows that only one of the two has."""
    one, other = (rows.select(columns).with_columns(pl.col(EVENT).cast(pl.Int32)) for rows in (ours, theirs))
    other = other.cast(one.schema)
    match = {"on": columns, "how": "anti", "nulls_equal": True}
    return pl.concat([one.join(other, **match), other.join(one, **match)])
