"""What the standings of drivers and constructors have in common: which rounds of a season are asked for.

The season by itself gives the last published round; that is all that history needs. While a
season is under way every round is kept. Each collection asks for the newest stored round again:
points add up, so if that one stands as it did, no correction has reached any round before it.
"""

import dataframely as dy
import polars as pl

from f1lake import clock
from f1lake.storage.contract import key_columns, volatile_columns
from f1lake.storage.raw_io import RawIOManager, partition_path
from f1lake.upstream.failures import ResultsGoneError, SourceChangedError, SourceHasNoneError
from f1lake.upstream.pages import described, read_listing
from f1lake.upstream.session import UpstreamSession


def collected_standings(
    session: UpstreamSession, what: str, table: str, schema: type[dy.Schema], season: int, first_season: int
) -> pl.DataFrame:
    """A season's published standings, in the shape of the contract: every round kept, none before the first race.

    Raises a typed `UpstreamError`: `ResultsGoneError` if the lake has rows and the source none,
    `SourceHasNoneError` for a season since `first_season` that is over and has none.
    """
    if season < first_season:
        return schema.create_empty()
    stored = RawIOManager().read_one(table, str(season))
    none = schema.create_empty()
    stored = none if stored is None else schema.cast(pl.concat([none, stored], how="diagonal"))
    last = _asked(session, what, schema, season, None)
    if last.is_empty():
        if not stored.is_empty():
            raise ResultsGoneError(
                described(what, season), f"the source has none, the lake has {partition_path(table, str(season))}"
            )
        if season < clock.now().year:
            raise SourceHasNoneError(described(what, season), "the source has none for a season that is over")
        return last
    last_round, kept = last["round"][0], set(stored["round"])
    wanted = kept | (set(range(1, last_round)) if season == clock.now().year else set())
    known = {last_round: last}
    if kept:
        newest = max(kept)
        if newest not in known:
            known[newest] = _asked(session, what, schema, season, newest)
        if _is_same(schema, known[newest], stored.filter(round=newest)):
            known |= {round_: stored.filter(round=round_) for round_ in kept - known.keys()}
    for round_ in sorted(wanted - known.keys()):
        known[round_] = _asked(session, what, schema, season, round_)
    return pl.concat(known[round_] for round_ in sorted(known))


def _asked(
    session: UpstreamSession, what: str, schema: type[dy.Schema], season: int, round_: int | None
) -> pl.DataFrame:
    rows = read_listing(session, what, season, round_)
    rounds = sorted(set(rows["round"]))
    if len(rounds) > 1 or (rounds and round_ not in (None, rounds[0])):
        raise SourceChangedError(described(what, season, round_), f"the answer is of rounds {rounds}")
    return schema.cast(rows.with_columns(*session.provenance()))


def _is_same(schema: type[dy.Schema], new: pl.DataFrame, stored: pl.DataFrame) -> bool:
    keys = key_columns(schema)
    return new.drop(volatile_columns(schema)).sort(keys).equals(stored.drop(volatile_columns(schema)).sort(keys))
