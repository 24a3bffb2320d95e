"""gold/constructor_career: the history of each constructor in one row."""

import dagster as dg
import dataframely as dy
import polars as pl

from f1lake.silver.events import last_rounds
from f1lake.storage.contract import enforced, table
from f1lake.storage.pictures import most_of

RACES = {"unit": "races"}


class ConstructorCareer(dy.Schema):
    """What has this constructor achieved? By the source's ids; `lineage_ids` names the teams behind them.

    Not partitioned: every run computes the whole table, because a race changes a row that spans all seasons.
    """

    constructor_id = dy.String(primary_key=True, description="the source's id of the constructor")
    name = dy.String(description="name of the constructor, as in the latest season")
    nationality = dy.String(nullable=True, description="nationality, as an adjective")
    lineage_ids = dy.List(
        dy.String(), description="the teams that raced under this id, in order", metadata={"from": ["lineage_id"]}
    )
    first_season = dy.Int32(min=1950, description="first season with an entry", metadata={"from": ["season"]})
    last_season = dy.Int32(min=1950, description="latest season with an entry", metadata={"from": ["season"]})
    races = dy.Int32(
        min=0, description="races started by at least one car", metadata={"from": ["session", "is_start"], **RACES}
    )
    starts = dy.Int32(min=0, description="starts of all drivers in races", metadata={"from": ["session", "is_start"]})
    wins = dy.Int32(min=0, description="races won", metadata=RACES)
    one_twos = dy.Int32(
        min=0, description="races with the first two places", metadata={"from": ["session", "position"], **RACES}
    )
    podiums = dy.Int32(
        min=0, description="cars in the first three places of races", metadata={"from": ["session", "position"]}
    )
    poles = dy.Int32(
        min=0, description="races of which a car had the first slot", metadata={"from": ["session", "is_pole"], **RACES}
    )
    sprint_wins = dy.Int32(
        min=0, description="sprints won", metadata={"from": ["session", "position"], "unit": "sprints"}
    )
    drivers = dy.Int32(
        min=0, description="drivers who started a race for it",
        metadata={"from": ["driver_id", "is_start"], "unit": "drivers"},
    )
    points = dy.Float64(min=0, description="points of its drivers, none dropped", metadata={"unit": "points"})
    titles = dy.Int32(
        min=0, description="constructors' championships won",
        metadata={"from": ["gold/constructor_standings.position"], "unit": "titles"},
    )
    title_seasons = dy.List(
        dy.Int32(), description="their seasons",
        metadata={"from": ["gold/constructor_standings.season", "gold/constructor_standings.position"]},
    )


@dg.asset(
    **table("gold/constructor_career", ConstructorCareer),
    ins={
        "results": dg.AssetIn(["silver", "session_results"]),
        "constructors": dg.AssetIn(["silver", "constructors"]),
        "standings": dg.AssetIn(["gold", "constructor_standings"]),
        "calendar": dg.AssetIn(["silver", "events"]),
    },
)
@enforced(ConstructorCareer, shown=lambda careers: most_of(careers, "name", "wins"))
def constructor_career(
    results: pl.LazyFrame, constructors: pl.LazyFrame, standings: pl.LazyFrame, calendar: pl.LazyFrame
) -> pl.LazyFrame:
    """One row for each constructor."""
    names = constructors.sort("season").group_by("constructor_id").agg(
        name=pl.col("name").last(),
        nationality=pl.col("nationality").last(),
        lineage_ids=pl.col("lineage_id").unique(maintain_order=True),
        first_season=pl.col("season").min(),
        last_season=pl.col("season").max(),
    )
    titles = (
        standings.join(last_rounds(calendar), on=["season", "round"], how="semi")
        .filter(pl.col("position") == 1).sort("season")
        .group_by("constructor_id").agg(titles=pl.len().cast(pl.Int32), title_seasons=pl.col("season"))
    )
    counted = ["races", "starts", "wins", "one_twos", "podiums", "poles", "sprint_wins", "drivers", "points", "titles"]
    return (
        names.join(histories(results), on="constructor_id", how="left")
        .join(titles, on="constructor_id", how="left")
        .with_columns(pl.col(counted).fill_null(0), pl.col("title_seasons").fill_null([]))
        .select(ConstructorCareer.column_names())
        .sort("constructor_id")
    )


def histories(results: pl.LazyFrame) -> pl.LazyFrame:
    """The totals of the starts of each constructor's drivers; a car that two drivers shared counts once."""
    race, place = pl.col("session") == "Race", pl.col("position")
    event = pl.struct("season", "round")
    won, second = race & (place == 1), race & (place == 2)
    poles = results.filter(race, "is_pole").group_by("constructor_id").agg(poles=event.n_unique().cast(pl.Int32))
    started = results.filter("is_start").group_by("constructor_id").agg(
        races=event.filter(race).n_unique().cast(pl.Int32),
        starts=race.sum().cast(pl.Int32),
        wins=event.filter(won).n_unique().cast(pl.Int32),
        one_twos=event.filter(won & event.is_in(event.filter(second).implode())).n_unique().cast(pl.Int32),
        podiums=pl.struct("season", "round", "position").filter(race & (place <= 3)).n_unique().cast(pl.Int32),
        sprint_wins=((pl.col("session") == "Sprint") & (place == 1)).sum().cast(pl.Int32),
        drivers=pl.col("driver_id").filter(race).n_unique().cast(pl.Int32),
        points=pl.col("points").sum().round(2),
    )
    return started.join(poles, on="constructor_id", how="left")
