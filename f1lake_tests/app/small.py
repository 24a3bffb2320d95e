"""Two small seasons as the page reads them: 2006 with two Schumachers, over; 2026 with a sprint, under way.
"""

import datetime as dt
import math
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
    (2006, 2, "Race"): (dt.date(2006, 3, 19), ["ralf", "michael"]),
    (2026, 1, "Race"): (dt.date(2026, 3, 8), ["russell", "antonelli", "stroll", "bottas"]),
    (2026, 2, "Qualifying"): (None, ["bottas", "antonelli", "russell", "stroll"]),
    (2026, 2, "Sprint"): (dt.date(2026, 3, 14), ["russell", "antonelli", "bottas", "stroll"]),
    (2026, 2, "Race"): (dt.date(2026, 3, 15), ["antonelli", "russell", "stroll", "bottas"]),
}
EVENTS = {
    (2006, 1): "Bahrain Grand Prix",
    (2006, 2): "Malaysian Grand Prix",
    (2026, 1): "Australian Grand Prix",
    (2026, 2): "Chinese Grand Prix",
    (2026, 3): "Japanese Grand Prix",
    (2026, 4): "Brazilian Grand Prix",
}
POINTS = {
    # season, round: points so far
    (2006, 1): {"michael": 10.0, "ralf": 0.0},
    (2006, 2): {"michael": 20.0, "ralf": 10.0},
    (2026, 1): {"antonelli": 18.0, "russell": 25.0, "stroll": 15.0, "bottas": 12.0},
    (2026, 2): {"antonelli": 50.5, "russell": 51.0, "stroll": 35.0, "bottas": 30.0},
}
ODDS = {
    dt.date(2006, 3, 12): {"michael": 0.9, "ralf": 0.1},
    dt.date(2006, 3, 19): {"michael": 1.0, "ralf": 0.0},
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
            "grid": None if session == "Qualifying" else len(order) + 1 - place,
            "is_pole": session != "Qualifying" and place == len(order),
            "position": place,
            "status_class": None if session == "Qualifying" else "retired" if place == 4 else "classified",
            "is_start": session != "Qualifying",
            "points": 0.0,
            "laps": 57,
            "race_time_ms": 5_400_000 + 1500 * (place - 1) if place < 4 else None,
            "fastest_lap_ms": 90_000 + place - 1 if session == "Race" else None,
            "fastest_lap_rank": place,
        }
        for (season, round_, session), (day, order) in SESSIONS.items()
        for place, driver in enumerate(order, start=1)
    ]
    standings = [
        {"season": season, "round": round_, "driver_id": driver, "points": points, "position": place,
         "constructor_id": DRIVERS[season, driver][3], "points_gap": max(table.values()) - points}
        for (season, round_), table in POINTS.items()
        for place, (driver, points) in enumerate(sorted(table.items(), key=lambda item: -item[1]), start=1)
    ]
    frames = {
        "odds/title_odds": odds(),
        "odds/constructor_title_odds": constructor_odds(),
        "odds/race_odds": race_odds(),
        "odds/strengths": strengths(),
        "silver/session_results": pl.DataFrame(results, infer_schema_length=None),
        "silver/events": pl.DataFrame([event(s, r, name) for (s, r), name in EVENTS.items()], infer_schema_length=None),
        "silver/drivers": pl.DataFrame(named),
        "silver/constructors": pl.DataFrame(
            [
                {"season": s, "constructor_id": c, "lineage_id": c, "name": name, "color": color}
                for (s, c), (name, color) in CONSTRUCTORS.items()
            ]
        ),
        "gold/driver_standings": pl.DataFrame(standings).with_columns(wins=0),
        "gold/constructor_standings": pl.DataFrame([
            {"season": 2026, "round": 2, "constructor_id": team, "points": points, "position": place}
            for place, (team, points) in enumerate({"mercedes": 101.5, "aston_martin": 35.0}.items(), 1)
        ]).with_columns(wins=0, points_gap=pl.col("points").max() - pl.col("points")),
        "silver/season_state": pl.DataFrame([
            {"season": season, "round": round_, "driver_id": driver, "is_race_day": True, "points_attainable": 101.0,
             "can_win_title": driver not in ("stroll", "bottas")}
            for (season, round_), table in POINTS.items() for driver in table
        ]),
        "silver/pit_stops": pl.DataFrame([{"season": 2026, "round": 2, "driver_id": "antonelli", "stop": 1}]),
        "odds/published_scores": pl.DataFrame([
            judged(1, "Australian Grand Prix", "before_qualifying", "earlier", "russell", 0.25),
            judged(2, "Chinese Grand Prix", "before_qualifying", "published", "antonelli", 0.5),
            judged(2, "Chinese Grand Prix", "grid", "too_late", "antonelli", 0.6),
        ]),
        "odds/game_scores": pl.DataFrame([
            predicted(2, "friend", "Ana", "", "antonelli", 0.7), predicted(2, "alike", "", "", "antonelli", 0.25),
            predicted(2, "model", "f1lake", "before_qualifying", "antonelli", 0.5),
            predicted(2, "model", "f1lake", "grid", "antonelli", 0.6),
            predicted(3, "friend", "Bia & Co", "", None, None), predicted(3, "alike", "", "", None, None),
            predicted(3, "model", "f1lake", "before_qualifying", None, None),
        ], infer_schema_length=None),
        "gold/title_fights": pl.DataFrame([{
            "season": 2006, "champion_id": "michael", "runner_up_id": "ralf", "margin": 10.0,
            "decided_on": dt.date(2006, 3, 19), "decided_round": 2, "rounds_left": 0, "largest_comeback": 2.0,
        }]),
    } | careers()
    return {
        name: whole(frame.with_columns(SEASON) if "season" in frame.columns else frame)
        for name, frame in frames.items()
    }


