"""odds/game_scores: predictions of friends beside the model's, scored by the same rules on the same races.

This module turns a prediction into probabilities and scores it. How a prediction is written is in `predictions.py`.
"""

import dagster as dg
import dataframely as dy
import polars as pl

from f1lake.abt.race_abt import STAGES
from f1lake.model.learn.race import NEVER_BEFORE
from f1lake.odds.predictions import FILE, PREDICTION, predictions
from f1lake.odds.published import KINDS
from f1lake.odds.published_scores import frequency_of_places, outcomes, scored
from f1lake.silver.champions import Champions
from f1lake.storage import files
from f1lake.storage.contract import enforced, table
from f1lake.storage.place import uri
from f1lake.storage.raw_io import OPTIONAL

KIND = "race_win"
FRIEND, MODEL, ALIKE = SIDES = ("friend", "model", "alike")
MODEL_NAME = "f1lake"
SAID = ["season", "round", "event_name", "side", "player", "stage"]


class GameScores(dy.Schema):
    """Who said what of the winner of a race, and how good it was: one row a race and player, the model among them.

    Of every race that a friend predicted. The model has a row a stage, as published or, where nothing was published,
    as of today; `alike` gives everybody the same chance. Log loss and Brier are those of odds/published_scores. Who was
    not named shares with the others unnamed what the named leave of 1; an order is worth what its places on the grid
    brought in the twenty seasons before, and who is not in it what the places behind it brought.
    """

    season = dy.Int32(primary_key=True, min=1950, description="year of the championship")
    round = dy.Int32(primary_key=True, min=1, description="the round of the race")
    event_name = dy.String(description="name of the event")
    side = dy.Enum(SIDES, primary_key=True, description="a friend, the model, or the same chance for everybody")
    player = dy.String(primary_key=True, description="the friend's name as in the file; f1lake for the model")
    stage = dy.String(primary_key=True, description="of the model: what was known, as in odds/race_odds; else empty")
    favourite_id = dy.String(description="the driver who was given the most; of equals the first by name")
    favourite_chance = dy.Float64(min=0, max=1, description="what the favourite was given, a share of 1")
    winner_id = dy.String(nullable=True, description="who won; null until known")
    chance = dy.Float64(nullable=True, min=0, max=1, description="what the winner was given; null until known")
    log_loss = dy.Float64(nullable=True, min=0, description="of what happened; null until known",
                          metadata={"unit": "nats"})  # fmt: skip
    brier = dy.Float64(nullable=True, min=0, max=1, description="mean squared error over the drivers")


@dg.asset(
    **table("odds/game_scores", GameScores),
    ins={
        "ledger": dg.AssetIn(["odds", "published"]),
        "races": dg.AssetIn(["odds", "race_odds"], metadata=OPTIONAL),
        "calendar": dg.AssetIn(["silver", "events"]),
        "results": dg.AssetIn(["silver", "session_results"]),
    },
)
@enforced(GameScores)
def game_scores(
    context: dg.AssetExecutionContext, ledger: pl.LazyFrame, races: pl.LazyFrame, calendar: pl.LazyFrame,
    results: pl.LazyFrame,
) -> dg.Output[pl.DataFrame]:
    """The predictions of `game/predictions.csv`, scored; no rows without the file. Invalid ones are refused."""
    content = files.get(uri(FILE))
    predicted, refused = predictions(content) if content else (None, [])
    frame = GameScores.create_empty()
    if predicted is not None and predicted.height:
        is_asked = pl.col("season").is_in(predicted["season"].unique().to_list())
        ledger, races, calendar = (rows.filter(is_asked) for rows in (ledger, races, calendar))
        frame, strangers = played(predicted, ledger, races, calendar, results)
        refused = [*refused, *strangers]
    for message in refused:
        context.log.warning(message)
    return dg.Output(frame, metadata={"refused": "; ".join(refused)})


