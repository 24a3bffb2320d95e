"""silver/driver_form: a driver's recent form beyond the results.

Pace in qualifying and races, share of the points, and why races were not finished. How the pace of a race is measured
is in `race_pace.py`, the windows are in `windows.py`.
"""

import dagster as dg
import dataframely as dy
import polars as pl

from f1lake.partitions import SEASONS, UP_TO_SEASON
from f1lake.silver.driver_features import remembered
from f1lake.silver.measures import HUNDREDTHS
from f1lake.silver.windows import WINDOWS, session_days, window_totals
from f1lake.storage.contract import enforced, table

CAUSES = {
    "incident": [
        "Accident", "Collision", "Collision damage", "Damage", "Debris", "Fatal accident", "Spun off", "Stalled",
    ],
    "driver": ["Driver unwell", "Eye injury", "Illness", "Injured", "Injury", "Physical"],
    "unknown": ["Retired"],
}  # fmt: skip
"""The source's words for a retirement not caused by the car; from 2023 on it rarely says more than 'Retired'."""

SLOW = 1.07
"""A time beyond 107 % of the fastest in its part of qualifying was no real attempt (and by the rules no right to
start)."""

RUNNING = r"^(\+\d+ Laps?|Lapped|Not classified|Finished)$"
"""Still running at the end, but with too few laps to be classified: no retirement."""

def form_columns() -> dict[str, dy.Column]:
    """The columns of the form, `<measure>_<window>`."""
    return {
        f"{name}_{window}": column
        for window, length in WINDOWS.items()
        for name, column in _measures(f"the last {length} rounds held" if length else "the whole career").items()
    }


def _measures(rounds: str) -> dict[str, dy.Column]:
    part = "in the last part of qualifying that both drove"
    percent = {"unit": "%"}
    times, ended = ["q1_ms", "q2_ms", "q3_ms"], ["is_start", "status_class", "status"]
    duels = {
        "qualifying_duels": f"qualifyings with a time of the driver and a team mate, {rounds}",
        "qualifying_duels_won": f"of these, ahead of the fastest team mate {part}, {rounds}",
    }
    paces = {"race_paces": f"races with laps enough to say how fast the driver was, {rounds}"}
    retirements = {
        "retirements": f"races not finished, {rounds}",
        **{f"retirements_{cause}": f"of these, by {what}, {rounds}" for cause, what in {
            "car": "a failure of the car", "incident": "an accident or a spin", "driver": "the driver's health",
            "unknown": "a cause that the source does not name",
        }.items()},
    }  # fmt: skip
    return {
        "qualifying_gap_to_pole": dy.Float64(
            nullable=True, description=f"mean gap to the first of qualifying, {part}, {rounds}",
            metadata={"from": times, **percent},
        ),
        "qualifying_gap_to_team_mate": dy.Float64(
            nullable=True, metadata={"from": times, **percent},
            description=f"mean gap to the fastest team mate {part}, {rounds}; negative: ahead",
        ),
        "race_pace_to_best": dy.Float64(
            nullable=True, metadata={"from": ["pace_to_best_pct"], **percent},
            description=f"mean of how much slower than the fastest pace of the race (silver/race_pace), {rounds}",
        ),
        "race_pace_to_team_mate": dy.Float64(
            nullable=True, metadata={"from": ["pace_to_team_mate_pct"], **percent},
            description=f"mean of how much slower than the fastest team mate's pace, {rounds}; negative: faster",
        ),
        "points_share": dy.Float64(
            nullable=True, min=0, max=100, metadata={"from": ["points"], **percent},
            description=f"share of all points given in races and sprints, entered or not, {rounds}",
        ),
        **{
            name: dy.Int32(min=0, description=meaning, metadata={"from": sources})
            for names, sources in [(duels, times), (paces, ["pace_to_best_pct"]), (retirements, ended)]
            for name, meaning in names.items()
        },
    }


class DriverForm(dy.Schema):
    """A driver's form: everything up to and including `as_of`, nothing later.

    The rows are those of silver/driver_features. A qualifying counts from the evening of the first race or sprint after
    it; if its day is unknown, from the race's. Gaps are means over the qualifyings that have one, and null without any:
    there are none before 1994 and few until 2003. Times beyond 107 % of the fastest are ignored. Race pace is null
    without laps; the source has laps from 1996, the lake those that were collected.
    """

    season = dy.Int32(min=1950, description="season of `as_of`")
    as_of = dy.Date(primary_key=True, description="the day of a race or sprint")
    driver_id = dy.String(primary_key=True, description="the source's id of the driver")
    locals().update(form_columns())  # generated: the same measures over four windows


@dg.asset(
    **table("silver/driver_form", DriverForm),
    partitions_def=SEASONS,
    ins={
        "results": dg.AssetIn(["silver", "session_results"], partition_mapping=UP_TO_SEASON),
        "paces": dg.AssetIn(["silver", "race_pace"], partition_mapping=UP_TO_SEASON),
    },
)
@enforced(DriverForm)
def driver_form(results: pl.LazyFrame, paces: pl.LazyFrame) -> pl.DataFrame:
    """Every measure and window for every driver on every day of a race or sprint."""
    rows = results.with_columns(driver=pl.col("driver_id").rank("dense")).collect()
    sessions = rows.filter(pl.col("session") != "Qualifying")
    days = session_days(sessions)
    sessions = sessions.join(days.select("day", session_date="as_of"), on="session_date")
    entries = pl.concat([
        sessions.select("driver", "day", **outcomes()),
        qualifying_gaps(rows, days),
        race_gaps(sessions, paces.collect()),
    ], how="diagonal")
    wanted = remembered(sessions, days)
    sums = window_totals(entries, wanted, [name for name in entries.columns if name not in ("driver", "day")])
    given = sessions.group_by("day").agg(driver=pl.lit(0), given=HUNDREDTHS.sum())
    given = window_totals(given, wanted.with_columns(driver=pl.lit(0)), ["given"])
    return wanted.select("season", "as_of", "driver_id").hstack(sums).hstack(given).select(
        "season", "as_of", "driver_id",
        *(_finished(name, window) for window in WINDOWS for name in _measures("")),
    )


