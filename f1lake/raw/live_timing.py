"""Shared by the tables of live timing: rows of the sessions of one race event, read once per run.

Only with an F1TV account (`upstream/live_timing.py`), and only for new sessions. Each table decides what it keeps.
"""

import functools
from collections.abc import Iterator
from typing import Any

import dagster as dg
import dataframely as dy
import polars as pl

from f1lake.partitions import season_and_round
from f1lake.raw.event_rows import OfEvent, raced
from f1lake.raw.plausible import EVENT, SESSION
from f1lake.raw.session_results import REGISTERED, SESSION_TYPE, wanted_sessions
from f1lake.storage.raw_io import RawIOManager
from f1lake.upstream.failures import UnavailableError, UpstreamError, raise_one_of
from f1lake.upstream.live_timing import LiveTiming, read_session
from f1lake.upstream.pages import described
from f1lake.upstream.session import collecting, read_each


class OfSession(OfEvent):
    """The columns that identify a row's session and its source."""

    session = dy.Enum(
        SESSION_TYPE.categories, primary_key=True, description="which session of the weekend", metadata={"part": True}
    )


def collected_part(
    context: dg.AssetExecutionContext,
    schedule: pl.LazyFrame,
    results: pl.LazyFrame,
    part: str,
    table: str,
    schema: type[dy.Schema],
) -> Iterator[dg.Output[dict[str, pl.DataFrame]]]:
    """One part of the live timing of the run's raced events, `drivers` say, in the shape of the contract.

    A session of which live timing has nothing (yet) is left out, or stays as it is in the lake. Raises what went wrong
    with this part of one event once the others are stored: neither they nor the other parts are held back.
    """
    keys = raced(context.partition_keys, results)
    calendar, known = schedule.collect(), results.select(SESSION).unique().collect()
    sessions = wanted_sessions(keys, calendar).join(calendar.select(*EVENT, "raceName"), on=EVENT)

    def read(key: str) -> pl.DataFrame:
        of_event = sessions.filter(season=season_and_round(key)[0], round=season_and_round(key)[1])
        frames = [_session(context.run_id, of_session, part, known) for of_session in of_event.iter_rows(named=True)]
        rows = pl.concat([schema.create_empty(), *map(schema.cast, frames)])
        stored = RawIOManager().read_one(table, key)
        if stored is None:
            return rows
        kept = schema.cast(stored.join(of_event, on=REGISTERED, how="semi")).join(rows, on="session", how="anti")
        return pl.concat([rows, kept])

    frames, errors = read_each(keys, read)
    yield dg.Output(frames)
    raise_one_of(errors)


def _session(run_id: str, of: dict[str, Any], part: str, known: pl.DataFrame) -> pl.DataFrame:
    """One part of a session. Raises its failure, or an error if the API did not say who drives which car."""
    rows = _read_in_run(run_id, of["season"], of["round"], of["raceDate"], of["session"]).rows(part)
    if part == "drivers" and not rows.is_empty() and rows["DriverId"].is_null().all():
        is_of = (pl.col(name).cast(pl.String) == str(of[name]) for name in SESSION)
        if not known.filter(is_of).is_empty():
            request = described(of["session"], of["season"], of["round"])
            raise UnavailableError(request, "the API did not say which driver is whose car")
    return rows.with_columns(pl.lit(of[name]).alias(name) for name in (*SESSION, "raceName", "raceDate", "circuitId"))


@functools.lru_cache(maxsize=64)
def _read_in_run(run_id: str, *session: Any) -> LiveTiming:
    """A session as read by this run; four tables need it, and live timing is requested once, even if that fails."""
    with collecting() as upstream:
        timing = read_session(upstream, *session)
        provenance = upstream.provenance()
    return LiveTiming({
        part: of_sessions if isinstance(of_sessions, UpstreamError) else of_sessions.with_columns(*provenance)
        for part, of_sessions in timing.parts.items()
    })
