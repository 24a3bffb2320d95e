"""abt/race_abt: who will win, reach the podium, or score in a race? What is known before it, and the answers.

Features come from silver as they are; here is who is asked about in which race, and as of when.
"""

import dagster as dg
import dataframely as dy
import polars as pl

from f1lake.partitions import SAME_SEASON, SEASONS, UP_TO_SEASON
from f1lake.silver.driver_features import feature_columns
from f1lake.silver.driver_form import form_columns
from f1lake.storage.contract import enforced, table

BEFORE_QUALIFYING, GRID = STAGES = ("before_qualifying", "grid")
KEY = ["season", "round", "stage", "driver_id"]
ENTRY = ["season", "round", "driver_id"]

OF_DRIVER = {
    name: column for name, column in feature_columns().items()
    if "_all_" in name and name.endswith(("_life", "_last_10", "_last_40"))
}
OF_CAR = {
    f"car_{name}": column for name, column in feature_columns().items()
    if name.endswith(("_all_last_10", "_all_last_40"))
}
AT_CIRCUIT = {
    f"circuit_{name}": column for name, column in feature_columns().items() if name.endswith("_all_life")
}
FORM = {
    f"form_{name}": column for name, column in form_columns().items()
    if name.startswith(("qualifying_", "points_share", "retirements_")) and name.endswith(("_last_10", "_last_40"))
}
RACE_FEATURES = [*OF_DRIVER, *OF_CAR, *AT_CIRCUIT, *FORM]
"""The features of a driver before a race; null without any past. At the circuit, and of the car, with a prefix."""


def _optional(columns: dict[str, dy.Column]) -> dict[str, dy.Column]:
    """The same columns for entrants who may have no past."""
    types = {dy.Int32: dy.Int32, dy.Float64: dy.Float64}
    return {
        name: types[type(column)](nullable=True, description=column.description, metadata=column.metadata)
        for name, column in columns.items()
    }


class RaceAbt(dy.Schema):
    """One row an entrant of every race and stage: `before_qualifying`, and `grid` with the grid known.

    Entrants are those with a row in the race. Of the next race, which has no results yet: those of its qualifying if
    that is known, whose order is the grid then, else those of the latest race of the season, if any, without a grid.
    Features are of the last day before the weekend's first race or sprint; nothing of the weekend but the grid is in
    them.
    """

    season = dy.Int32(primary_key=True, min=1950, description="year of the championship")
    round = dy.Int32(primary_key=True, min=1, description="place in the season's calendar, from 1")
    stage = dy.Enum(STAGES, primary_key=True, description="what is known: before qualifying, or with the grid")
    driver_id = dy.String(primary_key=True, description="the source's id of the driver")
    constructor_id = dy.String(description="the source's id of the constructor")
    known_on = dy.Date(description="day of the weekend's first race or sprint; the features are from before it")
    circuit_id = dy.String(description="the source's id of the circuit")
    grid = dy.Int32(nullable=True, min=1, description="place on the grid; null before qualifying and from the pit lane")
    is_starting = dy.Bool(description="false for those known to have failed to qualify; always true before qualifying")
    is_winner = dy.Bool(nullable=True, description="whether the driver won; null until the race is run")
    is_podium = dy.Bool(nullable=True, description="whether the driver was among the first three")
    is_points = dy.Bool(nullable=True, description="whether the driver took points")
    locals().update(_optional(OF_DRIVER | OF_CAR | AT_CIRCUIT | FORM))  # generated: no one lists 120 columns


