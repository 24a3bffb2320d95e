"""Shared by the standings of drivers and constructors: which rounds of a season are requested.

A request for a whole season returns the last published round, which suffices for history. In the current season every
round is kept, and requested again if its own results have changed since (rounds may have been renumbered). Earlier
rounds stay as they were collected: points add up, so the last round includes every correction.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import dagster as dg
import dataframely as dy
import polars as pl

from f1lake import clock
from f1lake.raw.plausible import EVENT, believed, warn
from f1lake.raw.session_results import TABLE as RESULTS
from f1lake.storage.raw_io import RawIOManager, partition_path, stored_keys
from f1lake.upstream.failures import ResultsGoneError, SourceChangedError, SourceHasNoneError, raise_one_of
from f1lake.upstream.pages import described, read_listing
from f1lake.upstream.session import collecting, read_each

if TYPE_CHECKING:
    from f1lake.upstream.fastf1_session import UpstreamSession


def collected_seasons(
    context: dg.AssetExecutionContext, what: str, table: str, schema: type[dy.Schema], first_season: int
) -> Iterator[dg.Output[dict[str, pl.DataFrame]]]:
    """The standings of the run's seasons; none before `first_season`, and before a season's first race.

    Rounds whose rows cannot be believed are left out by name, and what the lake has of them stays. A season that the
    service fails to give, or that has none where there must be some, fails the run once the others are stored.
    """

    def read(season: str) -> pl.DataFrame:
        return collected_standings(session, what, table, schema, int(season), first_season)

    frames, refused, odd = dict[str, pl.DataFrame](), list[str](), list[str]()
    with collecting() as session:
        seasons, errors = read_each(context.partition_keys, read, session)
        for season, rows in seasons.items():
            sifted = believed(what, schema, rows)
            refused.extend(sifted.refused["message"])
            odd += sifted.odd
            kept = _stored(table, schema, season).join(sifted.refused, on=EVENT, how="semi")
            frames[season] = pl.concat([sifted.rows, kept])
        yield dg.Output(frames, metadata={"requests_sent": session.requests_sent, **warn(context, refused, odd)})
        raise_one_of(errors)


def collected_standings(
    session: "UpstreamSession", what: str, table: str, schema: type[dy.Schema], season: int, first_season: int
) -> pl.DataFrame:
    """A season's published standings, in the shape of the contract: every round kept, none before the first race.

    Stored rounds after the last one that is published are dropped: they have been renumbered.

    Raises a typed `UpstreamError`: `ResultsGoneError` if the lake has rows and the source none,
    `SourceHasNoneError` for a season since `first_season` that is over and has none.
    """
    if season < first_season:
        return schema.create_empty()
    stored = _stored(table, schema, str(season))
    last = _asked(session, what, schema, season, None)
    if last.is_empty():
        if not stored.is_empty():
            raise ResultsGoneError(
                described(what, season), f"the source has none, the lake has {partition_path(table, str(season))}"
            )
        if season < clock.now().year:
            raise SourceHasNoneError(described(what, season), "the source has none for a season that is over")
        return last
    last_round = last["round"][0]
    kept = stored.filter(pl.col("round") < last_round, ~pl.col("round").is_in(_changed_rounds(season, stored)))
    known = {round_: kept.filter(round=round_) for round_ in set(kept["round"])} | {last_round: last}
    wanted = set(range(1, last_round)) if season == clock.now().year else set(stored["round"]) & set(range(last_round))
    for round_ in sorted(wanted - known.keys()):
        known[round_] = _asked(session, what, schema, season, round_)
    return pl.concat(known[round_] for round_ in sorted(known))


def _asked(
    session: "UpstreamSession", what: str, schema: type[dy.Schema], season: int, round_: int | None
) -> pl.DataFrame:
    rows = read_listing(session, what, season, round_)
    rounds = sorted(set(rows["round"]))
    if len(rounds) > 1 or (rounds and round_ not in (None, rounds[0])):
        raise SourceChangedError(described(what, season, round_), f"the answer is of rounds {rounds}")
    return schema.cast(rows.with_columns(*session.provenance()))


def _changed_rounds(season: int, stored: pl.DataFrame) -> list[int]:
    """The rounds whose results were stored after their standings."""
    if stored.is_empty() or not stored_keys(RESULTS, [season]):
        return []
    results = RawIOManager().read(RESULTS, [season]).group_by("round").agg(pl.col("collected_at").max()).collect()
    collected = stored.group_by("round").agg(told_at=pl.col("collected_at").max())
    return collected.join(results, on="round").filter(pl.col("collected_at") > pl.col("told_at"))["round"].to_list()


def _stored(table: str, schema: type[dy.Schema], season: str) -> pl.DataFrame:
    """The stored rows of a season, in the shape of the contract."""
    stored, none = RawIOManager().read_one(table, season), schema.create_empty()
    return none if stored is None else schema.cast(pl.concat([none, stored], how="diagonal"))
