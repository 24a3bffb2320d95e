"""odds/published_scores: how good the published odds were, decision by decision, and which decisions were missed.

Scores of the ledger only. How good the recipes are over seasons that nobody published is in `model/` (title_scores,
race_scores).
"""

import dagster as dg
import dataframely as dy
import polars as pl

from f1lake import clock
from f1lake.abt.race_abt import AFTER_PRACTICE, GRID, QUALIFYING
from f1lake.model.judge.metrics import yes_no_log_loss
from f1lake.model.learn.decision import PROBABILITY_FLOOR
from f1lake.model.learn.race import NEVER_BEFORE, SLOT_SEASONS, frequency
from f1lake.odds.published import DECISION, KINDS, TITLES, decisions
from f1lake.raw.event_schedule import UTC_TIME
from f1lake.storage.contract import enforced, table
from f1lake.storage.raw_io import OPTIONAL

STATUSES = ("published", "missed", "too_late", "earlier", "open")
ONE_HAPPENS = (*TITLES, "race_win")
OF_KIND = {
    "race_win": pl.col("position") == 1, "race_podium": pl.col("position") <= 3, "race_points": pl.col("points") > 0
}
QUESTION = ["kind", "season", "event_name"]
"""Decisions with one answer, however often they are asked."""
SCORES = {
    f"{score}{of}": dy.Float64(nullable=True, min=0, description=f"{what} {whose}", metadata=unit)
    for of, whose in {
        "": "of the published odds", "_today": "of today's odds",
        "_places": "of how often the places on the grid, or in qualifying, brought it in the twenty seasons before",
    }.items()
    for score, what, unit in (("log_loss", "log loss", {"unit": "nats"}), ("brier", "Brier score", None))
}


class PublishedScores(dy.Schema):
    """What was published, what happened and how good the odds were: one row per decision of every season of the ledger.

    For titles and wins, the log loss is that of the winner; for podiums and points it is the mean over the drivers' yes
    or no. Brier is the mean over the entrants, as betting people quote it. Today's odds of the same decision are beside
    the published ones; a later model or a corrected result may have changed them.
    """

    kind = dy.Enum(KINDS, metadata={"key": True}, description="as in odds/published")
    season = dy.Int32(min=1950, metadata={"key": True}, description="year of the championship")
    as_of = dy.Date(nullable=True, metadata={"key": True}, description="of a title: the day of the odds")
    event_name = dy.String(nullable=True, metadata={"key": True}, description="of a race: the name of the event")
    stage = dy.String(metadata={"key": True}, description="as in odds/published")
    round = dy.Int32(min=0, description="the round as it is counted now")
    status = dy.Enum(
        STATUSES,
        description="published; missed: nothing ran while the decision was open; too_late: the grid came with the "
        "results, or practice after qualifying had begun; earlier: closed before the lake published anything; open: "
        "still to be published",
    )
    published_at = dy.Datetime(nullable=True, description="when; null if not published", **UTC_TIME)
    model_version = dy.String(nullable=True, description="as published")
    entrants = dy.Int32(nullable=True, min=1, description="how many had published odds")
    happened = dy.String(
        nullable=True, description="the champion, or who won, reached the podium or scored; null until known"
    )
    probability = dy.Float64(
        nullable=True, min=0, max=1, description="what was published for the champion or the winner; else null"
    )
    locals().update(SCORES)

    @dy.rule()
    def key_is_unique(cls) -> pl.Expr:
        """One row per decision. The key has nulls, so it is no primary key of dataframely's."""
        return ~pl.struct(DECISION).is_duplicated()


@dg.asset(
    **table("odds/published_scores", PublishedScores),
    ins={
        "ledger": dg.AssetIn(["odds", "published"]),
        "titles": dg.AssetIn(["odds", "title_odds"], metadata=OPTIONAL),
        "constructor_titles": dg.AssetIn(["odds", "constructor_title_odds"], metadata=OPTIONAL),
        "races": dg.AssetIn(["odds", "race_odds"], metadata=OPTIONAL),
        "calendar": dg.AssetIn(["silver", "events"]),
        "results": dg.AssetIn(["silver", "session_results"]),
        "champions": dg.AssetIn(["silver", "champions"]),
    },
)
@enforced(PublishedScores)
def published_scores(
    ledger: pl.LazyFrame, titles: pl.LazyFrame, constructor_titles: pl.LazyFrame, races: pl.LazyFrame,
    calendar: pl.LazyFrame, results: pl.LazyFrame, champions: pl.LazyFrame,
) -> pl.DataFrame:
    """Every decision from the first season of the ledger on, whether it was published or not."""
    began, first = ledger.select(pl.col("published_at").min(), pl.col("season").min()).collect().row(0)
    if began is None:
        return PublishedScores.create_empty()
    recent = pl.col("season") >= first
    tables = (titles, constructor_titles, races, calendar, results)
    today = decisions(*(frame.filter(recent) for frame in tables)).filter(pl.col("closes_at").is_not_null()).collect()
    first_odds, events = ledger.collect(), calendar.filter(recent).select("season", "event_name", "round").collect()
    known = outcomes(results.filter(recent), champions.filter(recent), calendar).collect()
    at_places = with_frequency_of_places(today, results.collect(), events)
    of_today = today.group_by(DECISION).agg(pl.col("round", "closes_at", "is_ahead").first())
    of_ledger = first_odds.group_by(DECISION).agg(
        pl.col("round", "published_at", "model_version").first(), entrants=pl.len().cast(pl.Int32)
    )
    decided = of_today.join(of_ledger, on=DECISION, how="full", coalesce=True, nulls_equal=True, suffix="_then")
    for of, rows in {"": first_odds, "_today": today, "_places": at_places}.items():
        scores = scored(rows, known).rename({name: f"{name}{of}" for name in ("log_loss", "brier")})
        wanted = [*DECISION, f"log_loss{of}", f"brier{of}", *(() if of else ("probability",))]
        decided = decided.join(scores.select(wanted), on=DECISION, how="left", nulls_equal=True)
    answers = known.group_by(QUESTION, maintain_order=True).agg(happened=pl.col("entrant_id").str.join(", "))
    is_open = pl.col("is_ahead") & (pl.col("closes_at") > clock.now())
    status = (
        pl.when(pl.col("published_at").is_not_null()).then(pl.lit("published"))
        .when(is_open).then(pl.lit("open"))
        .when(pl.col("closes_at") <= began).then(pl.lit("earlier"))
        .when(pl.col("stage").is_in([GRID, AFTER_PRACTICE])).then(pl.lit("too_late"))
        .otherwise(pl.lit("missed"))
    )  # fmt: skip
    return PublishedScores.cast(
        decided.join(answers, on=QUESTION, how="left", nulls_equal=True)
        .with_columns(status=status, round=pl.coalesce("round", "round_then"))
        .sort("season", "round", "as_of", "stage", "kind")
    )


