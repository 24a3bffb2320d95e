"""Requests results with the fewest requests: single events, whole seasons, or all seasons at once.

Not here: which sessions are wanted, and whether their rows are plausible (`session_results.py`).
"""

from typing import TYPE_CHECKING

import polars as pl

from f1lake.raw.plausible import EVENT
from f1lake.upstream.pages import read_listing

if TYPE_CHECKING:
    from f1lake.upstream.fastf1_session import UpstreamSession

HISTORY_PAGES = {"Race": 261, "Sprint": 6, "Qualifying": 112}
"""Requests for all seasons at once by session, as of 2026; races and qualifyings grow by five per season."""


def fewest_listings(sessions: pl.DataFrame) -> list[tuple[int | None, int | None]]:
    """The requests for sessions of one kind that take the fewest pages: (season, round) of each listing.

    Single events, or whole seasons if that takes fewer pages, or all seasons at once if that takes fewer still.
    """
    name, listings, requests = sessions["session"][0], [], 0
    for (season,), events in sessions.partition_by("season", as_dict=True, maintain_order=True).items():
        pages = events["season_pages"][0]
        listings += [(season, None)] if pages < events.height else [(season, round_) for round_ in events["round"]]
        requests += min(pages, events.height)
    return [(None, None)] if requests > HISTORY_PAGES[name] else listings


def requests_of(sessions: pl.DataFrame) -> int:
    """The number of requests of the `fewest_listings` of sessions of one kind."""
    seasons = sessions.group_by("season").agg(
        pl.min_horizontal(pl.col("season_pages").first(), pl.len()).alias("pages")
    )
    return int(min(seasons["pages"].sum(), HISTORY_PAGES[sessions["session"][0]]))


def is_in(name: str, season: int | None, round_: int | None) -> pl.Expr:
    """Whether a session belongs to a listing."""
    is_of_name = pl.col("session") == name
    return is_of_name & (season is None or pl.col("season") == season) & (round_ is None or pl.col("round") == round_)


def read_results(session: "UpstreamSession", name: str, season: int | None, round_: int | None) -> pl.DataFrame:
    """The rows of a listing; an event with duplicate rows in a longer listing is requested separately.

    The source sorts by place. If a page ends between two drivers with the same place, or without one, the next page may
    repeat the first of them, and the second is missing.
    """
    rows = read_listing(session, name, season, round_)
    if round_ is not None:
        return rows
    twice = rows.filter(rows.is_duplicated()).select(EVENT).unique().sort(EVENT)
    alone = [read_listing(session, name, *event) for event in twice.iter_rows()]
    return pl.concat([rows.join(twice, on=EVENT, how="anti", maintain_order="left"), *alone])
