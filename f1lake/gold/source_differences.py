"""gold/source_differences: where F1DB says something else of a race or sprint than silver, and what is thought of it.

The decisions in here are ours. Where the check `differences_are_decided` names a new one, look at who is right, and add
a line; nothing else needs to change.
"""

import dagster as dg
import dataframely as dy
import polars as pl

from f1lake.partitions import SAME_SEASON, SEASONS
from f1lake.raw.f1db_race_data import RACE, SPRINT
from f1lake.raw.session_results import POINTS_WITHIN
from f1lake.silver.f1db import INPUTS, of_sessions
from f1lake.storage.contract import enforced, table

WHAT = ("entry", "start", "classified", "place", "points", "pole", "grid", "fastest_lap", "car")
JOLPICA, F1DB = SOURCES = ("jolpica", "f1db")
LOOKED_AT = (2026, 9)
"""Season and round up to which every difference was looked at by hand: what comes later is decided by name."""
NOT_STARTED = ["DNS", "DNQ", "DNPQ", "DNP", "EX"]
PIT_LANE, NONE = "pit lane", "none"
NUMBER = r"^\d+$"
SESSION = ["season", "round", "session"]
KEY = [*SESSION, "driver_id"]

OF_FORMULA_2 = ((1966, 6), (1967, 7), (1969, 7))
BY_NAME = [
    # what, season, round, which is taken, why
    ("points", 1954, 5, JOLPICA, "seven shared the fastest lap: three of their sevenths are missing"),
    ("points", 1956, 2, F1DB, "in two shared cars: only the better place scored (silver/scoring_rules)"),
    *(("place", season, round_, JOLPICA, "one counts the Formula 2 cars") for season, round_ in OF_FORMULA_2),
    *(("entry", season, round_, JOLPICA, "a car of Formula 2") for season, round_ in OF_FORMULA_2),
    *(("entry", 1984, round_, JOLPICA, "Tyrrell was struck from the season") for round_ in (6, 9, 11, 12)),
]  # fmt: skip
"""What was decided of an event; the first line counts."""
BY_RULE = {
    "entry": "withdrew before the start (1961-65), or drove a shared or second car: one source has no row of it",
    "start": "Jolpica has a car that failed, or was excluded, before the start as retired or disqualified; or who "
    "withdrew drove a lap in one source",
    "classified": "nine tenths of the distance, counted otherwise; to 1960 F1DB gives every place of Indianapolis",
    "place": "places without points, which the two give in another order",
    "car": "another chassis or engine than the team had otherwise, or another name of it: the two put it elsewhere",
}
"""What is thought of all other differences of a kind up to `LOOKED_AT`: results are Jolpica's."""
BY_RULE_ALWAYS = {
    "grid": "who started from the pit lane has the last place in one source and none in the other, which closes the "
    "grid up behind them; Jolpica has where the car stood",
}


class SourceDifferences(dy.Schema):
    """One row for each value of a race or sprint that F1DB (the second source) has otherwise than silver.

    Silver is Jolpica's, but for what silver/session_results itself decides; so most is taken from there. Without F1DB
    there are no rows. Drivers whom F1DB has and who never started are none: Jolpica lists few of them.
    """

    season = dy.Int32(primary_key=True, min=1950, description="year of the championship")
    round = dy.Int32(primary_key=True, min=1, description="place in the season's calendar, from 1")
    session = dy.Enum(["Race", "Sprint"], primary_key=True, description="of which")
    driver_id = dy.String(primary_key=True, description="the source's id of the driver")
    what = dy.Enum(
        WHAT, primary_key=True,
        description="entry: only one has a row; start, classified, pole and fastest_lap (of a race, the latter where "
        "silver has it): yes or no; place, of who is classified in both; points; grid, of who started; car: the "
        "constructor, F1DB's as the lake calls most cars of that constructor and engine in the season",
    )
    silver = dy.String(nullable=True, description="what silver has, as text; null without a row")
    f1db = dy.String(nullable=True, description="what F1DB has, as text; null without a row")
    taken = dy.Enum(SOURCES, nullable=True, description="which one is believed; null as long as nobody has decided")
    reason = dy.String(nullable=True, description="why")


@dg.asset(
    **table("gold/source_differences", SourceDifferences),
    partitions_def=SEASONS,
    ins={"results": dg.AssetIn(["silver", "session_results"], partition_mapping=SAME_SEASON)} | INPUTS,
)
@enforced(SourceDifferences)
def source_differences(
    results: pl.LazyFrame, rows: pl.LazyFrame, races: pl.LazyFrame, events: pl.LazyFrame, ids: pl.LazyFrame
) -> pl.LazyFrame:
    """Both sources side by side, one row a driver and session, then what differs."""
    theirs = with_our_cars(said_by_f1db(rows, races, events, ids), results)
    ours = said_by_silver(results).join(theirs.select(SESSION).unique(), on=SESSION, how="semi")
    both = ours.join(theirs, on=KEY, how="full", coalesce=True, suffix="_theirs")
    pairs = [both.select(*KEY, what=pl.lit(w), silver=w, f1db=f"{w}_theirs", differs=_differs(w)) for w in WHAT]
    return decided(
        pl.concat(pairs).filter("differs").drop("differs")
        .with_columns(pl.col("what").cast(pl.Enum(WHAT)), pl.col("session").cast(pl.Enum(["Race", "Sprint"])))
    ).select(SourceDifferences.column_names()).sort(*KEY, "what")  # fmt: skip


