"""Which results the official standings contradict: how much each driver's points differ, and where that can come from.

What does not belong here: when anything is asked for again (`rules.py`).
"""

from collections import Counter, defaultdict

import polars as pl

TOLERANCE = 0.011
"""Fractions of points are rounded in the source."""
AT_MOST = 3
"""Rounds that are worth a question each; what they do not explain is no correction of a race."""


def differences(results: pl.DataFrame, official: pl.DataFrame) -> dict[str, float]:
    """By how much the official points of drivers exceed those of a season's results, as of the last official round.

    Both of one season with [round, driverId, points]; `results` are of races and sprints.
    """
    last = official["round"].max()
    newest = official.filter(round=last)
    summed = results.filter(pl.col("round") <= last).group_by("driverId").agg(pl.col("points").sum())
    both = newest.join(summed, on="driverId", how="full", coalesce=True, suffix="_summed").fill_null(0)
    exceeds = both.select("driverId", more=pl.col("points") - pl.col("points_summed"))
    return dict(exceeds.filter(pl.col("more").abs() > TOLERANCE).rows())


def renamed_ids(results: pl.DataFrame, drivers: pl.DataFrame, constructors: pl.DataFrame) -> list[str]:
    """The ids, sorted, that only the newest standings or only the results of a season up to them have.

    Each answer of the source was right by itself: one was asked for before the id was renamed. From 1996 on both name
    the same drivers, but for two of 1997 who never qualified.
    """
    found, raced = set[str](), results.filter(session="Race")["round"].unique().to_list()
    for column, official in (("driverId", drivers), ("constructorId", constructors)):
        newest = official.filter(pl.col("round").is_in(raced))["round"].max()
        if newest is None:
            continue
        until = results.filter(pl.col("round") <= newest)
        ranked = set(official.filter(round=newest)[column])
        found |= ranked - set(until[column])
        found |= set(until.filter(pl.col("session") != "Qualifying")[column]) - ranked
    return sorted(found)


def suspects(results: pl.DataFrame, official: pl.DataFrame) -> list[tuple[int, list[str]]]:
    """The rounds of which a correction may explain how the standings differ, likeliest first, with their sessions.

    A session explains it if nobody would have less than no points in it. A disqualification or a penalty deals the same
    points anew: sessions of which that is so come first, and of them the newest. Where nobody has less, the points may
    be of a sprint that neither the schedule nor the lake has.
    """
    scored = results.filter(pl.col("session") != "Qualifying")
    more = differences(scored, official) if not official.is_empty() else {}
    if not more:
        return []
    last, found = official["round"].max(), defaultdict[int, list[bool]](list)
    held: defaultdict[int, list[str]] = defaultdict(list)
    for (round_, session), rows in scored.partition_by("round", "session", as_dict=True).items():
        held[round_].append(session)
        points = dict(rows.group_by("driverId").agg(pl.col("points").sum()).rows())
        if round_ > last or not more.keys() <= points.keys():
            continue
        after = {driver: round(value + more.get(driver, 0), 2) for driver, value in points.items()}
        if min(after.values()) >= 0:
            found[round_].append(Counter(after.values()) == Counter(round(value, 2) for value in points.values()))
    rounds = sorted(found, key=lambda round_: (not any(found[round_]), -round_))[:AT_MOST]
    unknown = {"Sprint"} if min(more.values()) > 0 else set[str]()
    return [(round_, sorted({*held[round_], *unknown})) for round_ in rounds]
