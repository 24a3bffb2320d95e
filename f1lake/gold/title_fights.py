"""gold/title_fights: how each drivers' title was won. What could still be won is in silver/season_state."""

import dagster as dg
import dataframely as dy
import polars as pl

from f1lake.partitions import SAME_SEASON, SEASONS
from f1lake.storage.contract import enforced, table
from f1lake.storage.pictures import lines, preview

POINTS = {"unit": "points"}
NEWEST = 5


class TitleFights(dy.Schema):
    """When was each title decided, how close was it, and how far behind was the champion at worst?

    Finished drivers' championships, from the results of each day as corrected since, with the decisions on the
    championship made by that day: Schumacher, excluded after the season of 1997, is the runner-up here.
    """

    season = dy.Int32(primary_key=True, min=1950, description="year of the championship")
    champion_id = dy.String(description="the source's id of the champion", metadata={"from": ["driver_id", "position"]})
    runner_up_id = dy.String(
        description="the source's id of the second after the last race", metadata={"from": ["driver_id", "position"]}
    )
    margin = dy.Float64(
        min=0, description="points between them after the last race", metadata={"from": ["points_gap"], **POINTS}
    )
    decided_on = dy.Date(
        description="the day from whose evening on nobody else could win", metadata={"from": ["as_of", "can_win_title"]}
    )
    decided_round = dy.Int32(min=1, description="the round of that day", metadata={"from": ["round", "can_win_title"]})
    rounds_left = dy.Int32(
        min=0, description="races that were left then",
        metadata={"from": ["rounds_remaining", "can_win_title"], "unit": "rounds"},
    )
    contenders_before_last_race = dy.Int32(
        min=1, description="drivers who could still win before the last race", metadata={"from": ["can_win_title"]}
    )
    leaders = dy.Int32(
        min=1, description="drivers who led the championship after a race", metadata={"from": ["driver_id", "position"]}
    )
    lead_changes = dy.Int32(
        min=0, description="races after which another driver led than after the one before",
        metadata={"from": ["driver_id", "position"]},
    )
    largest_comeback = dy.Float64(
        min=0, description="the most points the champion was behind after a race",
        metadata={"from": ["points_gap"], **POINTS},
    )
    comeback_from_round = dy.Int32(
        nullable=True, min=1, description="the last round after which it was so much; null for who was never behind",
        metadata={"from": ["round", "points_gap"]},
    )
    lead_by_round = dy.List(
        dy.Float64(), metadata={"from": ["points_gap"], **POINTS},
        description="points of the champion ahead of the best other driver, after each round; negative: behind",
    )


def leads(fights: pl.DataFrame) -> str:
    """The champion's lead in points after each round, for the newest titles, and their rows."""
    newest = fights.sort("season").tail(NEWEST).explode("lead_by_round").with_columns(
        round=pl.int_range(1, pl.len() + 1).over("season"),
        title=pl.format("{} {}", "season", "champion_id"),
    )
    return lines(newest, "round", "lead_by_round", "title") + preview(fights.sort("season", descending=True))


@dg.asset(
    **table("gold/title_fights", TitleFights),
    partitions_def=SEASONS,
    ins={"state": dg.AssetIn(["silver", "season_state"], partition_mapping=SAME_SEASON)},
)
@enforced(TitleFights, shown=leads)
def title_fights(state: pl.LazyFrame) -> pl.LazyFrame:
    """One row per season whose last race has been held."""
    over = state.filter("is_race_day", pl.col("rounds_remaining") == 0)
    champions = over.filter(pl.col("position") == 1).select("season", champion_id="driver_id")
    second = over.filter(pl.col("position") > 1).sort("season", "position", "driver_id").group_by("season").first()
    days = state.join(champions, on="season").with_columns(is_champion=pl.col("driver_id") == pl.col("champion_id"))
    return (
        champions.join(second.select("season", runner_up_id="driver_id", margin="points_gap"), on="season")
        .join(_decision(days), on="season")
        .join(_course(days.filter("is_race_day")), on="season")
        .select(TitleFights.column_names())
        .sort("season")
    )


def _decision(days: pl.LazyFrame) -> pl.LazyFrame:
    """When nobody else could win any more, and how many could before the last race."""
    contenders = days.group_by("season", "round", "as_of", "rounds_remaining", "is_race_day").agg(
        contenders=pl.col("can_win_title").sum().cast(pl.Int32)
    ).sort("as_of")
    before_last = pl.col("rounds_remaining") == 1
    decided = pl.col("contenders") == 1
    return contenders.group_by("season").agg(
        decided_on=pl.col("as_of").filter(decided).first(),
        decided_round=pl.col("round").filter(decided).first(),
        rounds_left=pl.col("rounds_remaining").filter(decided).first(),
        contenders_before_last_race=pl.col("contenders").filter(before_last).last(),
    )


def _course(days: pl.LazyFrame) -> pl.LazyFrame:
    """Who led after the races, and how far the champion was ahead or behind."""
    champion, others = pl.col("is_champion"), ~pl.col("is_champion")
    own = pl.col("points").filter(champion).first()
    rounds = (
        days.sort("as_of", "position", "driver_id", nulls_last=True).group_by("season", "round", maintain_order=True)
        .agg(
            leader=pl.col("driver_id").first(),
            behind=pl.col("points_gap").filter(champion).first().fill_null(pl.col("points").max()),
            lead=(own.fill_null(0) - pl.col("points").filter(others).max()).round(2),
        )
    )
    behind = pl.col("behind")
    return rounds.group_by("season", maintain_order=True).agg(
        leaders=pl.col("leader").n_unique().cast(pl.Int32),
        lead_changes=(pl.col("leader") != pl.col("leader").shift()).sum().cast(pl.Int32),
        largest_comeback=behind.max(),
        comeback_from_round=pl.col("round").filter((behind == behind.max()) & (behind > 0)).last(),
        lead_by_round=pl.col("lead"),
    )