def played(
    predicted: pl.DataFrame, ledger: pl.LazyFrame, races: pl.LazyFrame, calendar: pl.LazyFrame, results: pl.LazyFrame
) -> tuple[pl.DataFrame, list[str]]:
    """The table, of predictions that are well written, and those that are of no race with odds, each with why."""
    starts = pl.coalesce("race_start", pl.col("event_date").cast(pl.Datetime("us", "UTC")))
    events = calendar.select("season", "round", "event_name", starts_at=starts).collect()
    ours = _models(ledger, races, events.lazy()).join(predicted, on=["season", "round"], how="semi")
    field = ours.select("season", "round", "event_name", "entrant_id").unique()
    kept, refused = _possible(predicted, field, events)
    every = pl.concat([_friends(kept, field, results.collect()), ours, _alike(ours)], how="diagonal_relaxed")
    every = every.join(kept, on=["season", "round"], how="semi")
    label = pl.concat_str("side", "player", "stage", separator="\n")
    decided = every.with_columns(kind=pl.lit(KIND, pl.Enum(KINDS)), as_of=pl.lit(None, pl.Date), stage=label)
    known = outcomes(results, Champions.create_empty().lazy(), calendar).filter(kind=KIND).collect()
    scores = scored(decided, known).select(
        "season", "event_name", "log_loss", "brier", label="stage", chance="probability"
    )
    winners = known.group_by("season", "event_name").agg(winner_id=pl.col("entrant_id").sort().str.join(", "))
    favourite = pl.col("probability", "entrant_id").sort_by("probability", "entrant_id", descending=[True, False])
    scores_and_favourites = (
        every.with_columns(label=label)
        .group_by(*SAID, "label")
        .agg(favourite.first())
        .rename({"probability": "favourite_chance", "entrant_id": "favourite_id"})
        .join(scores, on=["season", "event_name", "label"], how="left")
        .join(winners, on=["season", "event_name"], how="left")
        .sort(SAID)
    )
    return GameScores.cast(scores_and_favourites.select(GameScores.column_names())), refused


def compared(scores: pl.DataFrame) -> pl.DataFrame:
    """Each friend's means over the races decided, beside the model's and `alike` on the same races; the best first.

    `player`, `races`, `log_loss`, `brier`, `model` (the log loss of its latest stage), `model_early` (before
    qualifying) and `alike`; best is who gains most on giving everybody the same chance.
    """
    decided = scores.filter(pl.col("log_loss").is_not_null()).with_columns(pl.col("side", "stage").cast(pl.String))
    race, loss = ["season", "round"], pl.col("log_loss")
    ours = decided.filter(side=MODEL).sort(pl.col("stage").cast(pl.Enum(STAGES))).group_by(race).agg(
        model=loss.last(), model_early=loss.filter(pl.col("stage") == STAGES[0]).first()
    )
    alike = decided.filter(side=ALIKE).select(*race, alike="log_loss")
    return (
        decided.filter(side=FRIEND).join(ours, on=race).join(alike, on=race)
        .group_by("player")
        .agg(pl.len().alias("races"), pl.col("log_loss", "brier", "model", "model_early", "alike").mean())
        .sort(pl.col("log_loss") - pl.col("alike"), "player")
    )


def _models(ledger: pl.LazyFrame, races: pl.LazyFrame, events: pl.LazyFrame) -> pl.DataFrame:
    """The model's chances at every stage: as published, else as of today."""
    published = ledger.filter(pl.col("kind").cast(pl.String) == KIND).select(
        "season", "event_name", "stage", "entrant_id", "probability"
    )
    today = races.join(events, on=["season", "round"]).select(
        "season", "event_name", pl.col("stage").cast(pl.String), entrant_id="driver_id", probability="p_win"
    )
    later = today.join(published, on=["season", "event_name", "stage"], how="anti")
    return (
        pl.concat([published, later]).filter(pl.col("stage").is_in(list(STAGES)))
        .join(events.select("season", "round", "event_name"), on=["season", "event_name"])
        .with_columns(side=pl.lit(MODEL), player=pl.lit(MODEL_NAME))
        .collect()
    )


