"""What results must say to be results: a change of the source is noticed here, before anything is kept.

What does not belong here: which event the rows are of (`session_results.py`), and types, keys and
bounds, which are the contract's.
"""

import polars as pl

from f1lake.upstream.failures import SourceChangedError
from f1lake.upstream.pages import described

SESSION = ["season", "round", "session"]
TOLD_OF_A_RACE = ("positionText", "points", "grid", "laps", "status")
"""What the source has told of every driver of every race and sprint since 1950."""

FIRST_OF_26_CARS = 1996
LARGEST_FIELD, LARGEST_FIELD_OF_26 = 40, 26
"""39 were entered for a race in 1961 and in 1989; no more than 26 since the pre-qualifying ended."""


def verify_plausible(results: pl.DataFrame) -> None:
    """Raise `SourceChangedError`, naming the session, for results that cannot be.

    Those without a first place, those that do not tell what all results tell, and places or grid
    slots beyond the largest field of the year.
    """
    is_race = pl.col("session") != "Qualifying"
    largest = pl.when(pl.col("season") < FIRST_OF_26_CARS).then(LARGEST_FIELD).otherwise(LARGEST_FIELD_OF_26)
    field = pl.max_horizontal("position", "grid")
    wrong = (
        results.group_by(SESSION, maintain_order=True)
        .agg(
            happened=pl.when((pl.col("position") == 1).any().not_())
            .then(pl.lit("nobody is first"))
            .when((is_race & pl.any_horizontal(pl.col(TOLD_OF_A_RACE).is_null())).any())
            .then(pl.lit(f"a row lacks one of {', '.join(TOLD_OF_A_RACE)}"))
            .when((field > largest).any())
            .then(pl.format("a place or grid slot {} in a field of at most {}", field.max(), largest.max()))
        )
        .drop_nulls("happened")
    )
    for season, round_, session, happened in wrong.head(1).iter_rows():
        raise SourceChangedError(described(session, season, round_), happened)
