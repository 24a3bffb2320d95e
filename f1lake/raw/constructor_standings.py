"""raw/constructor_standings: the official constructor standings of a season, after every round or after the last."""

from collections.abc import Iterator

import dagster as dg
import dataframely as dy
import polars as pl

from f1lake.partitions import SEASONS
from f1lake.raw.driver_standings import DriverStandings
from f1lake.raw.standings import collected_seasons
from f1lake.storage.contract import enforced, table
from f1lake.upstream.pages import CONSTRUCTOR_STANDINGS

TABLE = "raw/constructor_standings"
FIRST_SEASON = 1958
"""The title did not exist before."""


class ConstructorStandings(dy.Schema):
    """The official constructor standings, as the source publishes them after the event of `round`."""

    season, round = DriverStandings.season, DriverStandings.round
    constructorId = dy.String(primary_key=True, description="the source's id of the constructor")
    position = dy.Int64(nullable=True, min=1, description="null for constructors whom the source does not rank")
    positionText = dy.String(nullable=True, description="the position, `-` without one, E if excluded from the season")
    points, wins = DriverStandings.points, DriverStandings.wins
    constructorUrl = dy.String(nullable=True, description="article about the constructor")
    constructorName = dy.String(nullable=True, description="its name")
    constructorNationality = dy.String(nullable=True, description="its nationality")
    unknown_fields = DriverStandings.unknown_fields
    collected_at, source = DriverStandings.collected_at, DriverStandings.source


@dg.asset(**table(TABLE, ConstructorStandings), partitions_def=SEASONS)
@enforced(ConstructorStandings)
def constructor_standings(context: dg.AssetExecutionContext) -> Iterator[dg.Output[dict[str, pl.DataFrame]]]:
    """The standings of the run's seasons; none before 1958 and before a season's first race."""
    yield from collected_seasons(context, CONSTRUCTOR_STANDINGS, TABLE, ConstructorStandings, FIRST_SEASON)
