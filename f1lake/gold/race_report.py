"""gold/race_report: each race in one row."""

import dagster as dg
import dataframely as dy
import polars as pl

from f1lake.gold import timing_screens
from f1lake.partitions import SAME_SEASON, SEASONS
from f1lake.storage.contract import enforced, table
from f1lake.storage.pictures import lines, preview

MS = {"unit": "ms"}
ROUND = ["season", "round"]
GAINED = pl.col("grid") - pl.col("position")


class RaceReport(dy.Schema):
    """What happened in this race: who won, from where; who was fastest, gained, lost, stopped, did not finish?

    The fastest lap is that of the results from 2004 on; before, that of the laps if they are in the lake (from 1996).
    Pit stops are null where the source has none: before 2011, and for a few races since. Tyres, weather and what
    follows are null unless live timing was collected, which requires an F1TV account. Reasons and penalties are F1DB's.
    """

    season = dy.Int32(primary_key=True, min=1950, description="year of the championship")
    round = dy.Int32(primary_key=True, min=1, description="place in the season's calendar, from 1")
    event_name = dy.String(description="name of the event")
    circuit_id = dy.String(description="the source's id of the circuit")
    event_date = dy.Date(description="day of the race")
    winner_ids = dy.List(
        dy.String(), description="the winner; two drivers in the three shared wins to 1957",
        metadata={"from": ["driver_id", "position"]},
    )
    winner_constructor_id = dy.String(
        description="the constructor of the winning car", metadata={"from": ["constructor_id", "position"]}
    )
    winner_grid = dy.Int64(
        nullable=True, description="place on the grid of the winner; null from the pit lane",
        metadata={"from": ["grid", "position"]},
    )
    winning_margin_ms = dy.Int64(
        nullable=True, min=0,
        description="behind the winner, the second; null where not on the lead lap, or with less time than the winner",
        metadata={"from": ["race_time_ms"], **MS},
    )
    podium_ids = dy.List(
        dy.String(), description="the first three places, in order, shared ones by name",
        metadata={"from": ["driver_id", "position"]},
    )
    pole_ids = dy.List(
        dy.String(), description="who started first; nobody where the first place stayed empty (five races), "
        "two where the source has two (Italy 1952, USA 1964)",
        metadata={"from": ["driver_id", "is_pole"]},
    )
    fastest_lap_id = dy.String(
        nullable=True, description="who drove the fastest lap", metadata={"from": ["driver_id", "fastest_lap_ms"]}
    )
    fastest_lap_ms = dy.Int64(nullable=True, min=0, description="the fastest lap", metadata=MS)
    starters = dy.Int32(min=1, description="drivers who started", metadata={"from": ["is_start"]})
    classified = dy.Int32(min=0, description="drivers who were classified", metadata={"from": ["status_class"]})
    retired_ids = dy.List(
        dy.String(), description="who started and was not classified, in the finishing order",
        metadata={"from": ["driver_id", "status_class"]},
    )
    retired_reasons = dy.List(
        dy.String(nullable=True), nullable=True,
        description="why each of `retired_ids` was not classified, in F1DB's words; null without F1DB",
        metadata={"from": ["silver/retirements.reason"]},
    )
    grid_penalty_ids = dy.List(
        dy.String(), nullable=True, description="who had to start further back; null where F1DB names nobody",
        metadata={"from": ["silver/grid_penalties.driver_id"]},
    )
    time_penalty_ids = dy.List(
        dy.String(), nullable=True, description="to whose time stewards added some; null where F1DB names nobody",
        metadata={"from": ["silver/time_penalties.driver_id"]},
    )
    most_gained_ids = dy.List(
        dy.String(), description="of the classified, who gained the most places on the grid",
        metadata={"from": ["driver_id", "grid", "position"]},
    )
    most_gained = dy.Int64(
        nullable=True, description="how many; null without a grid",
        metadata={"from": ["grid", "position"], "unit": "places"},
    )
    most_lost_ids = dy.List(
        dy.String(), description="of the classified, who lost the most places on the grid",
        metadata={"from": ["driver_id", "grid", "position"]},
    )
    most_lost = dy.Int64(
        nullable=True, description="how many; null without a grid",
        metadata={"from": ["grid", "position"], "unit": "places"},
    )
    pit_stops = dy.Int32(
        nullable=True, min=1, description="stops of all drivers", metadata={"from": ["stop"], "unit": "stops"}
    )
    winner_stops = dy.Int32(
        nullable=True, min=0, description="stops of the winner",
        metadata={"from": ["stop", "position"], "unit": "stops"},
    )
    fastest_stop_id = dy.String(
        nullable=True, description="who spent the least time in the pit lane at a stop",
        metadata={"from": ["duration_ms", "driver_id"]},
    )
    fastest_stop_ms = dy.Int64(nullable=True, min=0, description="how long", metadata={"from": ["duration_ms"], **MS})
    podium_tyres = dy.List(
        dy.String(nullable=True), nullable=True,
        description="the stints of `podium_ids`, tyres and laps on them: `MEDIUM 18, HARD 39`",
        metadata={"from": ["Compound", "LapNumber", "Stint"]},
    )
    air_temperature_c = dy.Float64(
        nullable=True, description="air temperature, mean over the session",
        metadata={"from": ["AirTemp"], "unit": "°C"},
    )
    track_temperature_c = dy.Float64(
        nullable=True, description="track temperature, mean over the session",
        metadata={"from": ["TrackTemp"], "unit": "°C"},
    )
    rain_pct = dy.Float64(
        nullable=True, min=0, max=100, description="share of the session's minutes in which it rained",
        metadata={"from": ["Rainfall"], "unit": "%"},
    )
    safety_cars = dy.Int32(
        nullable=True, min=0, description="how often the safety car came out", metadata={"from": ["Category", "Status"]}
    )
    virtual_safety_cars = dy.Int32(
        nullable=True, min=0, description="how often a virtual one was called",
        metadata={"from": ["Category", "Status", "Message"]},
    )
    red_flags = dy.Int32(
        nullable=True, min=0, description="how often race control showed red", metadata={"from": ["Flag"]}
    )


