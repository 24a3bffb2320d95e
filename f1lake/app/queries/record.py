"""How good the odds were: what was published before it happened and, marked apart, what was computed later."""

from collections.abc import Mapping

import polars as pl

from f1lake.abt.race_abt import STAGES
from f1lake.app.queries.names import full_names
from f1lake.odds.published import TITLE_STAGES

Tables = Mapping[str, pl.DataFrame]

SURPRISES = 5
KINDS = {"race_win": list(STAGES), "driver_title": list(TITLE_STAGES)}


def decisions(tables: Tables) -> pl.DataFrame:
    """One row a judged decision about the winner of a race or the champion, newest first.

    `kind`, `season`, `round`, `event_name`, `as_of`, `stage`, `is_published`, `published_at`, `happened` (a name),
    `chance` (what the winner was given) with its `log_loss` and `brier`, those of the places on the grid
    (`log_loss_places`, null before there is one), and `coin`: the log loss of giving each entrant the same.
    """
    names = full_names(tables)
    entrants = _entrants(tables)
    is_published = pl.col("status").cast(pl.String) == "published"
    of = {
        score: pl.when("is_published").then(score).otherwise(f"{score}_today") for score in ("log_loss", "brier")
    }
    return (
        tables["odds/published_scores"].lazy()
        .with_columns(pl.col("kind", "stage").cast(pl.String), is_published=is_published)
        .filter(pl.col("kind").is_in(list(KINDS)), pl.col("happened").is_not_null())
        .with_columns(**of)
        .filter(pl.col("log_loss").is_not_null())
        .join(entrants, on=["season", "round"], how="left")
        .select(
            "kind", "season", "round", "event_name", "as_of", "stage", "is_published", "published_at", "log_loss",
            "brier", "log_loss_places",
            happened=pl.col("happened").replace_strict(names, default=pl.col("happened")),
            chance=(-pl.col("log_loss")).exp(),
            coin=pl.when(kind="race_win").then(pl.col("field").log()),
        )
        .sort("season", "round", "as_of", descending=True, nulls_last=True)
        .collect()
    )


def by_race(decisions: pl.DataFrame) -> list[dict]:
    """The races, newest first: who won, and `chances`, by stage (chance, whether it was published)."""
    rows: dict[tuple[int, str], dict] = {}
    for row in decisions.filter(kind="race_win").iter_rows(named=True):
        race = rows.setdefault((row["season"], row["event_name"]), row | {"chances": {}})
        race["chances"][row["stage"]] = (row["chance"], row["is_published"])
    return list(rows.values())


def means(decisions: pl.DataFrame) -> pl.DataFrame:
    """The mean scores by `kind`, `stage` and `is_published`, in the order of the stages; `decisions` counts them."""
    order = {stage: place for stages in KINDS.values() for place, stage in enumerate(stages)}
    return (
        decisions.group_by("kind", "stage", "is_published")
        .agg(pl.col("log_loss", "brier", "log_loss_places", "coin").mean(), decisions=pl.len())
        .sort("is_published", "kind", pl.col("stage").replace_strict(order), descending=[True, True, False])
    )


def surprises(decisions: pl.DataFrame) -> list[dict]:
    """The winners who were given least at the latest stage that was judged, fewest first."""
    latest = pl.col("stage").replace_strict({stage: place for place, stage in enumerate(STAGES)}, default=-1)
    races = decisions.filter(kind="race_win")
    last = races.filter(latest == latest.max().over("season", "event_name"))
    return last.sort("chance").head(SURPRISES).to_dicts()


def _entrants(tables: Tables) -> pl.LazyFrame:
    if "odds/race_odds" not in tables:
        return pl.LazyFrame(schema={"season": pl.Int32, "round": pl.Int32, "field": pl.UInt32})
    odds = tables["odds/race_odds"].lazy()
    return odds.group_by("season", "round").agg(field=pl.col("driver_id").n_unique())
