"""gold/driver_standings: the drivers' championship after every round, by the rules of its season."""

import dagster as dg
import dataframely as dy
import polars as pl

from f1lake.gold.standings import INPUTS, after_races, columns, fight
from f1lake.partitions import SEASONS
from f1lake.storage.contract import enforced, table


class DriverStandings(dy.Schema):
    """Who led the drivers' championship after each round, and by how much?

    Counted by silver/scoring_rules: until 1990 only a driver's best results. Later decisions are included, as in
    official standings: Schumacher, excluded from 1997 after its last race, has no place in any round of it.
    docs/standings-differences.md explains differences from the official standings.
    """

    season = dy.Int32(primary_key=True, min=1950, description="year of the championship")
    round = dy.Int32(primary_key=True, min=1, description="the round after which these are the standings")
    driver_id = dy.String(primary_key=True, description="each driver with a race or sprint row so far")
    constructor_id = dy.String(description="the constructor of the driver's latest race or sprint")
    locals().update(columns())


@dg.asset(
    **table("gold/driver_standings", DriverStandings), partitions_def=SEASONS, ins=INPUTS
)
@enforced(DriverStandings, shown=lambda standings: fight(standings, "driver_id"))
def driver_standings(results: pl.LazyFrame, rules: pl.LazyFrame) -> pl.LazyFrame:
    """The championship on the evening of each race, with the driver's team."""
    sessions = results.filter(pl.col("session") != "Qualifying").select(
        "season", "constructor_id", as_of="session_date", id="driver_id"
    )
    return (
        after_races(results, rules, "driver")
        .sort("as_of")
        .join_asof(sessions.sort("as_of"), on="as_of", by=["season", "id"], check_sortedness=False)
        .rename({"id": "driver_id"})
        .select(DriverStandings.column_names())
        .sort("season", "round", "driver_id")
    )
