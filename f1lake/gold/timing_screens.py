"""What live timing adds to the report of a race: tyres, weather, safety cars and red flags.

Not here: results, which everybody can collect (`race_report.py`). A race without collected live timing has no row.
"""

import polars as pl

ROUND = ["season", "round"]


def of_races(tyres: pl.LazyFrame, drivers: pl.LazyFrame, weather: pl.LazyFrame, messages: pl.LazyFrame,
             results: pl.LazyFrame) -> pl.LazyFrame:  # fmt: skip
    """The columns that the four live timing tables of bronze give to a race: [season, round, podium_tyres, …]."""
    seen = pl.concat([rows.select(ROUND) for rows in (tyres, weather, messages)]).unique()
    return (
        seen.join(_podium_tyres(_races(tyres), _races(drivers), results), on=ROUND, how="left")
        .join(_weather(_races(weather)), on=ROUND, how="left")
        .join(_interruptions(_races(messages)), on=ROUND, how="left")
    )


def _races(rows: pl.LazyFrame) -> pl.LazyFrame:
    return rows.filter(pl.col("session").cast(pl.String) == "Race")


def _podium_tyres(tyres: pl.LazyFrame, drivers: pl.LazyFrame, results: pl.LazyFrame) -> pl.LazyFrame:
    """The stints of each driver on the podium as text, in the order of the podium: `MEDIUM 18, HARD 39`."""
    driver = drivers.select(*ROUND, "DriverNumber", driver_id="DriverId").drop_nulls()
    stints = (
        tyres.join(driver, on=[*ROUND, "DriverNumber"]).drop_nulls("Stint")
        .group_by(*ROUND, "driver_id", "Stint")
        .agg(pl.col("Compound").drop_nulls().first().fill_null("UNKNOWN"), laps=pl.len())
        .sort("Stint").group_by(*ROUND, "driver_id", maintain_order=True)
        .agg(stints=pl.format("{} {}", "Compound", "laps").str.join(", "))
    )
    podium = results.filter(pl.col("position") <= 3).select(*ROUND, "driver_id", "position")
    return (
        podium.join(stints, on=[*ROUND, "driver_id"], how="left").sort(*ROUND, "position", "driver_id")
        .group_by(ROUND, maintain_order=True).agg(podium_tyres="stints")
        .filter(pl.col("podium_tyres").list.drop_nulls().list.len() > 0)
    )


def _weather(weather: pl.LazyFrame) -> pl.LazyFrame:
    return weather.group_by(ROUND).agg(
        air_temperature_c=pl.col("AirTemp").mean(),
        track_temperature_c=pl.col("TrackTemp").mean(),
        rain_pct=100 * pl.col("Rainfall").mean(),
    )


def _interruptions(messages: pl.LazyFrame) -> pl.LazyFrame:
    """How often a safety car or a virtual one was deployed, and how often the race was stopped."""
    out = (pl.col("Category") == "SafetyCar") & (pl.col("Status") == "DEPLOYED")
    virtual = pl.col("Message").str.contains("VIRTUAL|VSC")
    return messages.group_by(ROUND).agg(
        safety_cars=(out & ~virtual).sum().cast(pl.Int32),
        virtual_safety_cars=(out & virtual).sum().cast(pl.Int32),
        red_flags=(pl.col("Flag") == "RED").sum().cast(pl.Int32),
    )
