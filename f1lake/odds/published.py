"""odds/published: the odds as first published, never changed afterwards.

This module decides which of today's odds belong to an open decision. How good they were is in `published_scores.py`;
today's view of every decision is in the other tables of odds.
"""

import datetime as dt

import dagster as dg
import dataframely as dy
import polars as pl

from f1lake import clock
from f1lake.abt.race_abt import WITHOUT_ORDER
from f1lake.model.learn.decision import BEFORE_SEASON
from f1lake.partitions import SAME_SEASON, SEASONS
from f1lake.raw.event_schedule import UTC_TIME
from f1lake.storage.contract import enforced, table
from f1lake.storage.raw_io import OPTIONAL

TABLE = "odds/published"
DRIVER_TITLE, CONSTRUCTOR_TITLE = TITLES = ("driver_title", "constructor_title")
RACE_KINDS = {"race_win": "p_win", "race_podium": "p_podium", "race_points": "p_points"}
KINDS = (*TITLES, *RACE_KINDS)
AFTER_SPRINT, AFTER_RACE = "after_sprint", "after_race"
TITLE_STAGES = (BEFORE_SEASON, AFTER_SPRINT, AFTER_RACE)
DECISION = ["kind", "season", "as_of", "event_name", "stage"]
"""What identifies a decision: the day of a title, the event of a race, even if its date and number change later."""
PROBABILITIES = ["probability", "probability_low", "probability_high"]


class Published(dy.Schema):
    """The odds as first published: one row per decision, kind and entrant, written once and kept permanently.

    Odds are published while the decision is open: those of a title until the next race or sprint begins, those of a
    race until its qualifying begins (`before_qualifying`, `after_practice`) or the race itself (other stages). A
    decision that was missed because nothing ran is not published later; odds/published_scores shows it as missed.
    Corrections of results, new models and new calendars change nothing here. A race whose number changes remains the
    same event.
    """

    kind = dy.Enum(KINDS, metadata={"key": True}, description="of what: a title, or a place in a race")
    season = dy.Int32(min=1950, metadata={"key": True}, description="year of the championship")
    as_of = dy.Date(
        nullable=True, metadata={"key": True}, description="of a title: the day whose evening this is known on"
    )
    event_name = dy.String(nullable=True, metadata={"key": True}, description="of a race: the name of the event")
    stage = dy.String(
        metadata={"key": True},
        description=f"what is known: of a title {BEFORE_SEASON}, {AFTER_SPRINT} or {AFTER_RACE}; of a race as in "
        "odds/race_odds",
    )
    entrant_id = dy.String(metadata={"key": True}, description="the source's id of the driver or constructor")
    round = dy.Int32(
        min=0, description="the round of the race, or of `as_of`, as it was counted then; 0 before the season"
    )
    probability = dy.Float64(min=0, max=1, description="that it happens to the entrant")
    probability_low = dy.Float64(nullable=True, min=0, max=1, description="lower 90 % bound; null where there is none")
    probability_high = dy.Float64(nullable=True, min=0, max=1, description="upper 90 % bound")
    constructor_id = dy.String(nullable=True, description="of a race: the driver's constructor")
    model_version = dy.String(description="as in the table of odds that it is from")
    published_at = dy.Datetime(description="when it was published, by the clock of the lake", **UTC_TIME)
    closes_at = dy.Datetime(
        description="the start of what is forecast, by the calendar of that moment", **UTC_TIME
    )

    @dy.rule()
    def key_is_unique(cls) -> pl.Expr:
        """One row per entrant of a decision. The key has nulls, so it is no primary key of dataframely's."""
        return ~pl.struct(*DECISION, "entrant_id").is_duplicated()

    @dy.rule()
    def is_published_before_it_happens(cls) -> pl.Expr:
        """Nothing is back-dated, and nothing is published late."""
        return pl.col("published_at") < pl.col("closes_at")


@dg.asset(
    **table(TABLE, Published, io_manager_key="ledger_io_manager"),
    partitions_def=SEASONS,
    ins={
        "titles": dg.AssetIn(["odds", "title_odds"], partition_mapping=SAME_SEASON, metadata=OPTIONAL),
        "constructor_titles": dg.AssetIn(
            ["odds", "constructor_title_odds"], partition_mapping=SAME_SEASON, metadata=OPTIONAL
        ),
        "races": dg.AssetIn(["odds", "race_odds"], partition_mapping=SAME_SEASON, metadata=OPTIONAL),
        "calendar": dg.AssetIn(["silver", "events"], partition_mapping=SAME_SEASON),
        "results": dg.AssetIn(["silver", "session_results"], partition_mapping=SAME_SEASON),
    },
)
@enforced(Published)
def published(
    titles: pl.LazyFrame, constructor_titles: pl.LazyFrame, races: pl.LazyFrame, calendar: pl.LazyFrame,
    results: pl.LazyFrame,
) -> pl.DataFrame:
    """The odds of the decisions that are open now; a decision that is already published is not written again.

    Odds that were never computed hold back no others.
    """
    now = clock.now()
    every = decisions(titles, constructor_titles, races, calendar, results)
    open_now = every.filter("is_ahead", pl.col("closes_at") > now)
    published_at = pl.lit(now, pl.Datetime("us", "UTC"))
    return open_now.with_columns(published_at=published_at).select(Published.column_names()).collect()