def finishers(races: pl.DataFrame) -> str:
    """How many started and were classified in each race of the newest season, and the table's newest rows."""
    newest = races.filter(pl.col("season") == pl.col("season").max()).sort("round", descending=True)
    drivers = newest.unpivot(["starters", "classified"], index="round", value_name="drivers")
    return lines(drivers, "round", "drivers", "variable") + preview(newest)


@dg.asset(
    **table("gold/race_report", RaceReport),
    partitions_def=SEASONS,
    ins={
        "results": dg.AssetIn(["silver", "session_results"], partition_mapping=SAME_SEASON),
        "calendar": dg.AssetIn(["silver", "events"], partition_mapping=SAME_SEASON),
        "paces": dg.AssetIn(["silver", "race_pace"], partition_mapping=SAME_SEASON),
        "stops": dg.AssetIn(["silver", "pit_stops"], partition_mapping=SAME_SEASON),
        "tyres": dg.AssetIn(["bronze", "lap_tyres"], partition_mapping=SAME_SEASON),
        "drivers": dg.AssetIn(["bronze", "timing_drivers"], partition_mapping=SAME_SEASON),
        "weather": dg.AssetIn(["bronze", "weather"], partition_mapping=SAME_SEASON),
        "messages": dg.AssetIn(["bronze", "race_control_messages"], partition_mapping=SAME_SEASON),
        "reasons": dg.AssetIn(["silver", "retirements"], partition_mapping=SAME_SEASON),
        "grid_penalties": dg.AssetIn(["silver", "grid_penalties"], partition_mapping=SAME_SEASON),
        "time_penalties": dg.AssetIn(["silver", "time_penalties"], partition_mapping=SAME_SEASON),
    },
)
@enforced(RaceReport, shown=finishers)
def race_report(
    results: pl.LazyFrame, calendar: pl.LazyFrame, paces: pl.LazyFrame, stops: pl.LazyFrame, tyres: pl.LazyFrame,
    drivers: pl.LazyFrame, weather: pl.LazyFrame, messages: pl.LazyFrame, reasons: pl.LazyFrame,
    grid_penalties: pl.LazyFrame, time_penalties: pl.LazyFrame,
) -> pl.LazyFrame:  # fmt: skip
    """One row per race with results."""
    finished = pl.col("status_class") == "classified"
    started, driver = pl.col("is_start"), pl.col("driver_id")
    gained = GAINED.filter(finished)
    margin = pl.col("race_time_ms").filter(pl.col("position") == 2).first() - pl.col("race_time_ms").first()
    fastest = pl.col("fastest_lap_rank") == 1
    races = results.filter(pl.col("session") == "Race")
    why = _of_races(reasons).select(*ROUND, "driver_id", "reason")
    return (
        races.join(why, on=[*ROUND, "driver_id"], how="left")
        .sort("season", "round", "position", "driver_id", nulls_last=True)
        .group_by("season", "round", maintain_order=True)
        .agg(
            winner_ids=driver.filter(pl.col("position") == 1),
            winner_constructor_id=pl.col("constructor_id").first(),
            winner_grid=pl.col("grid").first(),
            winning_margin_ms=pl.when(margin >= 0).then(margin),
            podium_ids=driver.filter(pl.col("position") <= 3),
            pole_ids=driver.filter("is_pole"),
            fastest_lap_id=driver.filter(fastest).first(),
            fastest_lap_ms=pl.col("fastest_lap_ms").filter(fastest).first(),
            starters=started.sum().cast(pl.Int32),
            classified=finished.sum().cast(pl.Int32),
            retired_ids=driver.filter(started & ~finished),
            retired_reasons=pl.when(pl.col("reason").is_not_null().any()).then(
                pl.col("reason").filter(started & ~finished).implode()
            ),
            most_gained_ids=driver.filter(finished & (gained.max() == GAINED)),
            most_gained=gained.max(),
            most_lost_ids=driver.filter(finished & (gained.min() == GAINED)),
            most_lost=-gained.min(),
        )
        .join(calendar.select("season", "round", "event_name", "circuit_id", "event_date"), on=ROUND)
        .join(_least(paces, "fastest_lap_ms"), on=ROUND, how="left", suffix="_of_laps")
        .join(_pit_stops(races, stops), on=ROUND, how="left")
        .join(_penalised(grid_penalties, "grid_penalty_ids"), on=ROUND, how="left")
        .join(_penalised(time_penalties, "time_penalty_ids"), on=ROUND, how="left")
        .join(timing_screens.of_races(tyres, drivers, weather, messages, races), on=ROUND, how="left")
        .with_columns(pl.coalesce(name, f"{name}_of_laps") for name in ("fastest_lap_id", "fastest_lap_ms"))
        .select(RaceReport.column_names())
        .sort("season", "round")
    )


