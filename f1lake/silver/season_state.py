"""silver/season_state: the position of every driver on each day of a season, and what could still be won.

How a championship is counted is in `championship.py`, the rules are in `scoring_rules.py`.
"""

import dagster as dg
import dataframely as dy
import polars as pl

from f1lake.partitions import SAME_SEASON, SEASONS
from f1lake.silver.calendars import RACE_TO_COME, SPRINT_TO_COME, calendars_on
from f1lake.silver.championship import TIE_BREAK, championship, counted, driver_scores, stretches
from f1lake.silver.measures import in_points
from f1lake.silver.scoring_rules import MOST_OF_RACE, MOST_OF_SPRINT
from f1lake.storage.contract import enforced, table

POINTS = {"unit": "points"}
FIRST_PLACES = [name for name in TIE_BREAK if name.startswith("classified")]
"""The places that decide a tie by the rules; a win counts in the first of them."""
ONE_WIN = 32**11


class SeasonState(dy.Schema):
    """The drivers' championship on the evening of every race and sprint, as known then.

    One row for each driver with a race or sprint row in the season so far. Later decisions (Schumacher 1997) are not
    included. What can still be won follows the calendar known that evening if the lake has followed the season,
    otherwise its first calendar (silver/calendars).
    """

    season = dy.Int32(min=1950, description="year of the championship")
    round = dy.Int32(min=1, description="the round of `as_of`")
    as_of = dy.Date(primary_key=True, description="the day of a race or sprint", metadata={"from": ["session_date"]})
    driver_id = dy.String(primary_key=True, description="the source's id of the driver")
    is_race_day = dy.Bool(
        description="whether a race was held on the day; false on a sprint's day", metadata={"from": ["session"]}
    )
    points = dy.Float64(min=0, description="points that count so far", metadata=POINTS)
    points_gap = dy.Float64(description="points behind the leader", metadata={"from": ["points"], **POINTS})
    position = dy.Int32(nullable=True, min=1, description="place in the championship; null for those excluded")
    wins = dy.Int32(min=0, description="races won so far", metadata={"from": ["session", "position"], "unit": "races"})
    rounds_remaining = dy.Int32(min=0, description="races after `as_of`", metadata={"unit": "rounds"})
    sprints_remaining = dy.Int32(
        min=0, description="sprints after `as_of`", metadata={"from": ["sprint_date"], "unit": "sprints"}
    )
    is_calendar_of_the_day = dy.Bool(
        description="whether that is by the calendar known that evening; false: the lake had none yet, and the first "
        "one it had stands in", metadata={"from": ["collected_on"]},
    )
    is_out = dy.Bool(
        description="whether the driver can race no more, as known that evening: died, or out for good",
        metadata={"from": ["out_from"]},
    )
    points_remaining = dy.Float64(
        min=0, description="what one driver takes who wins all that is left, with the fastest laps", metadata=POINTS
    )
    points_attainable = dy.Float64(
        min=0, metadata=POINTS,
        description="the driver's points if so: where only the best results count, less than the sum; of who can race "
        "no more, the points so far",
    )
    can_win_title = dy.Bool(
        description="whether that, with nothing for anybody else, makes the driver champion, ties by countback; "
        "a tie in every place counts as possible"
    )


