"""Shared by pit stops and laps: rows of one race event, which the source may lack.

Not here: results (`session_results.py`), which every race has.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import dagster as dg
import dataframely as dy
import polars as pl

from f1lake.partitions import RACE_EVENTS, event_key, season_and_round
from f1lake.raw.event_schedule import SOURCE, UTC_TIME
from f1lake.raw.plausible import EVENT, believed, warn
from f1lake.storage.raw_io import OPTIONAL, RawIOManager, partition_path
from f1lake.upstream.failures import OtherEventError, ResultsGoneError, raise_one_of
from f1lake.upstream.pages import described, read_listing
from f1lake.upstream.session import collecting, read_each
from f1lake.upstream.unknown_fields import UNKNOWN

if TYPE_CHECKING:
    from f1lake.upstream.fastf1_session import UpstreamSession

OF_EVENTS: dict[str, Any] = {
    "partitions_def": RACE_EVENTS,
    "ins": {
        "schedule": dg.AssetIn(["raw", "event_schedule"], partition_mapping=dg.AllPartitionMapping()),
        "results": dg.AssetIn(
            ["raw", "session_results"], partition_mapping=dg.AllPartitionMapping(), metadata=OPTIONAL
        ),
    },
    "output_required": False,
}
"""Arguments of `@dg.asset` for such a table; results come first if one run collects both."""


class OfEvent(dy.Schema):
    """The columns that identify a row's event and its source."""

    season = dy.Int32(primary_key=True, min=1950, description="year of the championship")
    round = dy.Int32(
        primary_key=True, min=1, description="place in the season's calendar, from 1", metadata={"part": True}
    )
    raceName = dy.String(description="name of the event")
    raceDate = dy.Date(nullable=True, description="day of the race", metadata={"alias": "round"})
    circuitId = dy.String(description="the source's id of the circuit")
    collected_at = dy.Datetime(description="when it was collected", metadata={"volatile": True}, **UTC_TIME)
    source = dy.String(description=SOURCE, metadata={"volatile": True})


class EventRows(OfEvent):
    """The rows of a listing."""

    unknown_fields = dy.String(**UNKNOWN)


def raced(keys: Sequence[str], results: pl.LazyFrame) -> list[str]:
    """The events among `keys` with race results in the lake; for others there is nothing to request yet."""
    races = results.filter(pl.col("session").cast(pl.String) == "Race").select(EVENT).unique().collect()
    return sorted(set(keys) & {event_key(*event) for event in races.iter_rows()})


def collected_events(
    context: dg.AssetExecutionContext, what: str, table: str, schema: type[dy.Schema], schedule: pl.LazyFrame,
    results: pl.LazyFrame,
) -> Iterator[dg.Output[dict[str, pl.DataFrame]]]:
    """The run's events that have been raced; one that the source has none of is kept without rows.

    One whose rows cannot be believed is left out by name, and what the lake has of it stays. Rows that the service
    fails to give, that are gone or of another event fail the run once the others are stored.
    """
    calendar = schedule.collect()
    with collecting() as session:
        frames_read, errors = read_each(
            raced(context.partition_keys, results),
            lambda key: collected_event(session, what, table, schema, key, calendar),
            session,
        )
        rows, refused, odd = believed(what, schema, pl.concat([schema.create_empty(), *frames_read.values()]))
        by_event = rows.partition_by(EVENT, as_dict=True)
        none, out = schema.create_empty(), {event_key(*event) for event in refused.select(EVENT).iter_rows()}
        frames = {key: by_event.get(season_and_round(key), none) for key in frames_read if key not in out}
        missing = [key for key, frame in frames.items() if frame.is_empty()]
        metadata = {
            "requests_sent": session.requests_sent, "source_has_none": ", ".join(missing),
            **warn(context, refused["message"], odd),
        }
        yield dg.Output(frames, metadata=metadata)
        raise_one_of(errors)


def collected_event(
    session: "UpstreamSession", what: str, table: str, schema: type[dy.Schema], key: str, schedule: pl.DataFrame
) -> pl.DataFrame:
    """The rows of one event in the shape of the contract; none if the source has none.

    Raises a typed `UpstreamError`: `OtherEventError` for rows of another circuit or day than the
    schedule has for this round, `ResultsGoneError` if the lake has rows and the source none.
    """
    season, round_ = season_and_round(key)
    request = described(what, season, round_)
    rows = read_listing(session, what, season, round_)
    registered = schedule.filter(season=season, round=round_).select("circuitId", "raceDate").rows()
    stored = RawIOManager().read_one(table, key) if rows.is_empty() else None
    if stored is not None and set(stored.select("circuitId", "raceDate").rows()) & set(registered):
        raise ResultsGoneError(request, f"the source has none, the lake has {partition_path(table, key)}")
    strangers = set(rows.select("circuitId", "raceDate").unique().rows()) - set(registered)
    if strangers:
        raise OtherEventError(request, f"the answer is of {strangers}, registered is {registered}", key)
    return schema.cast(rows.with_columns(pl.col(EVENT).cast(pl.Int32), *session.provenance()))
