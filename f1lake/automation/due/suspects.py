"""Which results the official standings contradict: how much each driver's points differ, and which rounds may explain
it.

Not here: when something is requested again (`rules.py`).
"""

from collections import Counter, defaultdict

import polars as pl

from f1lake.raw.session_results import POINTS_WITHIN

AT_MOST = 3
"""The maximum number of rounds to request; if they do not explain the difference, it is no correction of a race."""


def differences(results: pl.DataFrame, official: pl.DataFrame) -> dict[str, float]:
    """How much the official points of drivers exceed the sum of their results, as of the last official round.

    Both frames are of one season with [round, driverId, points]; `results` are of races and sprints.
    """
    last = official["round"].max()
    newest = official.filter(round=last)
    summed = results.filter(pl.col("round") <= last).group_by("driverId").agg(pl.col("points").sum())
    both = newest.join(summed, on="driverId", how="full", coalesce=True, suffix="_summed").fill_null(0)
    exceeds = both.select("driverId", more=pl.col("points") - pl.col("points_summed"))
    return dict(exceeds.filter(pl.col("more").abs() > POINTS_WITHIN).rows())


def renamed_ids(results: pl.DataFrame, drivers: pl.DataFrame, constructors: pl.DataFrame) -> list[str]:
    """The ids, sorted, that are only in the newest standings or only in the results up to them.

    Both answers of the source were right, but one came before an id was renamed. From 1996 on both have the same
    drivers, except for two of 1997 who never qualified.
    """
    unmatched, raced = set[str](), results.filter(session="Race")["round"].unique().to_list()
    for column, official in (("driverId", drivers), ("constructorId", constructors)):
        newest = official.filter(pl.col("round").is_in(raced))["round"].max()
        if newest is None:
            continue
        until = results.filter(pl.col("round") <= newest)
        ranked = set(official.filter(round=newest)[column])
        unmatched |= ranked - set(until[column])
        unmatched |= set(until.filter(pl.col("session") != "Qualifying")[column]) - ranked
    return sorted(unmatched)


def suspects(results: pl.DataFrame, official: pl.DataFrame) -> list[tuple[int, list[str]]]:
    """Rounds in which a correction may explain a difference from the standings, most likely first, with their sessions.

    A session explains it if nobody would end up with negative points in it. A disqualification or a penalty
    redistributes the same points: sessions for which that holds come first, the newest of them before others. If nobody
    loses points, they may come from a sprint that neither the schedule nor the lake has.
    """
    scored = results.filter(pl.col("session") != "Qualifying")
    more = differences(scored, official) if not official.is_empty() else {}
    if not more:
        return []
    last, explanations = official["round"].max(), defaultdict[int, list[bool]](list)
    held: defaultdict[int, list[str]] = defaultdict(list)
    for (round_, session), rows in scored.partition_by("round", "session", as_dict=True).items():
        held[round_].append(session)
        points = dict(rows.group_by("driverId").agg(pl.col("points").sum()).rows())
        if round_ > last or not more.keys() <= points.keys():
            continue
        after = {driver: round(value + more.get(driver, 0), 2) for driver, value in points.items()}
        if min(after.values()) >= 0:
            dealt_anew = Counter(round(value, 2) for value in points.values())
            explanations[round_].append(Counter(after.values()) == dealt_anew)
    rounds = sorted(explanations, key=lambda round_: (not any(explanations[round_]), -round_))[:AT_MOST]
    unknown = {"Sprint"} if min(more.values()) > 0 else set[str]()
    return [(round_, sorted({*held[round_], *unknown})) for round_ in rounds]
