"""abt/race_abt: who will win a race, reach the podium, or score? What is known before it, and the answers.

Features come from silver unchanged; this file decides who is in which race, and as of which day.
"""

import dagster as dg
import dataframely as dy
import polars as pl

from f1lake.abt.entrants import expected
from f1lake.partitions import SAME_SEASON, SEASONS, UP_TO_SEASON, WITH_SEASON_BEFORE
from f1lake.silver.driver_features import feature_columns
from f1lake.silver.driver_form import form_columns
from f1lake.storage.contract import enforced, table

BEFORE_QUALIFYING, AFTER_PRACTICE, QUALIFYING, GRID = STAGES = (
    "before_qualifying", "after_practice", "qualifying", "grid"
)
STAGE_MEANING = "what is known: nothing of the weekend, the practices, the order of qualifying, or the final grid"
WITHOUT_ORDER = (BEFORE_QUALIFYING, AFTER_PRACTICE)
"""The stages at which nobody has a place: they are over when qualifying begins."""
FEWEST_TIMES = 8
"""A qualifying with fewer rows is incomplete in the source, as is a practice with fewer times."""
KEY = ["season", "round", "stage", "driver_id"]
ENTRY = ["season", "round", "driver_id"]

# The features of a driver before a race; null without any past. Those of circuit, car and form have a prefix.
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


def race_key() -> dict[str, dy.Column]:
    """The columns of `KEY`."""
    return {
        "season": dy.Int32(primary_key=True, min=1950, description="year of the championship"),
        "round": dy.Int32(primary_key=True, min=1, description="place in the season's calendar, from 1"),
        "stage": dy.Enum(STAGES, primary_key=True, description=STAGE_MEANING),
        "driver_id": dy.String(primary_key=True, description="the source's id of the driver"),
    }


def _optional(columns: dict[str, dy.Column]) -> dict[str, dy.Column]:
    """The same columns for entrants who may have no past."""
    types = {dy.Int32: dy.Int32, dy.Float64: dy.Float64}
    return {
        name: types[type(column)](nullable=True, description=column.description, metadata=column.metadata)
        for name, column in columns.items()
    }


class RaceAbt(dy.Schema):
    """One row per entrant of every race and stage: `before_qualifying`, `after_practice` where practice is known,
    `qualifying` with its order known, and `grid` with the final grid after penalties.

    Entrants are the drivers with a row in the race; at stage `qualifying` those with a row in it (from 1994; few in
    1996-2002). The next race has no results yet: its entrants are those of its qualifying if that is known, otherwise
    those of the previous race, with transfers; its grid is published with its results only. Features are of the last
    day before the weekend's first race or sprint; except for the grid, they contain nothing of the weekend.
    """

    locals().update(race_key())
    constructor_id = dy.String(description="the source's id of the constructor")
    known_on = dy.Date(description="day of the weekend's first race or sprint; the features are from before it")
    circuit_id = dy.String(description="the source's id of the circuit")
    grid = dy.Int32(
        nullable=True, min=1,
        description="place on the grid, or in the order of qualifying; null before it and from the pit lane",
    )
    is_starting = dy.Bool(
        description="false for those who failed to qualify or can race no more; always true before qualifying"
    )
    is_winner = dy.Bool(nullable=True, description="whether the driver won; null until the race is run")
    is_podium = dy.Bool(nullable=True, description="whether the driver was among the first three")
    is_points = dy.Bool(nullable=True, description="whether the driver took points")
    locals().update(_optional(OF_DRIVER | OF_CAR | AT_CIRCUIT | FORM))  # generated: no one lists 120 columns


