"""silver/race_pace: how fast each driver was over a race, computed from its laps.

A single lap says little: fuel burns off, tyres wear, the safety car slows everybody. Each lap is therefore compared
with the field's on the same lap, and the driver's median of these ratios is the pace.
"""

import dagster as dg
import dataframely as dy
import polars as pl

from f1lake.partitions import SAME_SEASON, SEASONS
from f1lake.storage.contract import enforced, table

FEWEST_LAPS = 10
"""With fewer laps, stops and traffic would decide."""

RACE, LAP = ["season", "round"], ["season", "round", "lap"]


class RacePace(dy.Schema):
    """How fast each driver was in a race compared with the field, the fastest driver and the teammate.

    Races whose laps are in the lake (the source has them from 1996), and drivers with at least ten laps besides the
    first. A driver's pace is the median, over these laps, of the lap time relative to the median of all cars on the
    same lap: safety car, rain and fuel are the same for all, and a stop affects two laps of many.
    """

    season = dy.Int32(primary_key=True, min=1950, description="year of the championship")
    round = dy.Int32(primary_key=True, min=1, description="place in the season's calendar, from 1")
    driver_id = dy.String(primary_key=True, description="the source's id of the driver")
    laps = dy.Int32(min=FEWEST_LAPS, description="laps that count: all but the first", metadata={"unit": "laps"})
    median_lap_ms = dy.Float64(min=0, description="median of these laps", metadata={"from": ["time_ms"], "unit": "ms"})
    fastest_lap_ms = dy.Int64(min=0, description="the fastest of these laps", metadata={"unit": "ms"})
    pace_to_field_pct = dy.Float64(
        description="the driver's pace: slower than the field's median lap by so much; negative: faster",
        metadata={"from": ["time_ms"], "unit": "%"},
    )
    pace_to_best_pct = dy.Float64(
        min=0, description="slower than the fastest pace of the race by so much",
        metadata={"from": ["time_ms"], "unit": "%"},
    )
    pace_to_team_mate_pct = dy.Float64(
        nullable=True, description="slower than the fastest team mate's pace by so much; negative: faster",
        metadata={"from": ["time_ms", "constructor_id"], "unit": "%"},
    )


@dg.asset(
    **table("silver/race_pace", RacePace),
    partitions_def=SEASONS,
    ins={
        "laps": dg.AssetIn(["bronze", "laps"], partition_mapping=SAME_SEASON),
        "results": dg.AssetIn(["silver", "session_results"], partition_mapping=SAME_SEASON),
    },
)
@enforced(RacePace)
def race_pace(laps: pl.LazyFrame, results: pl.LazyFrame) -> pl.LazyFrame:
    """One row per driver and race with laps; the team is that of the race result."""
    teams = results.filter(pl.col("session") == "Race").select(*RACE, "driver_id", "constructor_id")
    driver = [*RACE, "driver_id"]
    of_field = pl.col("time_ms").median().over(LAP)
    paces = (
        laps.filter(pl.col("lap") > 1).drop_nulls("time_ms")
        .select(*LAP, "time_ms", driver_id="driverId", to_field=pl.col("time_ms") / of_field)
        .group_by(driver)
        .agg(
            laps=pl.len().cast(pl.Int32),
            median_lap_ms=pl.col("time_ms").median(),
            fastest_lap_ms=pl.col("time_ms").min(),
            pace=pl.col("to_field").median(),
        )
        .filter(pl.col("laps") >= FEWEST_LAPS)
        .join(teams, on=driver)
    )
    mates = paces.join(paces, on=[*RACE, "constructor_id"], suffix="_other").filter(
        pl.col("driver_id") != pl.col("driver_id_other")
    ).group_by(driver).agg(pace_of_mate=pl.col("pace_other").min())
    return (
        paces.join(mates, on=driver, how="left")
        .select(
            *driver, "laps", "median_lap_ms", "fastest_lap_ms",
            pace_to_field_pct=percent(pl.lit(1.0)),
            pace_to_best_pct=percent(pl.col("pace").min().over(RACE)),
            pace_to_team_mate_pct=percent(pl.col("pace_of_mate")),
        )
        .sort(driver)
    )


def percent(other: pl.Expr) -> pl.Expr:
    """How much slower the pace is than another, to the ten-thousandth, which is independent of the order of summation.
    """
    return ((pl.col("pace") / other - 1) * 100).round(4)