def said_by_silver(results: pl.LazyFrame) -> pl.LazyFrame:
    """Races and sprints of silver, each of `WHAT` as text."""
    is_classified = (pl.col("status_class") == "classified").fill_null(value=False)
    fastest = (pl.col("fastest_lap_rank") == 1).fill_null(value=False)
    return results.filter(pl.col("session") != "Qualifying").select(
        "season", "round", pl.col("session").cast(pl.String), "driver_id", entry=pl.lit("yes"),
        start=_yes(pl.col("is_start")), classified=_yes(is_classified), pole=_yes(pl.col("is_pole")),
        place=pl.when(is_classified).then("position").cast(pl.String),
        points=pl.col("points").fill_null(0).round(2).cast(pl.String),
        grid=pl.when("is_start").then(pl.col("grid").cast(pl.String).fill_null(NONE)),
        fastest_lap=pl.when((fastest & (pl.col("session") == "Race")).any().over(SESSION)).then(_yes(fastest)),
        car="constructor_id",
    )  # fmt: skip


def said_by_f1db(rows: pl.LazyFrame, races: pl.LazyFrame, events: pl.LazyFrame, ids: pl.LazyFrame) -> pl.LazyFrame:
    """The same of F1DB; of a driver of several cars the place of the best one, the points of all."""
    driver = ["season", "round", "type", "driverId"]
    is_classified, has_started = pl.col("positionText").str.contains(NUMBER), ~pl.col("positionText").is_in(NOT_STARTED)
    summed = rows.with_columns(
        points=pl.col("points").fill_null(0).sum().over(driver),
        polePosition=pl.col("polePosition").fill_null(value=False).any().over(driver),
        fastestLap=pl.col("fastestLap").fill_null(value=False).any().over(driver),
        has_started=has_started.any().over(driver),
    )
    is_pit_lane = pl.col("gridPositionText") == "PL"
    return of_sessions(summed, races, events, ids, RACE, SPRINT).select(
        "season", "round", pl.col("session").cast(pl.String), "driver_id",
        entry=pl.when("has_started").then(pl.lit("yes")), start=_yes(pl.col("has_started")),
        classified=_yes(is_classified), pole=_yes(pl.col("polePosition")),
        place=pl.when(is_classified).then("positionNumber").cast(pl.String),
        points=pl.col("points").round(2).cast(pl.String),
        grid=pl.when("has_started").then(
            pl.when(is_pit_lane).then(pl.lit(PIT_LANE))
            .otherwise(pl.col("gridPositionNumber").cast(pl.String).fill_null(NONE))
        ),
        fastest_lap=_yes(pl.col("fastestLap")), make=pl.struct("constructorId", "engineManufacturerId"),
    )  # fmt: skip


def with_our_cars(theirs: pl.LazyFrame, results: pl.LazyFrame) -> pl.LazyFrame:
    """With `car`, the lake's constructor that has most rows of a `make` of F1DB in the season; of equals the first."""
    by = ["season", "make"]
    pairs = theirs.join(
        results.select("season", "round", pl.col("session").cast(pl.String), "driver_id", car="constructor_id"), on=KEY
    )
    most = pairs.group_by(*by, "car").len().sort("len", "car", descending=[True, False]).unique(by, keep="first")
    return theirs.join(most.drop("len"), on=by, how="left").drop("make")


def decided(differences: pl.LazyFrame) -> pl.LazyFrame:
    """Differences with `taken` and `reason`: by name, else by the rule of their kind."""
    schema = ["what", "season", "round", "by_name", "why"]
    named = pl.LazyFrame(BY_NAME, schema=schema, orient="row").unique(schema[:3], keep="first").cast({
        "what": pl.Enum(WHAT), "season": pl.Int32, "round": pl.Int32
    })  # fmt: skip
    what = pl.col("what").cast(pl.String)
    season, round_ = LOOKED_AT
    was_looked_at = (pl.col("season") < season) | ((pl.col("season") == season) & (pl.col("round") <= round_))
    by_rule = pl.coalesce(
        what.replace_strict(BY_RULE_ALWAYS, default=None, return_dtype=pl.String),
        pl.when(was_looked_at).then(what.replace_strict(BY_RULE, default=None, return_dtype=pl.String)),
    )
    return differences.join(named, on=schema[:3], how="left").with_columns(
        reason=pl.coalesce("why", by_rule),
        taken=pl.coalesce("by_name", pl.when(by_rule.is_not_null()).then(pl.lit(JOLPICA))).cast(pl.Enum(SOURCES)),
    )


def _yes(flag: pl.Expr) -> pl.Expr:
    return pl.when(flag).then(pl.lit("yes")).otherwise(pl.lit("no"))


def _differs(what: str) -> pl.Expr:
    """Whether the two say something else; of all but the entry only where both have a row."""
    ours, theirs = pl.col(what), pl.col(f"{what}_theirs")
    in_both = pl.col("entry").is_not_null() & pl.col("start_theirs").is_not_null()
    if what == "entry":
        only_ours = pl.col("start_theirs").is_null()
        return only_ours | (ours.is_null() & theirs.is_not_null())
    if what == "pole":
        return in_both & (pl.col("session") == "Race") & (ours != theirs)  # F1DB names none of a sprint
    if what == "points":
        return in_both & ((ours.cast(pl.Float64) - theirs.cast(pl.Float64)).abs() > POINTS_WITHIN)
    if what in ("place", "grid"):
        pit = (theirs == PIT_LANE) & (ours == NONE)
        return in_both & ours.is_not_null() & theirs.is_not_null() & (ours != theirs) & ~pit
    return in_both & (ours != theirs)