def _alike(ours: pl.DataFrame) -> pl.DataFrame:
    race = ["season", "round", "event_name"]
    return ours.select(*race, "entrant_id").unique().with_columns(
        side=pl.lit(ALIKE), player=pl.lit(""), stage=pl.lit(""), probability=1 / pl.len().over(race)
    )


def _possible(predicted: pl.DataFrame, field: pl.DataFrame, events: pl.DataFrame) -> tuple[pl.DataFrame, list[str]]:
    """The predictions of races with odds, of drivers in them and given in time; why the others are none."""
    known = predicted.join(events, on=["season", "round"], how="left").join(
        field.with_columns(races=pl.lit(value=True)), on=["season", "round", "entrant_id"], how="left"
    )
    has_odds = predicted.join(field, on=["season", "round"], how="semi")["line"].implode()
    why = (
        pl.when(~pl.col("line").is_in(has_odds)).then(pl.lit("there are no odds of this race"))
        .when(pl.col("races").is_null()).then(pl.format("{} does not race in it", "entrant_id"))
        .when(pl.col("at") >= pl.col("starts_at")).then(pl.lit("it came after the race had begun"))
    )  # fmt: skip
    odd = known.with_columns(why=why).drop_nulls("why")
    refused = [
        f"line {row['line']}: {row['player']}, {row['season']}-{row['round']:02d}: {row['why']}"
        for row in odd.sort("line").to_dicts()
    ]
    return predicted.join(odd, on=PREDICTION, how="anti"), refused


def _friends(predicted: pl.DataFrame, field: pl.DataFrame, results: pl.DataFrame) -> pl.DataFrame:
    """What each prediction gives to every driver of the race; sums to 1."""
    given = predicted.select(PREDICTION).unique().join(field, on=["season", "round"]).join(
        predicted.select(*PREDICTION, "entrant_id", "chance", "place"), on=[*PREDICTION, "entrant_id"], how="left"
    )
    is_order = pl.col("place").is_not_null().any().over(PREDICTION)
    worth = [_of_chances(given.filter(~is_order))]
    for season in predicted["season"].unique().to_list():
        often = frequency_of_places(results, season, KIND)
        worth.append(_of_orders(given.filter(is_order, pl.col("season") == season), often))
    return pl.concat(worth).select(
        "season", "round", "event_name", "player", "entrant_id", side=pl.lit(FRIEND), stage=pl.lit(""),
        probability=pl.col("worth") / pl.col("worth").sum().over(PREDICTION),
    )


def _of_chances(given: pl.DataFrame) -> pl.DataFrame:
    """The chances as `worth`; who is not named shares with the others unnamed what the named leave of 1."""
    chance = pl.col("chance")
    left = (1 - chance.sum().over(PREDICTION)).clip(0) / chance.null_count().over(PREDICTION)
    return given.select(*PREDICTION, "event_name", "entrant_id", worth=chance.fill_null(left))


def _of_orders(given: pl.DataFrame, often: pl.DataFrame) -> pl.DataFrame:
    """What the places brought as `worth`; who is not named has the mean of the places behind the last one named."""
    known, brought = often.drop_nulls("place").sort("place"), pl.col("probability")
    behind = known.select(
        last="place", behind=(brought.sum() - brought.cum_sum()) / (pl.len() - pl.col("place").cum_count())
    ).filter(pl.col("behind").is_finite())
    least = known["probability"].min() or NEVER_BEFORE
    return (
        given.with_columns(last=pl.col("place").max().over(PREDICTION))
        .join(known, on="place", how="left").join(behind, on="last", how="left")
        .select(*PREDICTION, "event_name", "entrant_id", worth=pl.coalesce("probability", "behind", pl.lit(least)))
    )
