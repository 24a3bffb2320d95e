"""How long all of silver and gold takes, bronze in memory, without Dagster and contracts. Target: 2 s on 2 cores.

    python -m benchmarks.silver_and_gold [how many times the history is repeated: 1, 10, …]

Reads bronze of the lake at `F1LAKE_LAKE`, else of `make demo`'s. A repeated history goes on 77 years after the last,
with the same names. Nothing is written. The peak of memory includes the tables that others read, which are kept. On a
busy machine the CPU seconds (of both cores) say more than the others.
"""

import os
import resource
import sys
import time

import dagster as dg
import polars as pl

from f1lake.bronze.constructor_standings import ConstructorStandings
from f1lake.bronze.driver_standings import DriverStandings
from f1lake.bronze.events import Events
from f1lake.bronze.lap_tyres import LapTyres
from f1lake.bronze.laps import Laps
from f1lake.bronze.pit_stops import PitStops
from f1lake.bronze.race_control_messages import RaceControlMessages
from f1lake.bronze.session_results import SessionResults
from f1lake.bronze.timing_drivers import TimingDrivers
from f1lake.bronze.weather import Weather
from f1lake.gold.circuit_records import circuit_records
from f1lake.gold.constructor_career import constructor_career
from f1lake.gold.constructor_standings import constructor_standings
from f1lake.gold.driver_career import driver_career
from f1lake.gold.driver_standings import driver_standings
from f1lake.gold.race_report import race_report
from f1lake.gold.season_summary import season_summary
from f1lake.gold.teammate_duels import teammate_duels
from f1lake.gold.title_fights import title_fights
from f1lake.raw.f1db_race_data import RaceData
from f1lake.raw.f1db_races import F1dbRaces
from f1lake.silver.calendars import Calendars
from f1lake.silver.champions import champions
from f1lake.silver.circuit_layouts import CircuitLayouts
from f1lake.silver.constructor_features import constructor_features
from f1lake.silver.constructors import constructors
from f1lake.silver.departures import departures
from f1lake.silver.driver_circuit_features import driver_circuit_features
from f1lake.silver.driver_features import driver_features
from f1lake.silver.driver_form import driver_form
from f1lake.silver.drivers import drivers
from f1lake.silver.events import events
from f1lake.silver.f1db_drivers import F1dbDrivers
from f1lake.silver.grid_penalties import GridPenalties
from f1lake.silver.pit_stops import pit_stops
from f1lake.silver.race_pace import race_pace
from f1lake.silver.retirements import Retirements
from f1lake.silver.scoring_rules import scoring_rules
from f1lake.silver.season_state import season_state
from f1lake.silver.session_results import session_results
from f1lake.silver.time_penalties import TimePenalties
from f1lake.storage.lake import read

SEASONS = 77


def main(times: int) -> None:
    """Print the seconds and rows of each table, the seconds of all, and the peak of memory."""
    os.environ.setdefault("F1LAKE_LAKE", "lake-demo")
    schedule = repeated(Events.cast(read("bronze/events")), times)
    calendars = repeated(Calendars.cast(read("silver/calendars")), times)
    rows = repeated(SessionResults.cast(read("bronze/session_results")), times)
    finals = repeated(DriverStandings.cast(read("bronze/driver_standings")), times)
    team_finals = repeated(ConstructorStandings.cast(read("bronze/constructor_standings")), times)
    laps = repeated(Laps.cast(read("bronze/laps")), times)
    stopped = repeated(PitStops.cast(read("bronze/pit_stops")), times)
    rules = repeated(made(scoring_rules).filter(pl.col("season") < 1950 + SEASONS), times)
    start, busy = time.perf_counter(), time.process_time()
    results, calendar = made(session_results, rows, schedule), made(events, schedule, calendars)
    release, races, ids = (empty.create_empty().lazy() for empty in (RaceData, F1dbRaces, F1dbDrivers))
    names, teams = made(drivers, rows), made(constructors, rows, release, races, calendar, ids)
    titles = made(champions, finals, team_finals, schedule, results, rules)
    stops, paces = made(pit_stops, stopped), made(race_pace, laps, results)
    state = made(season_state, results, calendars, rules, made(departures))
    of_drivers, of_teams = made(driver_standings, results, rules), made(constructor_standings, results, rules)
    of_others = [
        schema.create_empty().lazy()
        for schema in (LapTyres, TimingDrivers, Weather, RaceControlMessages, Retirements, GridPenalties, TimePenalties)
    ]
    tables_nobody_reads = [
        (driver_features, results), (driver_form, results, paces), (constructor_features, results, teams),
        (driver_circuit_features, results, calendar), (race_report, results, calendar, paces, stops, *of_others),
        (teammate_duels, results), (title_fights, state), (season_summary, results, calendar, of_drivers, of_teams),
        (circuit_records, results, calendar, CircuitLayouts.create_empty().lazy()),
        (driver_career, results, names, titles, of_drivers, calendar),
        (constructor_career, results, teams, of_teams, calendar),
    ]
    for asset, *inputs in tables_nobody_reads:
        made(asset, *inputs)
    seconds, cpu_seconds = time.perf_counter() - start, time.process_time() - busy
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    print(f"history × {times}: {seconds:.2f} s ({cpu_seconds:.2f} CPU), peak {peak:.2f} GB (target for once: 2 s)")


def made(asset: dg.AssetsDefinition, *inputs: pl.LazyFrame) -> pl.LazyFrame:
    """What the asset's function makes of its inputs, with a line on the time."""
    start, busy = time.perf_counter(), time.process_time()
    frame = asset.op.compute_fn.decorated_fn.__wrapped__(*inputs).lazy().collect()
    seconds, cpu_seconds = time.perf_counter() - start, time.process_time() - busy
    print(f"{'/'.join(asset.key.path):<32}{seconds:8.3f} s {cpu_seconds:8.3f} CPU {frame.height:11,} rows")
    return frame.lazy()


def repeated(frame: pl.LazyFrame, times: int) -> pl.LazyFrame:
    """The history several times over, each 77 years after the one before."""
    dates = [name for name, dtype in frame.collect_schema().items() if dtype == pl.Date]
    return pl.concat(
        frame.with_columns(
            pl.col("season") + SEASONS * n, pl.col(dates).dt.offset_by(f"{SEASONS * n}y")
        )
        for n in range(times)
    ).collect().lazy()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