@dg.asset(
    **table("abt/race_abt", RaceAbt),
    partitions_def=SEASONS,
    ins={
        "results": dg.AssetIn(["silver", "session_results"], partition_mapping=WITH_SEASON_BEFORE),
        "calendar": dg.AssetIn(["silver", "events"], partition_mapping=SAME_SEASON),
        "drivers": dg.AssetIn(["silver", "driver_features"], partition_mapping=UP_TO_SEASON),
        "cars": dg.AssetIn(["silver", "constructor_features"], partition_mapping=UP_TO_SEASON),
        "circuits": dg.AssetIn(["silver", "driver_circuit_features"], partition_mapping=UP_TO_SEASON),
        "form": dg.AssetIn(["silver", "driver_form"], partition_mapping=UP_TO_SEASON),
        "departures": dg.AssetIn(["silver", "departures"], partition_mapping=SAME_SEASON),
        "practice": dg.AssetIn(["silver", "practice_results"], partition_mapping=SAME_SEASON),
    },
)
@enforced(RaceAbt)
def race_abt(
    results: pl.LazyFrame, calendar: pl.LazyFrame, drivers: pl.LazyFrame, cars: pl.LazyFrame, circuits: pl.LazyFrame,
    form: pl.LazyFrame, departures: pl.LazyFrame, practice: pl.LazyFrame,
) -> pl.LazyFrame:
    """The entrants of every past race and of the next one, with what was known of them, and the answers."""
    sprints = results.filter(pl.col("session") == "Sprint").group_by("season", "round").agg(
        sprint_held=pl.col("session_date").first()
    )
    days = calendar.join(sprints, on=["season", "round"], how="left").select(
        "season", "round", "circuit_id", "event_date",
        known_on=pl.min_horizontal("event_date", "sprint_date", "sprint_held"),
    )
    before_practice = pl.concat([entrants_held(results), entrants_next(results, calendar)], how="diagonal")
    entries = (
        pl.concat([before_practice, entrants_practised(before_practice, practice)])
        .join(days, on=["season", "round"])  # of the run's seasons: results reach back a year
        .join(departures.select("season", "driver_id", "out_from"), on=["season", "driver_id"], how="left")
        .with_columns(is_out=(pl.col("out_from") < pl.col("event_date")).fill_null(value=False))
        .filter(~pl.col("is_out") | pl.col("is_winner").is_not_null())
        .with_columns(is_starting=pl.col("is_starting") & ~(pl.col("is_out") & ~pl.col("stage").is_in(WITHOUT_ORDER)))
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
    """The entrants of past races at every stage, with their outcome.

    A driver who qualified, has no place on the grid and was withdrawn keeps the place in the order of qualifying,
    because on Sunday morning nobody knew.
    """
    race = results.filter(pl.col("session") == "Race").select(
        *ENTRY, "constructor_id", pl.col("grid").cast(pl.Int32),
        is_withdrawn=(pl.col("status_class") == "withdrawn").fill_null(value=False),
        is_starting=(pl.col("status_class") != "failed_to_qualify").fill_null(value=True),
        is_winner=(pl.col("position") == 1).fill_null(value=False),
        is_podium=(pl.col("position") <= 3).fill_null(value=False),
        is_points=(pl.col("points") > 0).fill_null(value=False),
    )
    order = qualified(results)
    on_grid = race.join(order.select(*ENTRY, "order"), on=ENTRY, how="left").with_columns(
        grid=pl.when("is_withdrawn").then(pl.coalesce("grid", "order")).otherwise("grid"), stage=_stage(GRID)
    )
    happened = ["is_winner", "is_podium", "is_points"]
    on_saturday = (
        order.join(race.select("season", "round").unique(), on=["season", "round"])
        .join(race.select(*ENTRY, "is_starting", *happened), on=ENTRY, how="left")
        .with_columns(
            pl.col(happened).fill_null(value=False), pl.col("is_starting").fill_null(value=True), grid=pl.col("order"),
            stage=_stage(QUALIFYING),
        )
    )
    before = race.with_columns(
        stage=_stage(BEFORE_QUALIFYING), grid=pl.lit(None, pl.Int32), is_starting=pl.lit(value=True)
    )
    return pl.concat([before, on_saturday, on_grid], how="diagonal")


def qualified(results: pl.LazyFrame) -> pl.LazyFrame:
    """The order of the qualifyings that the source has completely: `ENTRY`, `constructor_id` and `order`."""
    return (
        results.filter(pl.col("session") == "Qualifying")
        .filter(pl.len().over("season", "round") >= FEWEST_TIMES)
        .select(*ENTRY, "constructor_id", order=pl.col("position").cast(pl.Int32))
    )


def entrants_practised(entrants: pl.LazyFrame, practice: pl.LazyFrame) -> pl.LazyFrame:
    """The entrants before qualifying of the races of which practice is known, once more, after it."""
    times = practice.drop_nulls(["best_ms", "driver_id"]).group_by("season", "round")
    known = times.agg(drivers=pl.col("driver_id").n_unique()).filter(pl.col("drivers") >= FEWEST_TIMES)
    return (
        entrants.filter(pl.col("stage") == BEFORE_QUALIFYING)
        .join(known, on=["season", "round"], how="semi")
        .with_columns(stage=_stage(AFTER_PRACTICE))
    )


def entrants_next(results: pl.LazyFrame, calendar: pl.LazyFrame) -> pl.LazyFrame:
    """The expected entrants of each season's next event after its last race: from its qualifying, else from the
    previous race.
    """
    held = results.filter(pl.col("session") == "Race").group_by("season").agg(last=pl.col("session_date").max())
    coming = (
        calendar.drop_nulls("event_date").join(held, on="season", how="left")
        .filter((pl.col("event_date") > pl.col("last")).fill_null(value=True))
        .sort("event_date")
        .group_by("season").agg(pl.col("round").first(), day=pl.col("event_date").first())
    )
    order = qualified(results).join(coming, on=["season", "round"])
    by_race_before = expected(results, coming).join(order, on=["season", "round"], how="anti")
    return pl.concat(
        [
            order.select(*ENTRY, "constructor_id", stage=_stage(BEFORE_QUALIFYING)),
            order.select(*ENTRY, "constructor_id", grid="order", stage=_stage(QUALIFYING)),
            by_race_before.with_columns(stage=_stage(BEFORE_QUALIFYING)),
        ],
        how="diagonal",
    ).with_columns(is_starting=pl.lit(value=True))


def _stage(name: str) -> pl.Expr:
    return pl.lit(name, pl.Enum(STAGES))