@dg.asset(
    **table("abt/race_abt", RaceAbt),
    partitions_def=SEASONS,
    ins={
        "results": dg.AssetIn(["silver", "session_results"], partition_mapping=SAME_SEASON),
        "calendar": dg.AssetIn(["silver", "events"], partition_mapping=SAME_SEASON),
        "drivers": dg.AssetIn(["silver", "driver_features"], partition_mapping=UP_TO_SEASON),
        "cars": dg.AssetIn(["silver", "constructor_features"], partition_mapping=UP_TO_SEASON),
        "circuits": dg.AssetIn(["silver", "driver_circuit_features"], partition_mapping=UP_TO_SEASON),
        "form": dg.AssetIn(["silver", "driver_form"], partition_mapping=UP_TO_SEASON),
    },
)
@enforced(RaceAbt)
def race_abt(
    results: pl.LazyFrame, calendar: pl.LazyFrame, drivers: pl.LazyFrame, cars: pl.LazyFrame, circuits: pl.LazyFrame,
    form: pl.LazyFrame,
) -> pl.LazyFrame:
    """The entrants of every race held and of the next one, with what was known of them, and the answers."""
    sprints = results.filter(pl.col("session") == "Sprint").group_by("season", "round").agg(
        sprint_held=pl.col("session_date").first()
    )
    days = calendar.join(sprints, on=["season", "round"], how="left").select(
        "season", "round", "circuit_id", known_on=pl.min_horizontal("event_date", "sprint_date", "sprint_held")
    )
    entries = (
        pl.concat([entrants_held(results), entrants_next(results, calendar)], how="diagonal")
        .join(days, on=["season", "round"])
        .sort("known_on")
    )
    tables = [
        (drivers, ["driver_id"], OF_DRIVER, ""),
        (cars, ["constructor_id"], OF_CAR, "car_"),
        (circuits, ["driver_id", "circuit_id"], AT_CIRCUIT, "circuit_"),
        (form, ["driver_id"], FORM, "form_"),
    ]
    for features, by, names, prefix in tables:
        wanted = features.select(*by, known_on="as_of", **{n: pl.col(n.removeprefix(prefix)) for n in names})
        entries = entries.join_asof(
            wanted.sort("known_on"), on="known_on", by=by, allow_exact_matches=False, check_sortedness=False
        )
    return entries.select(RaceAbt.column_names()).sort(KEY)


def entrants_held(results: pl.LazyFrame) -> pl.LazyFrame:
    """The entrants of the races held, both stages, with what became of them."""
    race = results.filter(pl.col("session") == "Race").select(
        *ENTRY, "constructor_id", pl.col("grid").cast(pl.Int32),
        is_starting=(pl.col("status_class") != "failed_to_qualify").fill_null(value=True),
        is_winner=(pl.col("position") == 1).fill_null(value=False),
        is_podium=(pl.col("position") <= 3).fill_null(value=False),
        is_points=(pl.col("points") > 0).fill_null(value=False),
    )
    return _both_stages(race)


def entrants_next(results: pl.LazyFrame, calendar: pl.LazyFrame) -> pl.LazyFrame:
    """Those expected in each season's next event after its last race: by its qualifying, else by the race before.

    Before the qualifying of a season's first event nobody is: who drives what is the entry list's, which no table has.
    """
    held = results.filter(pl.col("session") == "Race").sort("session_date").group_by("season").agg(
        last=pl.col("round").last(), last_date=pl.col("session_date").last()
    )
    coming = (
        calendar.drop_nulls("event_date").join(held, on="season", how="left")
        .filter((pl.col("event_date") > pl.col("last_date")).fill_null(value=True))
        .sort("event_date")
        .group_by("season").agg(pl.col("round", "last").first())
    )
    qualified = results.filter(pl.col("session") == "Qualifying").join(coming, on=["season", "round"])
    as_before = (
        results.filter(pl.col("session") == "Race")
        .join(coming.rename({"round": "next"}), left_on=["season", "round"], right_on=["season", "last"])
        .join(qualified, on="season", how="anti")
        .select("season", "driver_id", "constructor_id", round="next")
    )
    return pl.concat(
        [
            _both_stages(qualified.select(*ENTRY, "constructor_id", grid=pl.col("position").cast(pl.Int32))),
            as_before.with_columns(stage=_stage(BEFORE_QUALIFYING)),
        ],
        how="diagonal",
    ).with_columns(is_starting=pl.lit(value=True))


def _both_stages(entries: pl.LazyFrame) -> pl.LazyFrame:
    """The rows twice: before qualifying nobody knows the grid, or who will fail to qualify."""
    before = entries.with_columns(stage=_stage(BEFORE_QUALIFYING), grid=pl.lit(None, pl.Int32))
    if "is_starting" in entries.collect_schema():
        before = before.with_columns(is_starting=pl.lit(value=True))
    return pl.concat([before, entries.with_columns(stage=_stage(GRID))], how="diagonal")


def _stage(name: str) -> pl.Expr:
    return pl.lit(name, pl.Enum(STAGES))
