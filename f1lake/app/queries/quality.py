"""How good the odds were: said against happened, and the decisions that were most wrong."""

from collections.abc import Mapping

import polars as pl

from f1lake.model.learn.decision import is_scored

Tables = Mapping[str, pl.DataFrame]

BINS = 10
WORST = 8


def title_decisions(title: pl.DataFrame, fights: pl.DataFrame) -> pl.DataFrame:
    """The odds of seasons that are over, before the season and after each race but the last, with `happened`."""
    champions = fights.select("season", "champion_id")
    return (
        title.join(champions, on="season")
        .with_columns(round=pl.col("round").fill_null(0), is_race_day=~pl.col("is_sprint"))
        .filter(is_scored("champion_id"))
        .with_columns(happened=pl.col("id") == pl.col("champion_id"))
    )


def race_decisions(tables: Tables, stage: str) -> pl.DataFrame:
    """The odds of races that were held, at a stage, as `probability` of the win with `happened`."""
    winners = tables["silver/session_results"].filter(pl.col("session").cast(pl.String) == "Race").select(
        "season", "round", "driver_id", happened=pl.col("position") == 1
    )
    return (
        tables["odds/race_odds"].filter(pl.col("stage").cast(pl.String) == stage)
        .join(winners, on=["season", "round", "driver_id"])
        .select("season", "round", "happened", id="driver_id", probability="p_win")
    )


def calibration(decisions: pl.DataFrame) -> pl.DataFrame:
    """By tenth of probability: the mean that was `said`, the share that `happened`, of how many `cases`."""
    tenth = (pl.col("probability") * BINS).floor().clip(0, BINS - 1).cast(pl.Int32)
    return (
        decisions.group_by(bin=tenth)
        .agg(said=pl.col("probability").mean(), happened=pl.col("happened").mean(), cases=pl.len())
        .sort("bin")
    )


def favourites(decisions: pl.DataFrame) -> tuple[float, int]:
    """How often the likeliest was the one (a share), of how many decisions."""
    day = ["season", "as_of"] if "as_of" in decisions.columns else ["season", "round"]
    first = decisions.sort("probability", descending=True).unique(day, keep="first", maintain_order=True)
    share = first["happened"].mean()
    return (share if isinstance(share, float) else 0.0), first.height


def most_wrong(decisions: pl.DataFrame) -> pl.DataFrame:
    """The title decisions that gave the later champion least, the worst of each season; with the favourite then."""
    favourite = decisions.filter(pl.col("probability") == pl.col("probability").max().over("season", "as_of")).select(
        "season", "as_of", favourite="name", favourite_share="probability"
    ).unique(["season", "as_of"], keep="first")
    in_season = pl.col("round") > 0  # before a season nobody knows much
    return (
        decisions.filter("happened", in_season)
        .sort("probability").unique("season", keep="first", maintain_order=True).head(WORST)
        .join(favourite, on=["season", "as_of"], how="left", maintain_order="left")
    )