def judged(round_: int, event: str, stage: str, status: str, winner: str, chance: float) -> dict:
    """One row of odds/published_scores; `_today` is always half of what was published."""
    is_published = status == "published"
    return {
        "kind": "race_win", "season": 2026, "as_of": None, "event_name": event, "stage": stage, "round": round_,
        "status": status, "happened": winner, "published_at": dt.datetime(2026, 3, 13) if is_published else None,
        "log_loss": -math.log(chance) if is_published else None, "brier": 0.05 if is_published else None,
        "log_loss_today": -math.log(chance / 2), "brier_today": 0.06,
        "log_loss_places": 1.0 if stage == "grid" else None,
    }


def predicted(round_: int, side: str, player: str, stage: str, winner: str | None, chance: float | None) -> dict:
    """One row of odds/game_scores; whoever plays has Antonelli in front."""
    return {
        "season": 2026, "round": round_, "event_name": EVENTS[2026, round_], "side": side, "player": player,
        "stage": stage, "favourite_id": "antonelli", "favourite_chance": chance or 0.5, "winner_id": winner,
        "chance": chance, "log_loss": -math.log(chance) if chance else None, "brier": 0.05 if chance else None,
    }


def whole(frame: pl.DataFrame) -> pl.DataFrame:
    """A frame without columns of nothing, which Delta has no type for."""
    return frame.with_columns(pl.col(pl.Null).cast(pl.Datetime("us", "UTC")))


def event(season: int, round_: int, name: str) -> dict:
    """A weekend at a circuit of the event's name; 2026's has all its times."""
    day = dt.datetime(season, 3, 1 + 7 * round_, 14, tzinfo=dt.UTC)
    is_sprint = (season, round_) == (2026, 2)
    return {
        "season": season, "round": round_, "event_name": name, "event_date": day.date(),
        "circuit_id": name.split()[0].lower(), "circuit_name": f"Circuit of the {name}", "locality": "Town",
        "country": "Japan", "is_sprint_weekend": is_sprint, "first_practice_start": day - dt.timedelta(days=2),
        "second_practice_start": day - dt.timedelta(days=2, hours=-4), "third_practice_start": None,
        "sprint_qualifying_start": day - dt.timedelta(days=2, hours=-4) if is_sprint else None,
        "sprint_start": day - dt.timedelta(days=1, hours=4) if is_sprint else None,
        "qualifying_start": day - dt.timedelta(days=1), "race_start": day,
    }


def careers() -> dict[str, pl.DataFrame]:
    """The one-row-each reports of drivers, teams and circuits, and the duels."""
    drivers = {
        driver: {
            "driver_id": driver, "name": f"{given} {family}", "nationality": "Italian",
            "date_of_birth": dt.date(season - 25, 1, 3), "first_season": season, "last_season": season, "races": 2,
            "wins": 1, "podiums": 2, "poles": 0, "points": 25.5, "titles": int(season == 2006),
            "title_seasons": [2006] if season == 2006 else [],
        }
        for (season, driver), (given, family, _, _) in DRIVERS.items()
    }
    teams = [
        {
            "constructor_id": team, "name": name, "nationality": "German", "lineage_ids": [team],
            "first_season": season, "last_season": season, "races": 2, "wins": 1, "one_twos": 1, "podiums": 2,
            "poles": 0, "titles": 0, "title_seasons": [],
        }
        for (season, team), (name, _) in CONSTRUCTORS.items()
    ]
    duel = {
        "season": 2026, "constructor_id": "mercedes", "driver_id": "antonelli", "team_mate_id": "russell",
        "races_together": 2, "race_duels": 2, "race_duels_won": 1, "qualifying_duels": 1, "qualifying_duels_won": 1,
        "grid_duels": 2, "grid_duels_won": 1, "points": 43.0, "team_mate_points": 43.0,
    }
    circuit = {
        "circuit_id": "japanese", "circuit_name": "Circuit of the Japanese Grand Prix", "races": 30,
        "first_season": 1987,
        "most_wins_driver_ids": ["michael"], "most_wins_driver": 6, "pole_wins": 15, "lowest_winning_grid": 17,
        "lap_record_ms": 90_983, "lap_record_driver_id": "russell", "lap_record_season": 2019,
    }
    of_seasons = {"title_seasons": pl.List(pl.Int32)}
    return {
        "gold/driver_career": pl.DataFrame(list(drivers.values()), schema_overrides=of_seasons),
        "gold/constructor_career": pl.DataFrame(teams, schema_overrides=of_seasons),
        "gold/teammate_duels": pl.DataFrame([duel]),
        "gold/circuit_records": pl.DataFrame([circuit]),
    }


