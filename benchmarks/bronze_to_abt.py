"""How long bronze to abt takes for the whole history, without Dagster. Target: 3 s on 2 cores.

Reads bronze of the lake at `F1LAKE_LAKE`, else of `make demo`'s; what is timed starts with these reads and
holds every table against its contract. Nothing is written.
"""

import os
import time

import dagster as dg
import polars as pl

from f1lake.abt.title_abt import title_abt
from f1lake.bronze.constructor_standings import ConstructorStandings
from f1lake.bronze.driver_standings import DriverStandings
from f1lake.bronze.events import Events
from f1lake.bronze.session_results import SessionResults
from f1lake.gold.constructor_standings import constructor_standings
from f1lake.gold.driver_standings import driver_standings
from f1lake.silver.calendars import Calendars
from f1lake.silver.champions import champions
from f1lake.silver.constructors import constructors
from f1lake.silver.departures import departures
from f1lake.silver.driver_features import driver_features
from f1lake.silver.drivers import drivers
from f1lake.silver.events import events
from f1lake.silver.scoring_rules import scoring_rules
from f1lake.silver.season_state import season_state
from f1lake.silver.session_results import session_results
from f1lake.storage.lake import read
from f1lake.storage.rules import broken_rules
from f1lake.storage.schemas import CONTRACTS


def main() -> None:
    """Print the seconds of each table and of all."""
    os.environ.setdefault("F1LAKE_LAKE", "lake-demo")
    start = time.perf_counter()
    schedule = Events.cast(read("bronze/events")).collect().lazy()
    results = SessionResults.cast(read("bronze/session_results")).collect().lazy()
    standings = DriverStandings.cast(read("bronze/driver_standings")).collect().lazy()
    team_standings = ConstructorStandings.cast(read("bronze/constructor_standings")).collect().lazy()
    print(f"{'read bronze':<24}{time.perf_counter() - start:7.3f} s")
    silver_results = built(session_results, results, schedule)
    calendars = Calendars.cast(read("silver/calendars")).collect().lazy()
    built(events, schedule, calendars)
    built(drivers, results)
    built(constructors, results)
    rules = built(scoring_rules)
    over = built(champions, standings, team_standings, schedule, silver_results, rules)
    built(driver_standings, silver_results, rules)
    built(constructor_standings, silver_results, rules)
    state = built(season_state, silver_results, calendars, rules, built(departures))
    built(title_abt, silver_results, calendars, state, built(driver_features, silver_results), over)
    print(f"{'bronze to abt':<24}{time.perf_counter() - start:7.3f} s (target 3 s)")


def built(asset: dg.AssetsDefinition, *inputs: pl.LazyFrame) -> pl.LazyFrame:
    """What the asset's function makes of its inputs, held against the contract, with a line on the time."""
    start = time.perf_counter()
    name = "/".join(asset.key.path)
    frame = asset.op.compute_fn.decorated_fn.__wrapped__(*inputs).lazy().collect()
    assert not broken_rules(CONTRACTS[name], frame), name
    print(f"{name:<24}{time.perf_counter() - start:7.3f} s {frame.height:8,} rows")
    return frame.lazy()


if __name__ == "__main__":
    main()
