"""bronze/constructor_standings: the official standings of the constructors since 1958."""

import dagster as dg
import polars as pl

from f1lake.partitions import SAME_SEASON, SEASONS
from f1lake.raw import constructor_standings as raw
from f1lake.storage.contract import enforced, table
from f1lake.upstream.absent import NULL_WHERE_ABSENT


class ConstructorStandings(raw.ConstructorStandings):
    """The official constructor standings, as the source publishes them after the event of `round`."""


@dg.asset(
    **table("bronze/constructor_standings", ConstructorStandings),
    partitions_def=SEASONS,
    ins={"standings": dg.AssetIn(["raw", "constructor_standings"], partition_mapping=SAME_SEASON)},
)
@enforced(ConstructorStandings)
def constructor_standings(standings: pl.LazyFrame) -> pl.LazyFrame:
    """The collected standings, unchanged."""
    return standings.with_columns(NULL_WHERE_ABSENT)
