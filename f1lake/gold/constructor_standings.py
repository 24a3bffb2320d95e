"""gold/constructor_standings: the constructors' championship after every round, by the rules of its season."""

import dagster as dg
import dataframely as dy
import polars as pl

from f1lake.gold.standings import INPUTS, after_races, columns, fight
from f1lake.partitions import SEASONS
from f1lake.storage.contract import enforced, table


class ConstructorStandings(dy.Schema):
    """Which constructor led its championship after each round, and by how much?

    From 1958, when it began. Counted by silver/scoring_rules: until 1978 only the best car of a race and the best
    results, without the Indianapolis 500. Decisions on teams are included (McLaren, excluded from 2007).
    docs/standings-differences.md explains differences from the source's standings.
    """

    season = dy.Int32(primary_key=True, min=1958, description="year of the championship")
    round = dy.Int32(primary_key=True, min=1, description="the round after which these are the standings")
    constructor_id = dy.String(primary_key=True, description="each constructor with a race or sprint row so far")
    locals().update(columns())


@dg.asset(
    **table("gold/constructor_standings", ConstructorStandings), partitions_def=SEASONS, ins=INPUTS
)
@enforced(ConstructorStandings, shown=lambda standings: fight(standings, "constructor_id"))
def constructor_standings(results: pl.LazyFrame, rules: pl.LazyFrame) -> pl.LazyFrame:
    """The championship on the evening of each race, if there is one."""
    return (
        after_races(results, rules.filter("has_constructors_title"), "constructor")
        .rename({"id": "constructor_id"})
        .select(ConstructorStandings.column_names())
        .sort("season", "round", "constructor_id")
    )
