"""A made-up history: six drivers in three cars, some better than others, raced by the rules of their years."""

import datetime as dt

import numpy as np
import polars as pl

from f1lake.silver.constructors import Constructors
from f1lake.silver.events import Events
from f1lake.silver.scoring_rules import ScoringRules, rules_of
from f1lake.silver.session_results import SessionResults
from f1lake_tests.silver.small import frame, race_day

DRIVERS = {"ann": "red", "bea": "red", "cyd": "green", "dot": "green", "eve": "blue", "fay": "blue"}
PACE = {"ann": 2.0, "bea": 1.0, "cyd": 0.5, "dot": 0.0, "eve": -1.0, "fay": -1.5}


def results(first: int, last: int, rounds: int, held_of_last: int | None = None, seed: int = 1) -> pl.DataFrame:
    """silver/session_results; of the last season, `held_of_last` races have been held."""
    dice = np.random.default_rng(seed)
    rows = []
    for season in range(first, last + 1):
        held = rounds if season < last or held_of_last is None else held_of_last
        points = rules_of(season)["race_points"]
        for round_ in range(1, rounds + 1):
            shown = {driver: pace + dice.normal() for driver, pace in PACE.items()}
            grid = sorted(PACE, key=lambda driver: -(PACE[driver] + 0.7 * dice.normal()))
            failed = {driver for driver in DRIVERS if dice.random() < 0.15}
            order = sorted(DRIVERS, key=lambda driver: (driver in failed, -shown[driver]))
            if round_ <= held:
                rows += [
                    {
                        "season": season, "round": round_, "session": "Race", "session_date": race_day(season, round_),
                        "driver_id": driver, "constructor_id": DRIVERS[driver], "position": place,
                        "grid": 1 + grid.index(driver), "status_class": "retired" if driver in failed else "classified",
                        "is_start": True, "is_shared_drive": False, "status": "Finished",
                        "points": float(points[place - 1]) if driver not in failed and place <= len(points) else 0.0,
                    }
                    for place, driver in enumerate(order, 1)
                ]  # fmt: skip
    return frame(SessionResults, rows)


def events(first: int, last: int, rounds: int, sprints: tuple[int, ...] = ()) -> pl.DataFrame:
    """silver/events of these seasons."""
    return frame(
        Events,
        [
            {
                "season": season, "round": n, "event_name": f"Grand Prix {n}", "event_date": race_day(season, n),
                "sprint_date": race_day(season, n) - dt.timedelta(days=1) if n in sprints else None,
                "is_sprint_weekend": n in sprints, "rounds_remaining": rounds - n, "circuit_id": "monza",
                "circuit_name": "Monza",
            }
            for season in range(first, last + 1)
            for n in range(1, rounds + 1)
        ],
    )  # fmt: skip


def constructors(first: int, last: int) -> pl.DataFrame:
    """silver/constructors of these seasons."""
    return frame(
        Constructors,
        [
            {"season": season, "constructor_id": car, "name": car, "lineage_id": car, "color": "#000000"}
            for season in range(first, last + 1)
            for car in sorted(set(DRIVERS.values()))
        ],
    )


def rules(first: int, last: int) -> pl.DataFrame:
    """silver/scoring_rules of these seasons."""
    seasons = range(first, last + 1)
    return pl.DataFrame([rules_of(season) for season in seasons], schema=ScoringRules.create_empty().schema)