def outcomes(results: pl.LazyFrame, champions: pl.LazyFrame, calendar: pl.LazyFrame) -> pl.LazyFrame:
    """Who became champion, and who won, reached the podium or scored: `kind`, `season`, `event_name`, `entrant_id`."""
    of_titles = [
        champions.select("season", kind=pl.lit(kind), event_name=pl.lit(None, pl.String), entrant_id=champion)
        for kind, champion in zip(TITLES, ("driver_id", "constructor_id"), strict=True)
    ]
    raced = results.filter(pl.col("session") == "Race").sort("season", "round", "position")
    of_races = [
        raced.filter(happened).join(calendar, on=["season", "round"], maintain_order="left")
        .select("season", "event_name", kind=pl.lit(kind), entrant_id="driver_id")
        for kind, happened in OF_KIND.items()
    ]  # fmt: skip
    every = pl.concat([*of_titles, *of_races], how="diagonal").drop_nulls("entrant_id")
    return every.with_columns(pl.col("kind").cast(pl.Enum(KINDS)))


def scored(odds: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """`log_loss`, `brier` and `probability` of each decision with an answer, from one row per entrant.

    A winner without odds counts with probability 0.
    """
    p, happened = pl.col("probability"), pl.col("happened")
    one_happens = pl.col("kind").cast(pl.String).is_in(ONE_HAPPENS).first()
    of_what_happened = p.filter(happened).sum()
    return (
        odds.join(known.select(QUESTION).unique(), on=QUESTION, how="semi", nulls_equal=True)
        .join(known.with_columns(happened=True), on=[*QUESTION, "entrant_id"], how="left", nulls_equal=True)
        .with_columns(happened.fill_null(value=False))
        .group_by(DECISION)
        .agg(
            log_loss=pl.when(one_happens).then(-of_what_happened.clip(PROBABILITY_FLOOR, 1).log())
            .otherwise(yes_no_log_loss(p, happened)),
            brier=((p - happened.cast(pl.Float64)) ** 2).mean(),
            probability=pl.when(one_happens).then(of_what_happened),
        )
    )


def frequency_of_places(results: pl.DataFrame, season: int, kind: str) -> pl.DataFrame:
    """How often each `place` on the grid led to the outcome, as `probability`, in the twenty seasons before."""
    is_before = pl.col("season").is_between(season - SLOT_SEASONS, season - 1)
    return (
        results.filter(pl.col("session") == "Race", is_before)
        .group_by(place="grid").agg(probability=frequency(OF_KIND[kind].sum(), pl.len()))
    )


def with_frequency_of_places(odds: pl.DataFrame, results: pl.DataFrame, events: pl.DataFrame) -> pl.DataFrame:
    """The rows of races at stages with a known order, with how often that place led to the outcome for others.

    The order is that of the grid (`grid`) or of qualifying. Places from which hardly anybody started in twenty seasons
    get a little more than 0.
    """
    race = pl.col("session") == "Race"
    order = pl.concat([
        results.filter(race).select("season", "round", "driver_id", stage=pl.lit(GRID), place="grid"),
        results.filter(pl.col("session") == "Qualifying").select(
            "season", "round", "driver_id", stage=pl.lit(QUALIFYING), place="position"
        ),
    ], how="vertical_relaxed")  # fmt: skip
    placed = odds.select(pl.exclude("round", "probability")).join(events, on=["season", "event_name"]).join(
        order.rename({"driver_id": "entrant_id"}), on=["season", "round", "stage", "entrant_id"]
    )
    parts = []
    for (season, kind), rows in placed.group_by("season", "kind"):
        often = frequency_of_places(results, season, kind)
        at = rows.join(often, on="place", how="left", nulls_equal=True)
        at = at.with_columns(pl.col("probability").fill_null(NEVER_BEFORE).clip(0, 1))
        share = pl.col("probability") / pl.col("probability").sum().over(DECISION)
        parts.append(at.with_columns(probability=share) if kind in ONE_HAPPENS else at)
    return pl.concat([placed.clear().with_columns(probability=pl.lit(0.0)), *parts])
