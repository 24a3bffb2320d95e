"""What the practices of a weekend show of each driver: how far behind the best, in units of the field's spread.

Strengths do not follow practice: fuel and plans differ, and once qualifying is known practice adds nothing. What the
gaps are worth before it is learned (`learn/race.py`).
"""

import dataframely as dy
import polars as pl

from f1lake.model.strength.scores import LEAST_SPREAD_PCT, SPREAD_OF_PLACES, gap_pct

CLOSE = 0.1
"""A gap counts as ln(`CLOSE` + gap / spread)."""
ON_FRIDAY = ("Practice 1", "Practice 2")
"""What is known on Friday night; the third practice comes with, or after, qualifying."""
SPRINT_BETWEEN = (2021, 2022)
"""On sprint weekends of these seasons qualifying was between the first practice and the second."""
DRIVER = ["season", "round", "driver_id"]
OF_DRIVER = {
    "mean": (pl.col("behind").mean(), "mean over the practices"),
    "best": (pl.col("behind").min(), "smallest"),
    "last": (pl.col("behind").last(), "in the last one in which the driver set a time"),
}
PRACTICE = {
    f"{known}_{name}": dy.Float64(
        nullable=True,
        description=f"gap to the best of practice, ln({CLOSE} + gap / spread), {told}; {which}, null at other stages",
    )
    for known, which in (("practice", "all before qualifying"), ("friday", "of Friday alone"))
    for name, (_, told) in OF_DRIVER.items()
}


def practice_gaps(practice: pl.LazyFrame, calendar: pl.LazyFrame) -> pl.LazyFrame:
    """[season, round, driver_id] and `PRACTICE` of all who set a time, from silver/practice_results and silver/events.

    The spread is that of the session: the mean gap of places
    2 to 20.
    """
    session = ["season", "round", "session"]
    sprints = calendar.select("season", "round", "is_sprint_weekend")
    is_late = (
        pl.col("is_sprint_weekend") & pl.col("season").is_in(SPRINT_BETWEEN) & (pl.col("session") != ON_FRIDAY[0])
    )
    gap, place = pl.col("gap"), pl.col("gap").rank("ordinal").over(session)
    times = (
        practice.drop_nulls(["best_ms", "driver_id"]).with_columns(pl.col("session").cast(pl.String))
        .join(sprints, on=["season", "round"]).filter(~is_late)
        .with_columns(gap=gap_pct("best_ms", session)).drop_nulls("gap")
        .with_columns(spread=gap.filter(place.is_between(*SPREAD_OF_PLACES)).mean().over(session))
        .with_columns(behind=(CLOSE + gap / pl.col("spread").fill_null(0).clip(LEAST_SPREAD_PCT)).log())
        .sort("session")
    )  # fmt: skip
    every, friday = (
        rows.group_by(DRIVER, maintain_order=True).agg(
            of.alias(f"{known}_{name}") for name, (of, _) in OF_DRIVER.items()
        )
        for known, rows in (("practice", times), ("friday", times.filter(pl.col("session").is_in(ON_FRIDAY))))
    )
    return every.join(friday, on=DRIVER, how="left").select(*DRIVER, *PRACTICE)
