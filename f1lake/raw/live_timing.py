"""What the tables of live timing have in common: rows of the sessions of one race event, read once a run.

Only with an F1TV account (`upstream/live_timing.py`), and only for new sessions. What does not belong
here: what each table keeps.
"""

import functools
from collections.abc import Iterator
from typing import Any

import dagster as dg
import dataframely as dy
import polars as pl

from f1lake.partitions import event_key
from f1lake.raw.event_rows import OfEvent, raced
from f1lake.raw.plausible import EVENT
from f1lake.raw.session_results import SESSION_TYPE, wanted_sessions
from f1lake.upstream.failures import UnavailableError, UpstreamError
from f1lake.upstream.live_timing import LiveTiming, read_session
from f1lake.upstream.pages import described
from f1lake.upstream.session import collecting


class OfSession(OfEvent):
    """The columns that tell which session a row is of, and where the row is from."""

    session = dy.Enum(SESSION_TYPE.categories, primary_key=True, description="which session of the weekend")


def collected_part(
    context: dg.AssetExecutionContext,
    schedule: pl.LazyFrame,
    results: pl.LazyFrame,
    part: str,
    schema: type[dy.Schema],
) -> Iterator[dg.Output[dict[str, pl.DataFrame]]]:
    """One part of the live timing of the run's raced events, `drivers` say, in the shape of the contract.

    A session of which live timing has nothing (yet) is left out. Raises what went wrong with this part: the
    others are not held back.
    """
    keys = raced(context.partition_keys, results)
    sessions = wanted_sessions(keys, schedule.collect())
    frames = {key: [schema.create_empty()] for key in keys}
    for season, round_, name, circuit, day in sessions.select(*EVENT, "session", "circuitId", "raceDate").iter_rows():
        rows = _read_in_run(context.run_id, season, round_, day, name).rows(part)
        if part == "drivers" and not rows.is_empty() and rows["DriverId"].is_null().all():
            known = results.filter(season=season, round=round_).filter(pl.col("session").cast(pl.String) == name)
            if not known.head(1).collect().is_empty():
                raise UnavailableError(described(name, season, round_), "the API did not say which driver is whose car")
        event = schedule.filter(season=season, round=round_).select("raceName").collect().item()
        of_session = {
            "season": season, "round": round_, "session": name, "raceName": event, "raceDate": day, "circuitId": circuit
        }
        frames[event_key(season, round_)].append(
            schema.cast(rows.with_columns(**{column: pl.lit(value) for column, value in of_session.items()}))
        )
    yield dg.Output({key: pl.concat(parts) for key, parts in frames.items()})


@functools.lru_cache(maxsize=64)
def _read_in_run(run_id: str, *session: Any) -> LiveTiming:
    """A session as this run has read it: four tables want it, live timing is asked once, even where it fails."""
    with collecting() as upstream:
        timing = read_session(upstream, *session)
        provenance = upstream.provenance()
    return LiveTiming({
        part: told if isinstance(told, UpstreamError) else told.with_columns(*provenance)
        for part, told in timing.parts.items()
    })
