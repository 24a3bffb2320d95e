"""Championships after a round, what is still possible, and the results of its race and sprint."""

from collections.abc import Mapping

import polars as pl

from f1lake.app.queries.endings import how_it_ended
from f1lake.app.queries.names import TEAM_NAME, drivers_named

Tables = Mapping[str, pl.DataFrame]

ENTRANTS = {
    "drivers": ("gold/driver_standings", "driver_id"), "constructors": ("gold/constructor_standings", "constructor_id")
}
EVENT = ["season", "round"]
UNKNOWN = {"points_attainable": pl.lit(None, pl.Float64), "can_win_title": pl.lit(None, pl.Boolean)}
"""What is still possible, where no table says it."""


def seasons(tables: Tables) -> list[int]:
    """The seasons with a race held, newest first."""
    return tables["gold/driver_standings"]["season"].unique().sort(descending=True).to_list()


def rounds(tables: Tables, season: int) -> pl.DataFrame:
    """The rounds held in a season, in order: `round`, `event_name`, `event_date`."""
    held = tables["gold/driver_standings"].filter(pl.col("season") == season).select(EVENT).unique()
    return held.join(tables["silver/events"], on=EVENT).select("round", "event_name", "event_date").sort("round")


def standings(tables: Tables, kind: str, season: int, round_: int) -> pl.DataFrame:
    """A championship after a round: `position` (null for the excluded), `id`, `name`, `team`, `color`, `points`,
    `points_gap`, `wins`, and of drivers `points_attainable` and `can_win_title`, null where not known.
    """
    name, key = ENTRANTS[kind]
    rows = tables[name].lazy().filter(pl.col("season") == season, pl.col("round") == round_)
    teams = _teams(tables)
    if kind == "constructors":
        named = rows.join(teams, on=["season", "constructor_id"], how="left").with_columns(name="team", **UNKNOWN)
    else:
        named = rows.join(drivers_named(tables), on=["season", "driver_id"], how="left").join(
            teams, on=["season", "constructor_id"], how="left"
        )
        named = _with_what_is_possible(tables, named)
    return (
        named.with_columns(id=pl.col(key), name=pl.col("name").fill_null(pl.col(key)))
        .select(
            "position", "id", "name", "team", "color", "points", "points_gap", "wins", "points_attainable",
            "can_win_title",
        )
        .sort("position", "id", nulls_last=True)
        .collect()
    )


def results(tables: Tables, season: int, round_: int, session: str) -> pl.DataFrame:
    """Who finished where in a `Race` or `Sprint`; no rows where it was not held.

    `position`, `status_class`, `id`, `name`, `team`, `color`, `grid`, `gain` (places gained by the classified), `laps`,
    `behind_ms` (behind the winner, on the lead lap), `stops` (null where the source has none), `fastest_lap_ms`,
    `is_fastest` and `points`.
    """
    of_event = (pl.col("season") == season) & (pl.col("round") == round_)
    is_session = pl.col("session").cast(pl.String) == session
    rows = tables["silver/session_results"].lazy().filter(of_event, is_session)
    finished = pl.col("status_class") == "classified"
    stops = pl.LazyFrame(schema={"driver_id": pl.String, "stops": pl.UInt32})
    if session == "Race" and "silver/pit_stops" in tables:
        stops = tables["silver/pit_stops"].lazy().filter(of_event).group_by("driver_id").agg(stops=pl.len())
    return (
        how_it_ended(tables, rows)
        .join(drivers_named(tables), on=["season", "driver_id"], how="left")
        .join(_teams(tables), on=["season", "constructor_id"], how="left")
        .join(stops, on="driver_id", how="left")
        .with_columns(stops=pl.when(pl.col("stops").is_not_null().any()).then(pl.col("stops").fill_null(0)))
        .select(
            "position", "status_class", "team", "color", "grid", "laps", "fastest_lap_ms", "points", "stops",
            id="driver_id", name=pl.col("name").fill_null(pl.col("driver_id")),
            gain=pl.when(finished).then(pl.col("grid") - pl.col("position")),
            behind_ms=pl.when(pl.col("position") > 1).then(pl.col("race_time_ms") - pl.col("race_time_ms").min()),
            is_fastest=(pl.col("fastest_lap_rank") == 1).fill_null(value=False),
        )
        .sort("position", "id", nulls_last=True)
        .collect()
    )


def _with_what_is_possible(tables: Tables, standings: pl.LazyFrame) -> pl.LazyFrame:
    if "silver/season_state" not in tables:
        return standings.with_columns(**UNKNOWN)
    state = tables["silver/season_state"].lazy().filter("is_race_day").select(*EVENT, "driver_id", *UNKNOWN)
    return standings.join(state, on=[*EVENT, "driver_id"], how="left")


def _teams(tables: Tables) -> pl.LazyFrame:
    return tables["silver/constructors"].lazy().select("season", "constructor_id", "color", team=TEAM_NAME)
