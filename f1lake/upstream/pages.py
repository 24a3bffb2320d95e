"""Reads listings through FastF1's own interface, page by page, every page checked before it counts.

A listing is one question: all race results, those of a season, those of one event. A page holds
at most 100 rows and may cut a race in two; the rows come back as one frame. What does not belong
here: which listings need the fewest requests and what the rows must say (`raw/`).
"""

import json
from typing import TYPE_CHECKING

import polars as pl

from f1lake import clock
from f1lake.upstream.absent import NULL_WHERE_ABSENT
from f1lake.upstream.failures import (
    ChangedMeanwhileError,
    NotPublishedError,
    SourceChangedError,
    SourceHasNoneError,
)
from f1lake.upstream.progress import report
from f1lake.upstream.unknown_fields import UNKNOWN_FIELDS, unknown_fields

if TYPE_CHECKING:
    import pandas as pd

    from f1lake.upstream.fastf1_session import UpstreamSession

PAGE_ROWS = 100
"""Rows per request to a service; the API gives no more, and may give fewer."""
RECORDED_PAGE_ROWS = 2000
"""Rows per request to a recording: all laps of a race at once take a third of the time of a hundred at a time."""
AN_HOUR_S = 3600
"""How long the API caches each of its answers."""

SCHEDULE, PIT_STOPS, LAPS = "schedule", "pit stops", "laps"
STANDINGS, CONSTRUCTOR_STANDINGS = "driver standings", "constructor standings"
FIRST_FORMATS = 2018
FORMAT_COLUMNS = ("EventFormat", "Session1", "Session2", "Session3", "Session4", "Session5")


def read_listing(
    session: "UpstreamSession", what: str, season: int | None = None, round_: int | None = None
) -> pl.DataFrame:
    """All rows of a listing, with every column that FastF1 knows for it; no rows if the source has none.

    Values that the source does not give are null. Fields that FastF1 does not know are in the column `unknown_fields`,
    as JSON.

    The source may send smaller pages than requested. Raises a typed `UpstreamError` if a page fails, is too short or
    cut off, and `ChangedMeanwhileError` if it states another total than the pages before it.
    """
    from f1lake.upstream.client import LISTINGS, Client, columns_of, joined  # takes more than a second

    listing = described(what, season, round_)
    ask, category = LISTINGS[what]
    most_rows = RECORDED_PAGE_ROWS if session.is_recorded else PAGE_ROWS
    client = Client(result_type="pandas", auto_cast=True, limit=most_rows)
    heads: list[pd.DataFrame] = []
    contents: list[pd.DataFrame] = []
    unknown: list[str | None] = []
    kept: list[str] = []
    counted, total, request = 0, None, listing
    while total is None or counted < total:
        with session.asking(request):
            answer = ask(client, season=season, round=round_, offset=counted)
            stated, parts = answer.total_results, [answer] if what == SCHEDULE else answer.content
        rows = sum(map(len, parts))
        if total is not None and stated != total:
            session.forget(kept)
            raise ChangedMeanwhileError(request, f"the source states {stated} rows in all, {total} before", AN_HOUR_S)
        page = json.loads(session.last.body)["MRData"]
        page_rows = min(most_rows, int(page["limit"]))
        if page_rows < 1 or rows != min(page_rows, stated - counted):
            raise SourceChangedError(
                request, f"the page has {rows} rows after {counted} others, of {stated} stated, {page_rows} to a page"
            )
        if rows:
            session.keep()
            kept.append(session.last.url)
            heads.append(answer if what == SCHEDULE else answer.description)
            contents += parts
            unknown += unknown_fields(page, category)
        counted, total = counted + rows, stated
        report(listing, -(-counted // page_rows), -(-total // page_rows))
        request = f"{listing}, rows {counted + 1}-{min(counted + page_rows, total)}" + _reached(heads)
    columns = columns_of(category)
    if not heads:
        return pl.DataFrame(schema=columns | {UNKNOWN_FIELDS: pl.String})
    frame = joined(heads)
    if what != SCHEDULE:
        race_of_row = [i for i, content in enumerate(contents) for _ in range(len(content))]
        frame = frame[race_of_row].hstack(joined(contents))
    return frame.select(
        *(
            pl.col(name).cast(dtype) if name in frame.columns else pl.lit(None, dtype).alias(name)
            for name, dtype in columns.items()
        ),
        pl.Series(UNKNOWN_FIELDS, unknown, pl.String),
    ).with_columns(NULL_WHERE_ABSENT)


def read_formats(session: "UpstreamSession", season: int) -> pl.DataFrame:
    """FastF1's own schedule of a season: [date, EventFormat, Session1 … Session5], tests left out.

    FastF1 turns every error on the way into a warning; here it is an error again. Raises
    `NotPublishedError` for the present season or a later one that has no such schedule yet, else
    a typed `UpstreamError`. An event without a date or format is left out.
    """
    import fastf1

    from f1lake.upstream.client import joined

    request = f"FastF1's schedule of season {season}"
    try:
        with session.asking(request):
            schedule = fastf1.get_event_schedule(season, include_testing=False, backend="fastf1")
    except SourceHasNoneError as error:
        if season >= clock.now().year:
            raise NotPublishedError(request, "there is none yet") from error
        raise
    formats = joined([schedule]).select(
        pl.col("EventDate").cast(pl.Date).alias("date"),
        pl.col(FORMAT_COLUMNS).cast(pl.String).replace("", None),
    )
    session.keep()
    return _with_date_and_format(request, formats)


def _with_date_and_format(request: str, formats: pl.DataFrame) -> pl.DataFrame:
    """The events that are in both; an event missing from one is treated as missing from the schedule."""
    whole = formats.drop_nulls(["date", "EventFormat"])
    if whole.is_empty() and not formats.is_empty():
        raise SourceChangedError(request, "no event has a date and a format")
    return whole


def described(what: str, season: int | None = None, round_: int | None = None) -> str:
    """A listing in words: "Race results of season 2026, round 9"."""
    subject = f"{what} results" if what in ("Race", "Sprint", "Qualifying") else what
    span = "all seasons" if season is None else f"season {season}"
    return f"{subject} of {span}" + (f", round {round_}" if round_ is not None else "")


def _reached(heads: "list[pd.DataFrame]") -> str:
    """How far the pages came; a listing of all seasons has no other way to say which race failed."""
    if not heads:
        return ""
    last = heads[-1].iloc[-1]
    return f" (from season {last['season']}, round {last['round']})"
