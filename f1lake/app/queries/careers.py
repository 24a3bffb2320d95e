"""What drivers and teams did: season by season, of late, and against their team mates."""

from collections.abc import Mapping

import polars as pl

from f1lake.app.queries.endings import how_it_ended
from f1lake.silver.events import last_rounds

Tables = Mapping[str, pl.DataFrame]

RECENT = 10
"""How many races and sprints the form shows."""


def driver_seasons(tables: Tables, driver_id: str) -> pl.DataFrame:
    """A driver's seasons, oldest first: `teams`, what was won in races, `points` that count and `position`.

    `is_champion` and `is_over` as the standings after the season's last race have it.
    """
    mine = pl.col("driver_id") == driver_id
    return (
        _won(tables, mine)
        .join(_last_standings(tables, "gold/driver_standings").filter(mine), on="season", how="left")
        .sort("season")
    )


def team_seasons(tables: Tables, constructor_id: str) -> pl.DataFrame:
    """A team's seasons, oldest first, as `driver_seasons`; without a place before 1958, when there was no title."""
    mine = pl.col("constructor_id") == constructor_id
    seasons = _won(tables, mine)
    if "gold/constructor_standings" not in tables:
        unknown = {"position": pl.lit(None, pl.Int32), "points": pl.lit(None, pl.Float64), "is_over": pl.lit(False)}
        return seasons.with_columns(**unknown).sort("season")
    standings = _last_standings(tables, "gold/constructor_standings").filter(mine)
    return seasons.join(standings, on="season", how="left").sort("season")


def form(tables: Tables, driver_id: str) -> pl.DataFrame:
    """The last races and sprints of a driver, latest first: event, grid, position, how it ended."""
    return (
        _raced(tables).filter(pl.col("driver_id") == driver_id)
        .sort("session_date", descending=True).head(RECENT)
        .join(_event_names(tables), on=["season", "round"], how="left")
        .sort("session_date", descending=True)
        .collect()
    )


def duels(tables: Tables, driver_id: str) -> pl.DataFrame:
    """A driver's record against each team mate, latest season first."""
    return (
        tables["gold/teammate_duels"]
        .filter(pl.col("driver_id") == driver_id, (pl.col("race_duels") > 0) | (pl.col("grid_duels") > 0))
        .sort("season", "races_together", descending=True)
    )


def lineage(tables: Tables, lineage_id: str) -> dict:
    """What a team did under all its names: `names`, `first`, `last`, `titles` and what `_counts` has, of races."""
    named = tables["silver/constructors"].filter(pl.col("lineage_id") == lineage_id)
    of_it = named.select("season", "constructor_id")
    titles = tables["gold/constructor_career"].select("constructor_id", season="title_seasons").explode("season")
    won = _entered(tables).join(of_it.lazy(), on=["season", "constructor_id"]).with_columns(
        round=pl.struct("season", "round")
    )
    return {
        "names": named["constructor_id"].n_unique(), "first": named["season"].min(), "last": named["season"].max(),
        "titles": titles.join(of_it, on=["season", "constructor_id"]).height,
        **won.select(_counts()).collect().row(0, named=True),
    }


def team_duels(tables: Tables, constructor_id: str, season: int) -> pl.DataFrame:
    """The pairs of a team's season, each once, the one ahead on points first."""
    mine = tables["gold/teammate_duels"].filter(pl.col("constructor_id") == constructor_id)
    return (
        mine.filter(pl.col("season") == season, pl.col("race_duels") + pl.col("grid_duels") > 0)
        .sort("points", "driver_id", descending=[True, False])
        .filter(pl.struct(pl.concat_list("driver_id", "team_mate_id").list.sort()).is_first_distinct())
    )


def line_up(tables: Tables, constructor_id: str) -> pl.DataFrame:
    """The drivers of a team's latest season: races, wins, podiums and points for it."""
    mine = _raced(tables).filter(pl.col("constructor_id") == constructor_id)
    return (
        mine.filter(pl.col("season") == pl.col("season").max())
        .group_by("season", "driver_id")
        .agg(*_counts(), points=pl.col("points").sum())
        .sort("points", "races", "driver_id", descending=[True, True, False])
        .collect()
    )


def strengths(tables: Tables, kind: str, entity_id: str) -> pl.DataFrame:
    """The estimated strength of a `driver` or `car` day by day: `as_of`, `mean`, `sd`."""
    return (
        tables["odds/strengths"].lazy()
        .filter(pl.col("kind") == kind, pl.col("entity_id") == entity_id)
        .select("season", "as_of", "mean", "sd").sort("as_of")
        .collect()
    )


def race_days(tables: Tables) -> pl.DataFrame:
    """Each day of a race or sprint with its event's name."""
    return (
        _raced(tables).select("season", "round", "session", as_of="session_date").unique("as_of")
        .join(_event_names(tables), on=["season", "round"], how="left")
        .collect()
    )


def _event_names(tables: Tables) -> pl.LazyFrame:
    return tables["silver/events"].lazy().select("season", "round", "event_name")


def _raced(tables: Tables) -> pl.LazyFrame:
    return _entered(tables).filter("is_start")


def _entered(tables: Tables) -> pl.LazyFrame:
    session = pl.col("session").cast(pl.String)
    entered = tables["silver/session_results"].lazy().filter(session != "Qualifying")
    return how_it_ended(tables, entered.with_columns(session=session))


def _counts() -> list[pl.Expr]:
    """Races, wins and poles as events (a team has two cars), podiums as cars: one that was shared counts once."""
    is_race, place, event = pl.col("session") == "Race", pl.col("position"), pl.col("round")
    return [
        event.filter(is_race, "is_start").n_unique().alias("races"),
        event.filter(is_race, place == 1).n_unique().alias("wins"),
        pl.struct("round", "position").filter(is_race, place <= 3).n_unique().alias("podiums"),
        event.filter(is_race, "is_pole").n_unique().alias("poles"),
    ]


def _won(tables: Tables, mine: pl.Expr) -> pl.DataFrame:
    return (
        _entered(tables).filter(mine, pl.col("is_start") | pl.col("is_pole")).sort("session_date").group_by("season")
        .agg(*_counts(), pl.col("constructor_id").unique(maintain_order=True).alias("teams"))
        .collect()
    )


def _last_standings(tables: Tables, name: str) -> pl.DataFrame:
    """The standings after each season's latest round; `is_over` where that is its last one.

    Who has no points has no place: the order of those without is no rule of the championship's but the source's.
    """
    events, standings = tables["silver/events"].lazy(), tables[name].lazy()
    last = last_rounds(events).rename({"round": "last_round"})
    newest = last_rounds(events.join(standings, on=["season", "round"], how="semi"))
    return (
        standings.join(newest, on=["season", "round"], how="semi")
        .join(last, on="season", how="left")
        .with_columns(
            is_over=pl.col("round") == pl.col("last_round"),
            position=pl.when(pl.col("points") > 0).then("position"),
        )
        .drop("wins", "round", "last_round")
        .collect()
    )
