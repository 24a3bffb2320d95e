"""The state of a championship after each race and sprint, by the rules of its season.

It is computed from rows of silver/session_results and silver/scoring_rules, in the same way for drivers and
constructors. The tables that use it choose what to show.
"""

from typing import Literal

import polars as pl

from f1lake.silver.measures import HUNDREDTHS

Whose = Literal["driver", "constructor"]
LAST_ROUND = 99
IS_RACE = pl.col("session") == "Race"
CLASSIFIED = IS_RACE & (pl.col("status_class") == "classified")


def weight(places: range, counts: pl.Expr) -> pl.Expr:
    """A race result as a number whose sums compare like counts of places, best place first.

    At most twelve places, each counted up to 31 times; 0 if the result does not count.
    """
    in_places = pl.col("position").is_between(places.start, places.stop - 1)
    digit = (places.stop - 1 - pl.col("position")).clip(0, len(places) - 1)
    return pl.when(counts & in_places).then(pl.lit(32, pl.Int64).pow(digit)).otherwise(0)


TIE_BREAK = {
    f"{name}_{places.start}": weight(places, counts)
    for name, counts in {"classified": CLASSIFIED, "finished": IS_RACE}.items()
    for places in (range(1, 13), range(13, 25), range(25, 37), range(37, 49))
}
"""Columns that decide between equal points: first the better places among the classified (wins first), then those of
the whole finishing order. The second is no FIA rule (the FIA would nominate) but the order of the source."""


def driver_scores(results: pl.LazyFrame) -> pl.LazyFrame:
    """What each driver scored in each race and sprint, one row per driver and day.

    `season`, `round`, `as_of`, `id`, `points` (hundredths), `wins`, and the places of a tie-break.
    """
    return _days(results).select(
        "season", "round", "as_of", id="driver_id", points=HUNDREDTHS, wins=_is_win().cast(pl.Int32), **TIE_BREAK
    )


def constructor_scores(results: pl.LazyFrame, rules: pl.LazyFrame) -> pl.LazyFrame:
    """What each constructor scored in each race and sprint, with the columns of `driver_scores`.

    The season's rules decide between the points of all cars or of the best car, and between the drivers' points and the
    constructors' own. A car shared by two drivers is one car.
    """
    by_place = pl.col("constructor_race_points").list.get(pl.col("position") - 1, null_on_oob=True).fill_null(0)
    scored = pl.when(pl.col("constructor_race_points").is_null()).then("points").otherwise(
        pl.when(pl.col("points") > 0).then(by_place).otherwise(0)
    )
    cars = (
        _days(results)
        .join(rules, on="season")
        .filter(~pl.col("round").is_in(pl.col("not_for_constructors")))
        .with_columns(points=scored)
        .sort("season", "round", "session", "constructor_id", "points", descending=True)
        .with_columns(car=pl.int_range(pl.len()).over("season", "round", "session", "constructor_id"))
        .with_columns(
            points=pl.when((pl.col("car") < pl.col("constructor_cars")).fill_null(value=True))
            .then("points").otherwise(0),
            is_same_car=pl.col("is_shared_drive")
            & (pl.int_range(pl.len()).over("as_of", "session", "constructor_id", "position") > 0),
        )
    )
    tie_break = {name: pl.when(~pl.col("is_same_car")).then(place).otherwise(0) for name, place in TIE_BREAK.items()}
    return (
        cars.select(
            "season", "round", "as_of", "is_same_car", id="constructor_id", points=HUNDREDTHS,
            wins=(_is_win() & ~pl.col("is_same_car")).cast(pl.Int32), **tie_break,
        )
        .group_by("season", "round", "as_of", "id")
        .agg(pl.col("points", "wins", *TIE_BREAK).sum())
    )