def _pit_stops(races: pl.LazyFrame, stops: pl.LazyFrame) -> pl.LazyFrame:
    """The number of stops, those of the winner, and the shortest stop, of races that have any."""
    winners = races.filter(pl.col("position") == 1).select(*ROUND, "driver_id", won=pl.lit(value=True))
    return (
        stops.join(winners, on=[*ROUND, "driver_id"], how="left")
        .group_by(ROUND).agg(pit_stops=pl.len().cast(pl.Int32), winner_stops=pl.col("won").sum().cast(pl.Int32))
        .join(_least(stops.rename({"duration_ms": "fastest_stop_ms"}), "fastest_stop_ms"), on=ROUND, how="left")
    )


def _of_races(rows: pl.LazyFrame) -> pl.LazyFrame:
    return rows.filter(pl.col("session").cast(pl.String) == "Race")


def _penalised(penalties: pl.LazyFrame, name: str) -> pl.LazyFrame:
    """Who has a penalty in each race that has any, by name."""
    return _of_races(penalties).group_by(ROUND).agg(pl.col("driver_id").sort().alias(name))


def _least(rows: pl.LazyFrame, what: str) -> pl.LazyFrame:
    """The fastest time of each race and its driver: `fastest_lap_ms` and `fastest_lap_id`."""
    return (
        rows.drop_nulls(what).sort(*ROUND, what, "driver_id").group_by(ROUND, maintain_order=True)
        .agg(pl.col(what).first(), pl.col("driver_id").first().alias(what.replace("_ms", "_id")))
    )
