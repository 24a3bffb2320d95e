"""gold/circuit_records: the records of each circuit in one row."""

import dagster as dg
import dataframely as dy
import polars as pl

from f1lake.storage.contract import enforced, table
from f1lake.storage.pictures import most_of

RACES = {"unit": "races"}


class CircuitRecords(dy.Schema):
    """Who has won most often at this circuit, how often does pole win, what is the fastest race lap?

    Not partitioned: every run computes the whole table, because a race changes a row that spans all seasons.
    """

    circuit_id = dy.String(primary_key=True, description="the source's id of the circuit")
    circuit_name = dy.String(description="name of the circuit, as in the latest season")
    country = dy.String(nullable=True, description="country of the circuit")
    races = dy.Int32(min=1, description="races held", metadata={"from": ["session", "round"], **RACES})
    first_season = dy.Int32(min=1950, description="season of the first race", metadata={"from": ["season"]})
    last_season = dy.Int32(min=1950, description="season of the latest race", metadata={"from": ["season"]})
    most_wins_driver_ids = dy.List(
        dy.String(), description="the drivers with the most wins", metadata={"from": ["driver_id", "position"]}
    )
    most_wins_driver = dy.Int32(min=1, description="how many", metadata={"from": ["position"], **RACES})
    most_wins_constructor_ids = dy.List(
        dy.String(), description="the constructors with the most wins",
        metadata={"from": ["constructor_id", "position"]},
    )
    most_wins_constructor = dy.Int32(min=1, description="how many", metadata={"from": ["position"], **RACES})
    most_poles_driver_ids = dy.List(
        dy.String(), description="the drivers who started first the most often",
        metadata={"from": ["driver_id", "is_pole"]},
    )
    most_poles_driver = dy.Int32(
        nullable=True, min=1, description="how often; null without any", metadata={"from": ["is_pole"], **RACES}
    )
    pole_wins = dy.Int32(
        min=0, description="races won by who started first",
        metadata={"from": ["is_pole", "position"], **RACES},
    )
    lowest_winning_grid = dy.Int64(
        nullable=True, min=1, description="the place furthest back that won", metadata={"from": ["grid", "position"]}
    )
    finished_share = dy.Float64(
        min=0, max=100, description="starts that were classified", metadata={"from": ["status_class"], "unit": "%"}
    )
    lap_record_ms = dy.Int64(
        nullable=True, min=0, description="fastest lap of a race; from 2004",
        metadata={"from": ["fastest_lap_ms"], "unit": "ms"},
    )
    lap_record_driver_id = dy.String(
        nullable=True, description="who drove it", metadata={"from": ["driver_id", "fastest_lap_ms"]}
    )
    lap_record_season = dy.Int32(
        nullable=True, description="in which season; the track may have changed since",
        metadata={"from": ["season", "fastest_lap_ms"]},
    )
    layout_id = dy.String(nullable=True, description="F1DB's id of the layout of the latest race; null without F1DB")
    layout_length_km = dy.Float64(
        nullable=True, min=0, description="length of its lap", metadata={"from": ["length_km"], "unit": "km"}
    )
    layout_turns = dy.Int32(nullable=True, min=0, description="its turns", metadata={"from": ["turns"]})
    layout_races = dy.Int32(
        nullable=True, min=1, description="races held on it", metadata={"from": ["layout_id", "round"], **RACES}
    )
    layout_first_season = dy.Int32(
        nullable=True, min=1950, description="season of its first race", metadata={"from": ["season", "layout_id"]}
    )
    layout_record_ms = dy.Int64(
        nullable=True, min=0, description="fastest lap of a race on it; from 2004",
        metadata={"from": ["layout_id", "fastest_lap_ms"], "unit": "ms"},
    )
    layout_record_driver_id = dy.String(
        nullable=True, description="who drove it", metadata={"from": ["driver_id", "layout_id", "fastest_lap_ms"]}
    )
    layout_record_season = dy.Int32(
        nullable=True, description="in which season", metadata={"from": ["season", "layout_id", "fastest_lap_ms"]}
    )