def championship(
    results: pl.LazyFrame, rules: pl.LazyFrame, whose: Whose, *, with_hindsight: bool
) -> pl.LazyFrame:
    """The championship on the evening of every race and sprint, one row for each entrant so far.

    `season`, `round`, `as_of`, `is_race_day`, `id`, `points` that count, `points_all` of the results, `points_dropped`,
    `points_gap` and `decided` (in hundredths; what decisions add to the results' points), `wins`, `position` (null for
    the excluded), `is_excluded`, and the places of a tie-break. If `with_hindsight`, decisions count from the round
    they concern, as in official standings; otherwise from the day on which they were made.
    """
    scores = driver_scores(results) if whose == "driver" else constructor_scores(results, rules)
    days = _days(results).group_by("season", "round", "as_of").agg(is_race_day=IS_RACE.any())
    totals = ["points_all", "wins", *TIE_BREAK]
    of_day = ["season", "as_of"]
    return (
        days.join(scores.group_by("season", "id").agg(since=pl.col("as_of").min()), on="season")
        .filter(pl.col("as_of") >= pl.col("since"))
        .join(scores.rename({"points": "points_all"}).drop("season", "round"), on=["as_of", "id"], how="left")
        .sort("as_of", "id")
        .with_columns(pl.col(totals).fill_null(0).cum_sum().over("season", "id"))
        .join(counted(scores, stretches(days, rules, whose)), on=["season", "as_of", "id"], how="left")
        .join(_decided(days, rules, whose, with_hindsight=with_hindsight), on=["season", "as_of", "id"], how="left")
        .with_columns(
            pl.coalesce("points", "points_all"),
            pl.col("decided").fill_null(0),
            pl.col("is_excluded").fill_null(value=False),
        )
        .with_columns(
            points_dropped=pl.col("points_all") - pl.col("points"),
            points=(pl.col("points") + pl.col("decided")).clip(lower_bound=0),
        )
        .with_columns(
            position=pl.when(~pl.col("is_excluded")).then(pl.struct("points", *TIE_BREAK))
            .rank("min", descending=True).over(*of_day, "is_excluded").cast(pl.Int32),
            points_gap=pl.col("points").filter(~pl.col("is_excluded")).max().over(of_day) - pl.col("points"),
        )
        .with_columns(position=pl.when(~pl.col("is_excluded")).then("position"))
        .drop("since")
    )


def stretches(days: pl.LazyFrame, rules: pl.LazyFrame, whose: Whose) -> pl.LazyFrame:
    """How many `results` count, and of which rounds: one row per day and counted part of its season.

    Null where all results of all rounds count. `days` have `season` and `as_of`.
    """
    return (
        rules.select("season", rule=f"{whose}_best_of").explode("rule", empty_as_null=True).unnest("rule")
        .with_columns(pl.col("first_round").fill_null(1), pl.col("last_round").fill_null(LAST_ROUND))
        .join(days.select("season", evening="as_of"), on="season")
    )


def counted(scores: pl.LazyFrame, stretches: pl.LazyFrame) -> pl.LazyFrame:
    """The points that count on each day, by `season`, `as_of` and `id`: the best results so far of each part of the
    season.

    Seasons in which all results count, and entrants without points, have no rows.
    """
    return (
        scores.filter(pl.col("points") > 0)
        .join(stretches.drop_nulls("results"), on="season")
        .filter(pl.col("round").is_between("first_round", "last_round"), pl.col("evening") >= pl.col("as_of"))
        .filter(
            pl.col("points").rank("ordinal", descending=True).over("evening", "id", "first_round") <= pl.col("results")
        )
        .group_by("season", "id", as_of="evening")
        .agg(pl.col("points").sum())
    )


def _decided(days: pl.LazyFrame, rules: pl.LazyFrame, whose: Whose, *, with_hindsight: bool) -> pl.LazyFrame:
    """Decisions beside the results, by the days on which they apply: hundredths added, and exclusions."""
    decisions = (
        rules.select("season", decision=f"{whose}_decisions").explode("decision", empty_as_null=True)
        .unnest("decision").drop_nulls("id")
    )
    counts = pl.col("round") >= pl.col("from_round")
    return (
        days.join(decisions, on="season")
        .filter(counts if with_hindsight else counts & (pl.col("as_of") >= pl.col("decided_on")))
        .group_by("season", "as_of", "id")
        .agg(decided=HUNDREDTHS.sum(), is_excluded=pl.col("is_excluded").any())
    )


def _days(results: pl.LazyFrame) -> pl.LazyFrame:
    return results.filter(pl.col("session") != "Qualifying").rename({"session_date": "as_of"})


def _is_win() -> pl.Expr:
    return IS_RACE & (pl.col("position") == 1)