def decisions(
    titles: pl.LazyFrame, constructor_titles: pl.LazyFrame, races: pl.LazyFrame, calendar: pl.LazyFrame,
    results: pl.LazyFrame,
) -> pl.LazyFrame:
    """Every decision in the tables of odds, with the columns of the ledger except `published_at`.

    `is_ahead`: whether nothing of the forecast session is in the lake. `closes_at` is null if nothing follows.
    """
    held = results.filter(pl.col("session") != "Qualifying").select(
        "season", "round", "session", as_of="session_date"
    ).unique()
    starts = session_starts(calendar)
    of_titles = pl.concat(
        odds.select("season", "as_of", "model_version", *PROBABILITIES, entrant_id=entrant, kind=_kind(kind))
        for odds, entrant, kind in (
            (titles, "driver_id", DRIVER_TITLE), (constructor_titles, "constructor_id", CONSTRUCTOR_TITLE)
        )
    )
    of_races = pl.concat(
        races.select(
            "season", "round", "constructor_id", "model_version", pl.col("stage").cast(pl.String),
            entrant_id="driver_id", kind=_kind(kind), probability=share,
            probability_low="p_win_low" if share == "p_win" else pl.lit(None, pl.Float64),
            probability_high="p_win_high" if share == "p_win" else pl.lit(None, pl.Float64),
        )
        for kind, share in RACE_KINDS.items()
    )
    every = [_title_decisions(of_titles, starts, held), _race_decisions(of_races, starts, held)]
    return pl.concat(every, how="diagonal")


def session_starts(calendar: pl.LazyFrame) -> pl.LazyFrame:
    """When the forecast sessions begin: `season`, `round`, `event_name`, `session`, `day`, `starts_at`, one row per
    session.

    If the source has no time of day, the beginning of the day; qualifying without a day counts as the day before the
    race.
    """
    days = {
        "Race": (pl.col("event_date"), pl.col("race_start")),
        "Sprint": (pl.col("sprint_date"), pl.col("sprint_start")),
        "Qualifying": (
            pl.col("qualifying_date").fill_null(pl.col("event_date") - dt.timedelta(days=1)), pl.col("qualifying_start")
        ),
    }
    return pl.concat(
        calendar.select(
            "season", "round", "event_name", session=pl.lit(session), day=day,
            starts_at=start.fill_null(day.cast(pl.Datetime("us", "UTC"))),
        )
        for session, (day, start) in days.items()
    ).drop_nulls("day")


def _title_decisions(odds: pl.LazyFrame, starts: pl.LazyFrame, held: pl.LazyFrame) -> pl.LazyFrame:
    """A title decision is open until the next race or sprint; there is none after the last race."""
    days = odds.select("season", "as_of").unique()
    following = (
        days.join(starts.filter(pl.col("session") != "Qualifying"), on="season")
        .filter(pl.col("day") > pl.col("as_of"))
        .group_by("season", "as_of").agg(closes_at=pl.col("starts_at").min())
    )
    so_far = days.join(held.rename({"as_of": "day"}), on="season", how="left").group_by("season", "as_of").agg(
        round=pl.col("round").filter(pl.col("day") <= pl.col("as_of")).max().fill_null(0),
        is_ahead=~(pl.col("day") > pl.col("as_of")).any(),
        is_race_day=((pl.col("day") == pl.col("as_of")) & (pl.col("session") == "Race")).any(),
    )
    stage = (
        pl.when(pl.col("round") == 0).then(pl.lit(BEFORE_SEASON))
        .when("is_race_day").then(pl.lit(AFTER_RACE))
        .otherwise(pl.lit(AFTER_SPRINT))
    )  # fmt: skip
    return odds.join(following, on=["season", "as_of"], how="left").join(so_far, on=["season", "as_of"]).select(
        pl.exclude("is_race_day"), stage=stage
    )


def _race_decisions(odds: pl.LazyFrame, starts: pl.LazyFrame, held: pl.LazyFrame) -> pl.LazyFrame:
    """A race decision is open until its qualifying, or until its race."""
    raced = held.filter(pl.col("session") == "Race").select("season", "round", is_held=pl.lit(value=True))
    until = pl.when(pl.col("stage").is_in(WITHOUT_ORDER)).then(pl.lit("Qualifying")).otherwise(pl.lit("Race"))
    return (
        odds.with_columns(session=until)
        .join(starts, on=["season", "round", "session"])
        .join(raced, on=["season", "round"], how="left")
        .with_columns(is_ahead=pl.col("is_held").is_null(), closes_at="starts_at")
        .drop("session", "day", "starts_at", "is_held")
    )


def _kind(name: str) -> pl.Expr:
    return pl.lit(name, pl.Enum(KINDS))