@dg.asset(
    **table("gold/circuit_records", CircuitRecords),
    ins={
        "results": dg.AssetIn(["silver", "session_results"]),
        "calendar": dg.AssetIn(["silver", "events"]),
        "layouts": dg.AssetIn(["silver", "circuit_layouts"]),
    },
)
@enforced(CircuitRecords, shown=lambda circuits: most_of(circuits, "circuit_name", "races"))
def circuit_records(results: pl.LazyFrame, calendar: pl.LazyFrame, layouts: pl.LazyFrame) -> pl.LazyFrame:
    """One row for each circuit that has held a race."""
    places = calendar.select("season", "round", "circuit_id", "circuit_name", "country")
    entries = results.filter(pl.col("session") == "Race").join(places, on=["season", "round"])
    races, first = entries.filter("is_start"), entries.filter("is_pole")
    won = races.filter(pl.col("position") == 1)
    grid = pl.col("grid")
    return (
        races.sort("season", "round", "position").group_by("circuit_id", maintain_order=True)
        .agg(
            pl.col("circuit_name", "country").last(),
            races=pl.struct("season", "round").n_unique().cast(pl.Int32),
            first_season=pl.col("season").min(),
            last_season=pl.col("season").max(),
            pole_wins=(pl.col("is_pole") & (pl.col("position") == 1)).sum().cast(pl.Int32),
            lowest_winning_grid=grid.filter(pl.col("position") == 1).max(),
            finished_share=(pl.col("status_class") == "classified").mean() * 100,
            **lap_record("lap"),
        )
        .join(layout_records(races, layouts), on="circuit_id", how="left")
        .join(most(won, "driver", "wins"), on="circuit_id")
        .join(most(won, "constructor", "wins"), on="circuit_id")
        .join(most(first, "driver", "poles"), on="circuit_id", how="left")
        .with_columns(pl.col("most_poles_driver_ids").fill_null([]))
        .select(CircuitRecords.column_names())
        .sort("circuit_id")
    )


def lap_record(of: str) -> dict[str, pl.Expr]:
    """The fastest lap among rows of races, who drove it and when."""
    # The source's own rank: eight times in it are 1,000 ms, and rank behind real ones.
    lap = pl.when(pl.col("fastest_lap_rank") == 1).then("fastest_lap_ms")
    return {f"{of}_record_ms": lap.min()} | {
        f"{of}_record_{name}": pl.col(name).filter(lap == lap.min()).first() for name in ("driver_id", "season")
    }


def layout_records(races: pl.LazyFrame, layouts: pl.LazyFrame) -> pl.LazyFrame:
    """Of each circuit the layout of its latest race: since when, how often and how fast it was raced."""
    layout = ["circuit_id", "layout_id"]
    known = layouts.select("season", "round", "layout_id", layout_length_km="length_km", layout_turns="turns")
    return (
        races.join(known, on=["season", "round"]).sort("season", "round", "position")
        .group_by(layout, maintain_order=True)
        .agg(
            pl.col("layout_length_km", "layout_turns").last(),
            latest=pl.struct("season", "round").max(),
            layout_races=pl.struct("season", "round").n_unique().cast(pl.Int32),
            layout_first_season=pl.col("season").min(),
            **lap_record("layout"),
        )
        .sort("latest").unique("circuit_id", keep="last").drop("latest")
    )


def most(rows: pl.LazyFrame, who: str, what: str) -> pl.LazyFrame:
    """Who has rows in the most races of each circuit, and how many; a shared car counts once for its constructor."""
    many = pl.col("many")
    return (
        rows.group_by("circuit_id", f"{who}_id").agg(many=pl.struct("season", "round").n_unique().cast(pl.Int32))
        .sort(f"{who}_id").group_by("circuit_id")
        .agg(
            pl.col(f"{who}_id").filter(many == many.max()).alias(f"most_{what}_{who}_ids"),
            many.max().alias(f"most_{what}_{who}"),
        )
    )