@dg.asset(
    **table("silver/season_state", SeasonState),
    partitions_def=SEASONS,
    ins={
        "results": dg.AssetIn(["silver", "session_results"], partition_mapping=SAME_SEASON),
        "calendars": dg.AssetIn(["silver", "calendars"], partition_mapping=SAME_SEASON),
        "rules": dg.AssetIn(["silver", "scoring_rules"], partition_mapping=SAME_SEASON),
        "departures": dg.AssetIn(["silver", "departures"], partition_mapping=SAME_SEASON),
    },
)
@enforced(SeasonState)
def season_state(
    results: pl.LazyFrame, calendars: pl.LazyFrame, rules: pl.LazyFrame, departures: pl.LazyFrame
) -> pl.LazyFrame:
    """The championship of each day with what remains of the season."""
    state = championship(results, rules, "driver", with_hindsight=False)
    left = still_to_win(state.select("season", "round", "as_of", "is_race_day").unique(), calendars, rules)
    kept = counted(driver_scores(results), left.select("season", "evening", "first_round", "last_round", "results"))
    of_day = left.group_by("season", as_of="evening").agg(
        pl.col("^.*_remaining$", "taken").sum(), all_count=pl.col("results").null_count() > 0,
        is_calendar_of_the_day=pl.col("is_of_the_day").first(),
    )
    return (
        state.join(kept.rename({"points": "kept"}), on=["season", "as_of", "id"], how="left")
        .join(of_day, on=["season", "as_of"])
        .join(departures.select("season", "out_from", id="driver_id"), on=["season", "id"], how="left")
        .with_columns(
            kept=pl.when("all_count").then("points_all").otherwise("kept"),
            is_out=(pl.col("out_from") <= pl.col("as_of")).fill_null(value=False),
        )
        .with_columns(
            points_attainable=pl.when("is_out").then("points").otherwise(pl.sum_horizontal("kept", "taken", "decided"))
        )
        .with_columns(can_win_title=~pl.col("is_excluded") & at_least_the_leader())
        .with_columns(in_points(pl.col("points", "points_gap", "points_remaining", "points_attainable")))
        .rename({"id": "driver_id"})
        .select(SeasonState.column_names())
        .sort("as_of", "driver_id")
    )


def still_to_win(days: pl.LazyFrame, calendars: pl.LazyFrame, rules: pl.LazyFrame) -> pl.LazyFrame:
    """What remains of a season, one row per day (`evening`) and separately counted part of the season.

    `rounds_remaining`, `sprints_remaining`, `points_remaining` (hundredths, all of it), `taken` (those of the wins that
    count), and `results`: how many of the results so far count beside these wins; null for all.
    """
    values = calendars_on(days.select("season", "as_of"), calendars).join(rules, on="season").select(
        "season", "round", "is_of_the_day", evening="as_of", race=_hundredths(MOST_OF_RACE),
        sprint=_hundredths(MOST_OF_SPRINT),
        race_left=RACE_TO_COME, sprint_left=SPRINT_TO_COME,
    )
    wins = pl.min_horizontal("results", "rounds_remaining")
    return (
        stretches(days, rules, "driver")
        .join(values, on=["season", "evening"])
        .filter(pl.col("round").is_between("first_round", "last_round"))
        .group_by("season", "evening", "first_round", "last_round", "results")
        .agg(
            pl.col("is_of_the_day").first(),
            rounds_remaining=pl.col("race_left").sum().cast(pl.Int32),
            sprints_remaining=pl.col("sprint_left").sum().cast(pl.Int32),
            points_remaining=pl.col("race").filter("race_left").sum() + pl.col("sprint").filter("sprint_left").sum(),
            a_win=pl.col("race").max(),
        )
        .with_columns(
            taken=pl.when(pl.col("results").is_not_null()).then(wins * pl.col("a_win")).otherwise("points_remaining"),
            results=pl.col("results") - wins,
        )
    )


def at_least_the_leader() -> pl.Expr:
    """Whether a driver who wins everything that remains is ahead of the day's leader, or equal in everything."""
    races = pl.when("is_out").then(0).otherwise("rounds_remaining")
    won = {FIRST_PLACES[0]: pl.col(FIRST_PLACES[0]) + races * ONE_WIN}
    mine = [pl.col("points_attainable"), *(won.get(name, pl.col(name)) for name in FIRST_PLACES)]
    theirs = [
        pl.col(name).filter(pl.col("position") == 1).first().over("season", "as_of")
        for name in ("points", *FIRST_PLACES)
    ]
    ahead = pl.lit(value=True)
    for own, leader in reversed(list(zip(mine, theirs, strict=True))):
        ahead = (own > leader) | ((own == leader) & ahead)
    return ahead


def _hundredths(points: pl.Expr) -> pl.Expr:
    return (points * 100).round().cast(pl.Int32)
