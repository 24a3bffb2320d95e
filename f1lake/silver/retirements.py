"""silver/retirements: why a car did not finish, or was disqualified, in F1DB's words and in our classes.

The classes in here are ours: add a word where the check `reasons_have_a_class` names one.
"""

import dagster as dg
import dataframely as dy
import polars as pl

from f1lake.partitions import SEASONS
from f1lake.raw.f1db_race_data import RACE, SPRINT
from f1lake.silver.f1db import INPUTS, of_sessions
from f1lake.storage.contract import enforced, table

REASONS = {
    "rules": "illegal|ignored|infringement|underweight|weight check|outside assistance|push start|reversed|failed|"
    "misled|overtaking|rejoined|incorrect|caused|too slowly|wrong tyres|brake fluid|fuel sample",
    "incident": "accident|collision|spun|spin|damage",
    "driver": "physical|injury|unwell|illness|unfit",
    "not_raced": "withdrew|dispute|car raced by|reserve driver|practice only|safety concerns|camera car|police|"
    "retirement|shortage|not ready|unraceworthy",
    "car": "engine|gearbox|suspension|electr|transmission|drive|brake|clutch|hydraulic|fuel|turbo|heating|ignition|oil|"
    "throttle|shaft|wheel|differential|handling|tyre|steering|puncture|power|radiator|water|exhaust|alternator|"
    "injection|chassis|magneto|axle|battery|fire|mech|distributor|vibration|wing|undertray|compressor|pneumatic|"
    "supercharger|plugs|floor|control|coolant|cooling|stalled|starter|airbox|track rod|kers|energy|hybrid|seat|switch|"
    "ers|belt|defect|pit stop",
}
"""Class by the words that F1DB's reasons hold; the first class counts."""


class Retirements(dy.Schema):
    """Why cars did not finish races and sprints, one row a driver: F1DB's, since 2023 too. Without it there are none.

    Also of those who are classified although they stopped, or who were disqualified or did not start for a reason.
    """

    season = dy.Int32(primary_key=True, min=1950, description="year of the championship")
    round = dy.Int32(primary_key=True, min=1, description="place in the season's calendar, from 1")
    session = dy.Enum(["Race", "Sprint"], primary_key=True, description="of which", metadata={"from": ["type"]})
    driver_id = dy.String(primary_key=True, description="the source's id of the driver")
    reason = dy.String(description="F1DB's words", metadata={"from": ["reasonRetired"]})
    reason_class = dy.Enum(
        tuple(REASONS), nullable=True, metadata={"from": ["reasonRetired"]},
        description="car, incident (collisions, spins), driver (ill or hurt), rules, or not raced at all; null for "
        "words without a class",
    )


@dg.asset(**table("silver/retirements", Retirements), partitions_def=SEASONS, ins=INPUTS)
@enforced(Retirements)
def retirements(rows: pl.LazyFrame, races: pl.LazyFrame, events: pl.LazyFrame, ids: pl.LazyFrame) -> pl.LazyFrame:
    """F1DB's rows of races and sprints that name a reason."""
    return of_sessions(rows.drop_nulls("reasonRetired"), races, events, ids, RACE, SPRINT).select(
        "season", "round", "session", "driver_id", reason="reasonRetired", reason_class=class_of("reasonRetired")
    )


def class_of(reason: str) -> pl.Expr:
    """The class of a reason in words."""
    words = pl.col(reason).str.to_lowercase()
    classes = (pl.when(words.str.contains(pattern)).then(pl.lit(name)) for name, pattern in REASONS.items())
    return pl.coalesce(classes).cast(pl.Enum(tuple(REASONS)))
