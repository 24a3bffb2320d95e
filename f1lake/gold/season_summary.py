"""gold/season_summary: each season in one row."""

import dagster as dg
import dataframely as dy
import polars as pl

from f1lake.partitions import SAME_SEASON, SEASONS
from f1lake.silver.events import last_rounds
from f1lake.storage.contract import enforced, table
from f1lake.storage.pictures import lines, preview

RACES = {"unit": "races"}


class SeasonSummary(dy.Schema):
    """What was this season like: who led or won it, how many drivers won races, who won the most?

    The row of the current season shows its state so far.
    """

    season = dy.Int32(primary_key=True, min=1950, description="year of the championship")
    rounds = dy.Int32(min=1, description="races of the calendar", metadata={"from": ["round"], **RACES})
    rounds_held = dy.Int32(min=1, description="races held so far", metadata={"from": ["round", "session"], **RACES})
    sprints_held = dy.Int32(min=0, description="sprints held so far", metadata={"from": ["session"], "unit": "sprints"})
    is_over = dy.Bool(description="whether the last race has been held", metadata={"from": ["rounds_remaining"]})
    first_driver_id = dy.String(
        description="the first of the drivers' championship",
        metadata={"from": ["gold/driver_standings.driver_id", "gold/driver_standings.position"]},
    )
    first_driver_points = dy.Float64(
        min=0, description="that driver's points", metadata={"from": ["gold/driver_standings.points"], "unit": "points"}
    )
    first_driver_wins = dy.Int32(
        min=0, description="that driver's wins",
        metadata={"from": ["gold/driver_standings.wins"], **RACES},
    )
    second_driver_id = dy.String(
        nullable=True, description="the second of the drivers' championship",
        metadata={"from": ["gold/driver_standings.driver_id", "gold/driver_standings.position"]},
    )
    second_driver_gap = dy.Float64(
        nullable=True, description="points behind the first",
        metadata={"from": ["gold/driver_standings.points_gap"], "unit": "points"},
    )
    first_constructor_id = dy.String(
        nullable=True, description="the first constructor; null before 1958",
        metadata={"from": ["gold/constructor_standings.constructor_id", "gold/constructor_standings.position"]},
    )
    first_constructor_points = dy.Float64(
        nullable=True, min=0, description="that constructor's points",
        metadata={"from": ["gold/constructor_standings.points"], "unit": "points"},
    )
    drivers_started = dy.Int32(
        min=1, description="drivers who started a race", metadata={"from": ["driver_id", "is_start"]}
    )
    constructors_started = dy.Int32(
        min=1, description="constructors whose drivers started a race",
        metadata={"from": ["constructor_id", "is_start"]},
    )
    winning_drivers = dy.Int32(
        min=1, description="drivers who won a race", metadata={"from": ["driver_id", "position"]}
    )
    winning_constructors = dy.Int32(
        min=1, description="constructors that won a race", metadata={"from": ["constructor_id", "position"]}
    )
    most_wins_ids = dy.List(
        dy.String(), description="who won the most races", metadata={"from": ["driver_id", "position"]}
    )
    most_wins = dy.Int32(min=1, description="how many", metadata={"from": ["position"], **RACES})
    most_poles_ids = dy.List(
        dy.String(), description="who had the first slot the most often", metadata={"from": ["driver_id", "is_pole"]}
    )
    most_poles = dy.Int32(min=1, description="how often", metadata={"from": ["is_pole"], **RACES})


def winners(seasons: pl.DataFrame) -> str:
    """How many drivers and constructors won races in each season, how many the best driver won, and the newest rows."""
    counts = seasons.unpivot(["winning_drivers", "winning_constructors", "most_wins"], index="season")
    return lines(counts, "season", "value", "variable") + preview(seasons.sort("season", descending=True))


@dg.asset(
    **table("gold/season_summary", SeasonSummary),
    partitions_def=SEASONS,
    ins={
        "results": dg.AssetIn(["silver", "session_results"], partition_mapping=SAME_SEASON),
        "calendar": dg.AssetIn(["silver", "events"], partition_mapping=SAME_SEASON),
        "drivers": dg.AssetIn(["gold", "driver_standings"], partition_mapping=SAME_SEASON),
        "constructors": dg.AssetIn(["gold", "constructor_standings"], partition_mapping=SAME_SEASON),
    },
)
@enforced(SeasonSummary, shown=winners)
def season_summary(
    results: pl.LazyFrame, calendar: pl.LazyFrame, drivers: pl.LazyFrame, constructors: pl.LazyFrame
) -> pl.LazyFrame:
    """One row per season with a race."""
    entries = results.filter(pl.col("session") == "Race")
    races = entries.filter("is_start")
    won = pl.col("position") == 1
    of_races = races.group_by("season").agg(
        rounds_held=pl.col("round").n_unique().cast(pl.Int32),
        drivers_started=pl.col("driver_id").n_unique().cast(pl.Int32),
        constructors_started=pl.col("constructor_id").n_unique().cast(pl.Int32),
        winning_drivers=pl.col("driver_id").filter(won).n_unique().cast(pl.Int32),
        winning_constructors=pl.col("constructor_id").filter(won).n_unique().cast(pl.Int32),
    )
    sprints = results.filter(pl.col("session") == "Sprint").group_by("season").agg(
        sprints_held=pl.col("round").n_unique().cast(pl.Int32)
    )
    first, second = (latest(drivers, calendar).filter(pl.col("place") == place) for place in (1, 2))
    return (
        of_races.join(calendar.group_by("season").agg(rounds=pl.len().cast(pl.Int32)), on="season")
        .join(sprints, on="season", how="left")
        .join(most(races.filter(won), "wins"), on="season")
        .join(most(entries.filter("is_pole"), "poles"), on="season")
        .join(first.select("season", first_driver_id="driver_id", first_driver_points="points",
                           first_driver_wins="wins"), on="season")
        .join(second.select("season", second_driver_id="driver_id", second_driver_gap="points_gap"),
              on="season", how="left")
        .join(latest(constructors, calendar).filter(pl.col("place") == 1).select(
            "season", first_constructor_id="constructor_id", first_constructor_points="points"
        ), on="season", how="left")
        .with_columns(pl.col("sprints_held").fill_null(0), is_over=pl.col("rounds") == pl.col("rounds_held"))
        .select(SeasonSummary.column_names())
        .sort("season")
    )  # fmt: skip


def latest(standings: pl.LazyFrame, calendar: pl.LazyFrame) -> pl.LazyFrame:
    """The standings after each season's latest round, with `place`: 1, 2 … without gaps, excluded entrants left out."""
    newest = last_rounds(calendar.join(standings, on=["season", "round"], how="semi"))
    return (
        standings.drop_nulls("position").join(newest, on=["season", "round"], how="semi")
        .sort("season", "position").with_columns(place=pl.int_range(1, pl.len() + 1).over("season"))
    )


def most(rows: pl.LazyFrame, what: str) -> pl.LazyFrame:
    """The drivers with the most rows of each season, and how many."""
    return (
        rows.group_by("season", "driver_id").agg(many=pl.len().cast(pl.Int32)).sort("driver_id")
        .group_by("season").agg(
            pl.col("driver_id").filter(pl.col("many") == pl.col("many").max()).alias(f"most_{what}_ids"),
            pl.col("many").max().alias(f"most_{what}"),
        )
    )
