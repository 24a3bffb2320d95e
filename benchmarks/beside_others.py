"""Features and standings, ours beside what one would write otherwise, on the same rows: one table, ratios included.

    python -m benchmarks.beside_others

Features are all 172 of silver/driver_features for every day of a race or sprint: as one set query in DuckDB (every day
joined with the starts up to it), and as the loop over dates that such a query is often run in; both over every
`NTH_DAY` day only, and multiplied, for all days take minutes. Standings are points and wins after each round from
`FIRST_STANDINGS` on, when every result counts: as cumulative sums in pandas. What the others compute is compared with
ours to the last value. Seconds are of CPU, all cores together, so that a busy machine says much the same. Reads the
lake at `F1LAKE_LAKE`, else of `make demo`'s.
"""

import datetime as dt
import os
import statistics
import time
from collections.abc import Callable
from typing import Any

import duckdb
import pandas as pd
import polars as pl
from polars.testing import assert_frame_equal

from f1lake.gold.driver_standings import driver_standings
from f1lake.silver.driver_features import FEATURES, driver_features
from f1lake.silver.windows import WINDOWS
from f1lake.storage.lake import read

REPETITIONS, NTH_DAY, FIRST_STANDINGS = 5, 100, 1991
SCOPES = {"all": "true", "race": "session = 'Race'", "sprint": "session = 'Sprint'"}
COUNTS = {
    "sessions": "true", "finished": "status_class = 'classified'", "wins": "position = 1", "podiums": "position <= 3",
    "top5": "position <= 5", "grid_top5": "grid <= 5", "poles": "grid = 1", "pole_wins": "grid = 1 AND position = 1",
    "points_finishes": "points > 0", "gains": "position < grid",
}
MEANS = {"avg_grid": "grid", "avg_position": "position", "avg_gain": "grid - position"}
FEATURES_OF_DAYS = """
    WITH rounds AS (
        SELECT season, round, dense_rank() OVER (ORDER BY season, round) AS held FROM results GROUP BY season, round
    ), days AS (
        SELECT DISTINCT season, session_date AS as_of, held FROM results JOIN rounds USING (season, round)
        WHERE session_date IN ({days})
    ), starts AS (SELECT * FROM results JOIN rounds USING (season, round))
    SELECT as_of, driver_id, {measures}
    FROM days JOIN starts ON session_date <= as_of
    GROUP BY as_of, days.season, driver_id HAVING max(starts.season) >= days.season - 2
    ORDER BY as_of, driver_id
"""


def main() -> None:
    """Print the table."""
    os.environ.setdefault("F1LAKE_LAKE", "lake-demo")
    results = read("silver/session_results").filter(pl.col("session") != "Qualifying").collect()
    rules = read("silver/scoring_rules").collect()
    features = driver_features.op.compute_fn.decorated_fn.__wrapped__  # without Dagster and contract
    standings = driver_standings.op.compute_fn.decorated_fn.__wrapped__
    modern = results.filter(pl.col("season") >= FIRST_STANDINGS)
    connection = duckdb.connect()
    connection.register("results", results.to_arrow())

    some = results["session_date"].unique().sort().to_list()[::-NTH_DAY]
    ours, seconds = timed(lambda: features(results.lazy()))
    by_query, query_seconds = timed(lambda: connection.sql(in_sql(some)).pl(), 1)
    by_loop, loop_seconds = timed(lambda: [connection.sql(in_sql([day])).pl() for day in some], 1)
    keys = ["as_of", "driver_id"]
    for theirs in (by_query, pl.concat(by_loop)):
        mine = ours.join(theirs, on=keys, how="semi").sort(keys).select(*keys, *FEATURES)
        assert_frame_equal(mine, theirs.select(mine.columns).cast(mine.schema).sort(keys), abs_tol=1e-9)
    report("172 driver features, all days", seconds, {
        "one set query in DuckDB": query_seconds * NTH_DAY, "the query, date by date": loop_seconds * NTH_DAY
    })

    ours, seconds = timed(lambda: standings(modern.lazy(), rules.lazy()).collect())
    theirs, pandas_seconds = timed(lambda: in_pandas(modern.to_pandas()))
    compared = ["season", "round", "driver_id", "points", "wins"]
    there = pl.from_pandas(theirs).select(compared)
    mine = ours.select(compared).sort(compared[:3])
    assert_frame_equal(mine, there.cast(mine.schema).sort(compared[:3]), abs_tol=1e-6)
    report(f"standings after each round, {FIRST_STANDINGS} on", seconds, {"cumulative sums in pandas": pandas_seconds})


def timed(compute: Callable[[], Any], repetitions: int = REPETITIONS) -> tuple[Any, float]:
    """What comes out, and the median CPU seconds of some repetitions."""
    seconds = []
    for _ in range(repetitions):
        start = time.process_time()
        made = compute()
        seconds.append(time.process_time() - start)
    return made, statistics.median(seconds)


def report(what: str, ours: float, others: dict[str, float]) -> None:
    """Lines of the table."""
    print(f"{what:<40}{'f1lake':<28}{ours:8.2f} CPU s")
    for other, seconds in others.items():
        print(f"{'':<40}{other:<28}{seconds:8.2f} CPU s  {seconds / ours:6.1f} times")


def in_sql(days: list[dt.date]) -> str:
    """The query of all features for some days."""
    measures = []
    for window, length in WINDOWS.items():
        within = "true" if length is None else f"starts.held > days.held - {length}"
        measures.append(f"count(DISTINCT starts.season) FILTER (is_start AND {within}) AS seasons_all_{window}")
        for scope, in_scope in SCOPES.items():
            rows, name = f"FILTER (is_start AND {in_scope} AND {within})", f"{scope}_{window}"
            measures += [f"count(*) {rows[:-1]} AND {so}) AS {count}_{name}" for count, so in COUNTS.items()]
            measures += [f"avg({value}) {rows} AS {mean}_{name}" for mean, value in MEANS.items()]
            measures.append(f"round(coalesce(sum(points) {rows}, 0), 2) AS points_{name}")
    of_days = ", ".join(f"DATE '{day}'" for day in days)
    return FEATURES_OF_DAYS.format(days=of_days, measures=", ".join(measures))


def in_pandas(results: pd.DataFrame) -> pd.DataFrame:
    """Points and wins after each round of everybody who has a row by then."""
    results["wins"] = (results["session"] == "Race") & (results["position"] == 1)
    of_rounds = results.groupby(["season", "round", "driver_id"])[["points", "wins"]].sum()
    made = []
    for season, rows in of_rounds.groupby("season"):
        wide = rows.droplevel("season").unstack("driver_id").sort_index()
        entered = wide["points"].notna().cummax().stack()
        totals = wide.fillna(0).cumsum().stack("driver_id", future_stack=True)[entered]
        made.append(totals.reset_index().assign(season=season))
    return pd.concat(made)


if __name__ == "__main__":
    main()
