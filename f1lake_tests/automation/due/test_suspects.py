"""Which results the official standings contradict."""

import polars as pl

from f1lake.automation.due.suspects import differences, renamed_ids, suspects

SCALE = (25.0, 18.0, 15.0, 12.0)


def race(round_: int, order: str, session: str = "Race", scale: tuple[float, ...] = SCALE) -> pl.DataFrame:
    """The results of drivers a, b, c, … in this order, those of lower case with points."""
    rows = [(round_, session, name, f"team {name}", points) for name, points in zip(order, scale, strict=False)]
    rows += [(round_, session, name, f"team {name}", 0.0) for name in order[len(scale):]]
    return pl.DataFrame(rows, schema=["round", "session", "driverId", "constructorId", "points"], orient="row")


def official(round_: int, *races: pl.DataFrame) -> pl.DataFrame:
    """The standings that these races give."""
    return pl.concat(races).group_by("driverId").agg(pl.col("points").sum()).with_columns(round=pl.lit(round_))


AS_STORED = race(1, "abcde"), race(2, "bacde"), race(3, "cabde", "Sprint", (8.0, 7.0, 6.0, 5.0)), race(3, "dcbae")


def test_nothing_is_suspect_where_the_points_agree_and_what_was_raced_since_does_not_count() -> None:
    assert suspects(pl.concat(AS_STORED), official(3, *AS_STORED)) == []
    assert suspects(pl.concat([*AS_STORED, race(4, "abcde")]), official(3, *AS_STORED)) == []


def test_a_disqualified_winner_points_to_his_race_first() -> None:
    corrected = race(1, "abcde"), race(2, "acdeb"), *AS_STORED[2:]
    results, now = pl.concat(AS_STORED), official(3, *corrected)
    assert differences(results, now) == {"a": 7.0, "b": -25.0, "c": 3.0, "d": 3.0, "e": 12.0}
    assert suspects(results, now)[0] == (2, ["Race"])


def test_a_sprint_is_asked_for_with_its_race_and_the_newest_of_the_likely_first() -> None:
    corrected = *AS_STORED[:2], race(3, "acbde", "Sprint", (8.0, 7.0, 6.0, 5.0)), AS_STORED[3]
    assert suspects(pl.concat(AS_STORED), official(3, *corrected))[0] == (3, ["Race", "Sprint"])


def test_points_that_nobody_lost_may_be_of_a_sprint_that_the_lake_does_not_know() -> None:
    unknown = race(2, "abcde", "Sprint", (8.0, 7.0, 6.0, 5.0, 4.0))
    found = suspects(pl.concat(AS_STORED), official(3, *AS_STORED, unknown))
    assert (2, ["Race", "Sprint"]) in found


def test_what_no_session_can_explain_is_no_correction_of_one() -> None:
    fined = official(3, *AS_STORED).with_columns(
        points=pl.when(pl.col("driverId") == "a").then(pl.col("points") - 30).otherwise("points")
    )
    assert suspects(pl.concat(AS_STORED), fined) == []


def test_an_id_that_only_standings_or_only_results_have_is_a_renamed_one() -> None:
    results, teams = pl.concat(AS_STORED), official(3, *AS_STORED).select("round", constructorId="driverId")
    teams = teams.with_columns(pl.format("team {}", "constructorId").alias("constructorId"))
    drivers = official(3, *AS_STORED)
    none = drivers.clear()
    assert renamed_ids(results, none, teams.clear()) == [], "without standings there is nothing to compare"
    assert renamed_ids(results, drivers, teams) == []
    anew = drivers.with_columns(pl.col("driverId").replace("d", "d_anew"))
    assert renamed_ids(results, anew, teams) == ["d", "d_anew"]
    later = pl.concat([results, race(4, "f", "Qualifying")])
    assert renamed_ids(later, drivers, teams) == [], "a qualifying alone makes nobody part of the standings"
