"""Two small seasons as the page reads them: 2006 with two Schumachers, 2026 with a sprint."""

import datetime as dt
from pathlib import Path

import polars as pl
from deltalake import write_deltalake

DRIVERS = {
    # season, driver: given name, family name, code, constructor
    (2006, "michael"): ("Michael", "Schumacher", "MSC", "ferrari"),
    (2006, "ralf"): ("Ralf", "Schumacher", "RSC", "toyota"),
    (2026, "antonelli"): ("Andrea Kimi", "Antonelli", "ANT", "mercedes"),
    (2026, "russell"): ("George", "Russell", "RUS", "mercedes"),
    (2026, "stroll"): ("Lance", "Stroll", None, "aston_martin"),
    (2026, "bottas"): ("Valtteri", "Bottas", "BOT", "cadillac"),
}
CONSTRUCTORS = {
    (2006, "ferrari"): ("Ferrari", "#dc0000"),
    (2006, "toyota"): ("Toyota", "#c8102e"),
    (2026, "mercedes"): ("Mercedes", "#27f4d2"),
    (2026, "aston_martin"): ("Aston Martin", "#229971"),
    (2026, "cadillac"): ("Cadillac", "#ffffff"),
}
SESSIONS = {
    # season, round, session: day, drivers in the order they finished
    (2006, 1, "Race"): (dt.date(2006, 3, 12), ["michael", "ralf"]),
    (2026, 1, "Race"): (dt.date(2026, 3, 8), ["russell", "antonelli", "stroll", "bottas"]),
    (2026, 2, "Qualifying"): (None, ["bottas", "antonelli", "russell", "stroll"]),
    (2026, 2, "Sprint"): (dt.date(2026, 3, 14), ["russell", "antonelli", "bottas", "stroll"]),
    (2026, 2, "Race"): (dt.date(2026, 3, 15), ["antonelli", "russell", "stroll", "bottas"]),
}
EVENTS = {
    (2006, 1): "Bahrain Grand Prix",
    (2026, 1): "Australian Grand Prix",
    (2026, 2): "Chinese Grand Prix",
}
POINTS = {
    # season, round: points so far
    (2006, 1): {"michael": 10.0, "ralf": 0.0},
    (2026, 1): {"antonelli": 18.0, "russell": 25.0, "stroll": 15.0, "bottas": 12.0},
    (2026, 2): {"antonelli": 50.5, "russell": 51.0, "stroll": 35.0, "bottas": 30.0},
}
ODDS = {
    dt.date(2006, 3, 12): {"michael": 0.9, "ralf": 0.1},
    dt.date(2026, 1, 1): {"antonelli": 0.30, "russell": 0.62, "stroll": 0.04, "bottas": 0.04},
    dt.date(2026, 3, 8): {"antonelli": 0.28, "russell": 0.68, "stroll": 0.02, "bottas": 0.02},
    dt.date(2026, 3, 14): {"antonelli": 0.25, "russell": 0.73, "stroll": 0.01, "bottas": 0.01},
    dt.date(2026, 3, 15): {"antonelli": 0.55, "russell": 0.446, "stroll": 0.004, "bottas": 0.0},
}
SEASON = pl.col("season").cast(pl.Int32)


def tables() -> dict[str, pl.DataFrame]:
    """Each table the page reads, with the columns it reads."""
    named = [
        {
            "season": season,
            "driver_id": driver,
            "given_name": given,
            "family_name": family,
            "driver_code": code,
        }
        for (season, driver), (given, family, code, _) in DRIVERS.items()
    ]
    results = [
        {
            "season": season,
            "round": round_,
            "session": session,
            "session_date": day,
            "driver_id": driver,
            "constructor_id": DRIVERS[season, driver][3],
            "position": place,
        }
        for (season, round_, session), (day, order) in SESSIONS.items()
        for place, driver in enumerate(order, start=1)
    ]
    standings = [
        {"season": season, "round": round_, "driver_id": driver, "points": points}
        for (season, round_), table in POINTS.items()
        for driver, points in table.items()
    ]
    frames = {
        "odds/title_odds": odds(),
        "silver/session_results": pl.DataFrame(results),
        "silver/events": pl.DataFrame(
            [{"season": s, "round": r, "event_name": name} for (s, r), name in EVENTS.items()]
        ),
        "silver/drivers": pl.DataFrame(named),
        "silver/constructors": pl.DataFrame(
            [
                {"season": s, "constructor_id": c, "name": name, "color": color}
                for (s, c), (name, color) in CONSTRUCTORS.items()
            ]
        ),
        "gold/driver_standings": pl.DataFrame(standings),
    }
    return {name: frame.with_columns(SEASON) for name, frame in frames.items()}


def odds(
    model_version: str = "1", made_at: dt.datetime = dt.datetime(2026, 3, 15, 18, 4, tzinfo=dt.UTC)
) -> pl.DataFrame:
    """The odds of `ODDS` as a model made them."""
    rows = [
        {"season": day.year, "as_of": day, "driver_id": driver, "probability": share}
        for day, shares in ODDS.items()
        for driver, share in shares.items()
    ]
    return pl.DataFrame(rows).with_columns(
        SEASON,
        model_version=pl.lit(model_version),
        probability_low=pl.col("probability") / 2,
        probability_high=(pl.col("probability") + 1) / 2,
        made_at=pl.lit(made_at),
    )


def store(lake: Path, frames: dict[str, pl.DataFrame]) -> None:
    """Write tables as the I/O manager lays them out."""
    for name, frame in frames.items():
        write_deltalake((lake / name).as_posix(), frame, mode="overwrite", partition_by=["season"])
