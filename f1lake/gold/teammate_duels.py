"""gold/teammate_duels: drivers of one team against each other, season by season."""

import dagster as dg
import dataframely as dy
import polars as pl

from f1lake.partitions import SAME_SEASON, SEASONS
from f1lake.storage.contract import enforced, table
from f1lake.storage.pictures import bars, preview


class TeammateDuels(dy.Schema):
    """Who was better in the same car? Each pair appears twice, once from either side.

    A race counts if both were classified in it for the same constructor; a qualifying if the source has both (from
    1994, few before 2003); the grid if both had a place on it.
    """

    season = dy.Int32(primary_key=True, min=1950, description="year of the championship")
    constructor_id = dy.String(primary_key=True, description="the constructor both drove for")
    driver_id = dy.String(primary_key=True, description="the source's id of the driver")
    team_mate_id = dy.String(
        primary_key=True, description="the source's id of the team mate", metadata={"from": ["driver_id"]}
    )
    races_together = dy.Int32(
        min=1, description="races that both started", metadata={"from": ["session", "is_start"], "unit": "races"}
    )
    race_duels = dy.Int32(
        min=0, description="of these, both were classified",
        metadata={"from": ["session", "status_class"], "unit": "races"},
    )
    race_duels_won = dy.Int32(
        min=0, description="of these, the driver finished ahead",
        metadata={"from": ["session", "position"], "unit": "races"},
    )
    qualifying_duels = dy.Int32(min=0, description="qualifyings that both took part in", metadata={"from": ["session"]})
    qualifying_duels_won = dy.Int32(
        min=0, description="of these, the driver was ahead", metadata={"from": ["session", "position"]}
    )
    grid_duels = dy.Int32(
        min=0, description="races that both started from a place on the grid", metadata={"from": ["grid"]}
    )
    grid_duels_won = dy.Int32(min=0, description="of these, the driver started ahead", metadata={"from": ["grid"]})
    points = dy.Float64(min=0, description="points of these races", metadata={"unit": "points"})
    team_mate_points = dy.Float64(
        min=0, description="the team mate's points of these races", metadata={"from": ["points"], "unit": "points"}
    )


def qualifying(duels: pl.DataFrame) -> str:
    """How often each driver of the newest season qualified ahead of each teammate, and these rows."""
    newest = duels.filter(pl.col("season") == pl.col("season").max()).with_columns(
        pair=pl.format("{} before {}", "driver_id", "team_mate_id")
    )
    ahead = newest.sort("constructor_id", "qualifying_duels_won", descending=[False, True])
    return bars(ahead, "pair", "qualifying_duels_won") + preview(ahead.drop("pair"))


@dg.asset(
    **table("gold/teammate_duels", TeammateDuels),
    partitions_def=SEASONS,
    ins={"results": dg.AssetIn(["silver", "session_results"], partition_mapping=SAME_SEASON)},
)
@enforced(TeammateDuels, shown=qualifying)
def teammate_duels(results: pl.LazyFrame) -> pl.LazyFrame:
    """Every pair of drivers who started a race for the same constructor in a season."""
    session = ["season", "round", "session", "constructor_id"]
    drove = results.filter(pl.col("is_start") | (pl.col("session") == "Qualifying")).select(
        *session, "driver_id", "position", "grid", "points", "status_class"
    )
    races, qualifying = pl.col("session") == "Race", pl.col("session") == "Qualifying"
    finished = races & (pl.col("status_class") == "classified") & (pl.col("status_class_other") == "classified")
    gridded = races & pl.col("grid").is_not_null() & pl.col("grid_other").is_not_null()
    ahead, ahead_on_grid = pl.col("position") < pl.col("position_other"), pl.col("grid") < pl.col("grid_other")
    counts = {
        "races_together": races,
        "race_duels": finished,
        "race_duels_won": finished & ahead,
        "qualifying_duels": qualifying,
        "qualifying_duels_won": qualifying & ahead,
        "grid_duels": gridded,
        "grid_duels_won": gridded & ahead_on_grid,
    }
    return (
        drove.join(drove, on=session, suffix="_other")
        .filter(pl.col("driver_id") != pl.col("driver_id_other"))
        .group_by("season", "constructor_id", "driver_id", team_mate_id="driver_id_other")
        .agg(
            points=pl.col("points").filter(races).sum().round(2),
            team_mate_points=pl.col("points_other").filter(races).sum().round(2),
            **{name: duel.sum().cast(pl.Int32) for name, duel in counts.items()},
        )
        .filter(pl.col("races_together") > 0)
        .select(TeammateDuels.column_names())
        .sort("season", "constructor_id", "driver_id", "team_mate_id")
    )
