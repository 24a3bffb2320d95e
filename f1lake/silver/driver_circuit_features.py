"""silver/driver_circuit_features: what was known of every driver at a circuit, after every visit.

The measures of `measures.py`, over rounds at that circuit instead of rounds of the championship.
"""

import dagster as dg
import dataframely as dy
import polars as pl

from f1lake.partitions import SEASONS, UP_TO_SEASON
from f1lake.silver.driver_features import feature_columns
from f1lake.silver.windows import WINDOWS, window_sums
from f1lake.storage.contract import enforced, table


class DriverCircuitFeatures(dy.Schema):
    """What was known of a driver at a circuit: everything there up to and including `as_of`, nothing later.

    One row for each day on which the driver has a race or sprint row at the circuit. It is valid until the next one, so
    join it as of a day (`join_asof` by driver and circuit; before a race, exclude that day). Windows are rounds held at
    the circuit, whether or not the driver entered. The rules are those of silver/driver_features.
    """

    season = dy.Int32(min=1950, description="season of `as_of`")
    as_of = dy.Date(primary_key=True, description="the day of a race or sprint at the circuit")
    driver_id = dy.String(primary_key=True, description="the source's id of the driver")
    circuit_id = dy.String(primary_key=True, description="the source's id of the circuit")
    locals().update(feature_columns())  # generated: no one lists 172 columns


@dg.asset(
    **table("silver/driver_circuit_features", DriverCircuitFeatures),
    partitions_def=SEASONS,
    ins={
        "results": dg.AssetIn(["silver", "session_results"], partition_mapping=UP_TO_SEASON),
        "calendar": dg.AssetIn(["silver", "events"], partition_mapping=UP_TO_SEASON),
    },
)
@enforced(DriverCircuitFeatures)
def driver_circuit_features(results: pl.LazyFrame, calendar: pl.LazyFrame) -> pl.DataFrame:
    """Every measure, scope and window for every driver on the days at a circuit."""
    sessions = (
        results.filter(pl.col("session") != "Qualifying")
        .join(calendar.select("season", "round", "circuit_id"), on=["season", "round"])
        .with_columns(driver=pl.struct("circuit_id", "driver_id").rank("dense"))
        .collect()
    )
    days = circuit_days(sessions)
    sessions = sessions.join(days.select("circuit_id", "day", session_date="as_of"), on=["circuit_id", "session_date"])
    rows = (
        sessions.select("circuit_id", "driver", "driver_id", "day").unique()
        .join(days, on=["circuit_id", "day"]).sort("as_of", "driver_id")
    )
    measured = window_sums(sessions.filter("is_start"), rows)
    return rows.select("season", "as_of", "driver_id", "circuit_id").hstack(measured)


def circuit_days(sessions: pl.DataFrame) -> pl.DataFrame:
    """Like `windows.session_days`, but for each circuit separately: its days are numbered from 0, its rounds counted
    back.
    """
    at = ["circuit_id"]
    days = (
        sessions.select(*at, "season", "round", as_of="session_date").unique().sort("as_of")
        .with_columns(day=pl.int_range(pl.len(), dtype=pl.Int64).over(at))
    )
    rounds = days.group_by(*at, "season", "round").agg(pl.col("day").max()).sort("circuit_id", "day")
    before = {
        f"before_{window}": -1 if length is None else pl.col("day").shift(length).over(at).fill_null(-1)
        for window, length in WINDOWS.items()
    }
    return days.join(rounds.select(*at, "season", "round", **before), on=[*at, "season", "round"]).sort("as_of")