def constructor_odds() -> pl.DataFrame:
    """The odds of the drivers, added up by team."""
    teams = {driver: team for (_, driver), (_, _, _, team) in DRIVERS.items()}
    numbers = ("probability", "probability_low", "probability_high")
    return (
        odds().with_columns(constructor_id=pl.col("driver_id").replace_strict(teams))
        .group_by("season", "as_of", "constructor_id", "model_version", "made_at", maintain_order=True)
        .agg(pl.col(name).sum().clip(0, 1) for name in numbers)
    )


def race_odds() -> pl.DataFrame:
    """The odds of 2026's second race at every stage, and of the third, which is the next."""
    shares = {"antonelli": 0.5, "russell": 0.3, "stroll": 0.15, "bottas": 0.05}
    rows = [
        {
            "season": 2026, "round": round_, "stage": stage, "driver_id": driver, "model_version": "1",
            "constructor_id": DRIVERS[2026, driver][3], "grid": None if stage == "before_qualifying" else place,
            "p_win": share, "p_podium": min(1.0, 2 * share), "p_points": min(1.0, 3 * share),
            "made_at": dt.datetime(2026, 3, 15, 18, 4, tzinfo=dt.UTC),
        }
        for round_, stage in [(2, "before_qualifying"), (2, "qualifying"), (2, "grid"), (3, "before_qualifying")]
        for place, (driver, share) in enumerate(shares.items(), start=1)
    ]
    return pl.DataFrame(rows, infer_schema_length=None).with_columns(pl.col("round").cast(pl.Int32))


def strengths() -> pl.DataFrame:
    """Drivers and cars on the days of 2026's odds."""
    kinds = [("driver", driver) for season, driver in DRIVERS if season == 2026]
    kinds += [("car", team) for season, team in CONSTRUCTORS if season == 2026]
    rows = [
        {"season": 2026, "as_of": day, "kind": kind, "entity_id": entity, "mean": 0.1 * place, "sd": 0.2}
        for place, (kind, entity) in enumerate(kinds)
        for day in ODDS if day.year == 2026
    ]
    return pl.DataFrame(rows)


def odds(
    model_version: str = "1", made_at: dt.datetime = dt.datetime(2026, 3, 15, 18, 4, tzinfo=dt.UTC)
) -> pl.DataFrame:
    """The odds of `ODDS` as a model made them."""
    rows = [
        {"season": day.year, "as_of": day, "driver_id": driver, "probability": share} | standing(day, driver)
        for day, shares in ODDS.items()
        for driver, share in shares.items()
    ]
    return pl.DataFrame(rows, infer_schema_length=None).with_columns(
        SEASON,
        model_version=pl.lit(model_version),
        probability_low=pl.col("probability") / 2,
        probability_high=(pl.col("probability") + 1) / 2,
        made_at=pl.lit(made_at),
    )


def standing(day: dt.date, driver: str) -> dict:
    """Where the driver stood on a day, as the odds tell it."""
    held = [key for key in POINTS if key[0] == day.year and SESSIONS[*key, "Race"][0] <= day]
    table = POINTS[held[-1]] if held else {}
    order = sorted(table.values(), reverse=True)
    mine = table.get(driver)
    return {
        "position": None if mine is None else order.index(mine) + 1, "points": mine or 0.0,
        "points_gap": 0.0 if mine is None else order[0] - mine if mine != order[0] else order[1] - mine,
        "rounds_remaining": (2 if day.year == 2006 else 4) - len(held),
        "strongest_car_since": 1 if driver == "russell" and held else None,
    }


def store(lake: Path, frames: dict[str, pl.DataFrame]) -> None:
    """Write tables as the I/O manager lays them out."""
    for name, frame in frames.items():
        by = ["season"] if "season" in frame.columns else None
        write_deltalake((lake / name).as_posix(), frame, mode="overwrite", partition_by=by)