def outcomes() -> dict[str, pl.Expr]:
    """What a race or sprint adds: hundredths of points and, for a race, whether and why it was not finished."""
    cause = pl.lit("car")
    for name, words in CAUSES.items():
        cause = pl.when(pl.col("status").is_in(words)).then(pl.lit(name)).otherwise(cause)
    retired = (
        (pl.col("session") == "Race") & (pl.col("status_class") == "retired")
        & ~pl.col("status").fill_null("Retired").str.contains(RUNNING)
    )
    causes = {f"retirements_{name}": (retired & (cause == name)).cast(pl.Int32) for name in ("car", *CAUSES)}
    return {"points": HUNDREDTHS, "retirements": retired.cast(pl.Int32), **causes}


def qualifying_gaps(rows: pl.DataFrame, days: pl.DataFrame) -> pl.DataFrame:
    """Gaps to the first and to the fastest teammate, in millionths, one row per driver and qualifying.

    By `driver` and the `day` on whose evening it counts: `pole_gap`, `pole_gaps` (1), `mate_gap`, `qualifying_duels`
    (1) and `qualifying_duels_won`; null where there is no gap.
    """
    parts = ("q1_ms", "q2_ms", "q3_ms")
    event = ["season", "round"]
    times = [pl.when(pl.col(p) <= pl.col(p).min().over(event) * SLOW).then(p).alias(p) for p in parts]
    drove = rows.filter(pl.col("session") == "Qualifying").with_columns(times)
    held = rows.filter(pl.col("session") == "Race").group_by(event).agg(race_date=pl.col("session_date").first())
    first = drove.filter(pl.col("position") == 1).select(*event, *parts).unique(event, keep="first")
    mates = drove.select(*event, "constructor_id", "driver", *parts)
    mate_gaps = (
        mates.join(mates, on=[*event, "constructor_id"], suffix="_other")
        .filter(pl.col("driver") != pl.col("driver_other"))
        .group_by(*event, "driver").agg(mate_gap=gap("_other").max())
    )
    return (
        drove.join(first, on=event, how="left", suffix="_first")
        .join(mate_gaps, on=[*event, "driver"], how="left")
        .join(held, on=event, how="left")
        .select("driver", "mate_gap", pole_gap=gap("_first"), as_of=pl.coalesce("session_date", "race_date"))
        .drop_nulls("as_of").sort("as_of")
        .join_asof(days.select("as_of", "day"), on="as_of", strategy="forward")
        .drop_nulls("day")
        .select(
            "driver", "day", "pole_gap", "mate_gap",
            pole_gaps=pl.col("pole_gap").is_not_null().cast(pl.Int32),
            qualifying_duels=pl.col("mate_gap").is_not_null().cast(pl.Int32),
            qualifying_duels_won=(pl.col("mate_gap") < 0).cast(pl.Int32),
        )
    )


def race_gaps(sessions: pl.DataFrame, paces: pl.DataFrame) -> pl.DataFrame:
    """The paces of silver/race_pace in millionths, by `driver` and the `day` of the race, and 1 for each value present.
    """
    best, mate = pl.col("pace_to_best_pct"), pl.col("pace_to_team_mate_pct")
    races = sessions.filter(pl.col("session") == "Race")
    return races.join(paces, on=["season", "round", "driver_id"]).select(
        "driver", "day",
        best_pace=_millionths(best / 100),
        race_paces=pl.lit(1, pl.Int32),
        mate_pace=_millionths(mate / 100),
        mate_paces=mate.is_not_null().cast(pl.Int32),
    )


def gap(other: str) -> pl.Expr:
    """How much slower than somebody, in millionths, in the last part of qualifying that both drove."""
    ratio = pl.coalesce(pl.col(part) / pl.col(part + other) for part in ("q3_ms", "q2_ms", "q1_ms"))
    return _millionths(ratio - 1)


def _millionths(share: pl.Expr) -> pl.Expr:
    """A share as an integer: sums of integers are exact, so that no total depends on what is added later."""
    return (share * 1_000_000).round().cast(pl.Int64)


def _finished(name: str, window: str) -> pl.Expr:
    """A measure of a window from its sums."""
    def percent(total: str, count: str, unit: int) -> pl.Expr:
        many = pl.col(f"{count}_{window}")
        return pl.when(many > 0).then(pl.col(f"{total}_{window}") / many / unit * 100).alias(f"{name}_{window}")

    match name:
        case "qualifying_gap_to_pole":
            return percent("pole_gap", "pole_gaps", 1_000_000)
        case "qualifying_gap_to_team_mate":
            return percent("mate_gap", "qualifying_duels", 1_000_000)
        case "race_pace_to_best":
            return percent("best_pace", "race_paces", 1_000_000)
        case "race_pace_to_team_mate":
            return percent("mate_pace", "mate_paces", 1_000_000)
        case "points_share":
            return percent("points", "given", 1)
        case _:
            return pl.col(f"{name}_{window}")
