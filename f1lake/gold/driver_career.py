"""gold/driver_career: the career of each driver in one row."""

import dagster as dg
import dataframely as dy
import polars as pl

from f1lake.silver.events import last_rounds
from f1lake.storage.contract import enforced, table
from f1lake.storage.pictures import most_of

RACES = {"unit": "races"}


class DriverCareer(dy.Schema):
    """What has this driver achieved? Everybody with a race, sprint or qualifying, up to the latest one.

    Not partitioned: every run computes the whole table, because a race changes a row that spans all seasons.
    """

    driver_id = dy.String(primary_key=True, description="the source's id of the driver")
    name = dy.String(
        description="given and family name, as in the latest season", metadata={"from": ["given_name", "family_name"]}
    )
    nationality = dy.String(nullable=True, description="nationality, as an adjective")
    date_of_birth = dy.Date(nullable=True, description="day of birth")
    first_season = dy.Int32(min=1950, description="first season with an entry", metadata={"from": ["season"]})
    last_season = dy.Int32(min=1950, description="latest season with an entry", metadata={"from": ["season"]})
    seasons = dy.Int32(
        min=0, description="seasons with a start", metadata={"from": ["season", "is_start"], "unit": "seasons"}
    )
    races = dy.Int32(min=0, description="races started", metadata={"from": ["session", "is_start"], **RACES})
    wins = dy.Int32(min=0, description="races won, shared wins included", metadata=RACES)
    podiums = dy.Int32(
        min=0, description="races finished in the first three places",
        metadata={"from": ["session", "position"], **RACES},
    )
    poles = dy.Int32(
        min=0, description="races of which the driver had the first slot",
        metadata={"from": ["session", "is_pole"], **RACES},
    )
    points_finishes = dy.Int32(
        min=0, description="races that brought points", metadata={"from": ["session", "points"], **RACES}
    )
    retirements = dy.Int32(
        min=0, description="races started and not classified", metadata={"from": ["session", "status_class"], **RACES}
    )
    best_finish = dy.Int64(
        nullable=True, min=1, description="best place among the classified; null without any",
        metadata={"from": ["session", "position", "status_class"]},
    )
    sprints = dy.Int32(
        min=0, description="sprints started", metadata={"from": ["session", "is_start"], "unit": "sprints"}
    )
    sprint_wins = dy.Int32(
        min=0, description="sprints won", metadata={"from": ["session", "position"], "unit": "sprints"}
    )
    points = dy.Float64(min=0, description="points of races and sprints, none dropped", metadata={"unit": "points"})
    constructors = dy.List(
        dy.String(), description="the constructors raced for, in order of the first race",
        metadata={"from": ["constructor_id"]},
    )
    titles = dy.Int32(
        min=0, description="championships won",
        metadata={"from": ["silver/champions.driver_id"], "unit": "titles"},
    )
    title_seasons = dy.List(dy.Int32(), description="their seasons", metadata={"from": ["silver/champions.season"]})
    best_championship_position = dy.Int32(
        nullable=True, min=1, description="best place after a last race so far; null without any",
        metadata={"from": ["gold/driver_standings.position"]},
    )


@dg.asset(
    **table("gold/driver_career", DriverCareer),
    ins={
        "results": dg.AssetIn(["silver", "session_results"]),
        "drivers": dg.AssetIn(["silver", "drivers"]),
        "champions": dg.AssetIn(["silver", "champions"]),
        "standings": dg.AssetIn(["gold", "driver_standings"]),
        "calendar": dg.AssetIn(["silver", "events"]),
    },
)
@enforced(DriverCareer, shown=lambda careers: most_of(careers, "name", "wins"))
def driver_career(
    results: pl.LazyFrame,
    drivers: pl.LazyFrame,
    champions: pl.LazyFrame,
    standings: pl.LazyFrame,
    calendar: pl.LazyFrame,
) -> pl.LazyFrame:
    """One row for each driver."""
    names = drivers.sort("season").group_by("driver_id").agg(
        name=pl.concat_str("given_name", "family_name", separator=" ").last(),
        nationality=pl.col("nationality").last(),
        date_of_birth=pl.col("date_of_birth").last(),
        first_season=pl.col("season").min(),
        last_season=pl.col("season").max(),
    )
    titles = champions.sort("season").group_by("driver_id").agg(
        titles=pl.len().cast(pl.Int32), title_seasons=pl.col("season")
    )
    finals = standings.join(last_rounds(calendar), on=["season", "round"], how="semi")
    return (
        names.join(careers(results), on="driver_id", how="left")
        .join(titles, on="driver_id", how="left")
        .join(finals.group_by("driver_id").agg(best_championship_position=pl.col("position").min()),
              on="driver_id", how="left")
        .with_columns(
            pl.col("titles", "seasons", "races", "wins", "podiums", "poles", "points_finishes", "retirements",
                   "sprints", "sprint_wins", "points").fill_null(0),
            pl.col("title_seasons", "constructors").fill_null([]),
        )
        .select(DriverCareer.column_names())
        .sort("driver_id")
    )  # fmt: skip


def careers(results: pl.LazyFrame) -> pl.LazyFrame:
    """The totals of the starts of each driver."""
    race, sprint = pl.col("session") == "Race", pl.col("session") == "Sprint"
    place, finished = pl.col("position"), pl.col("status_class") == "classified"
    counts = {
        "races": race, "wins": race & (place == 1), "podiums": race & (place <= 3),
        "points_finishes": race & (pl.col("points") > 0),
        "retirements": race & ~finished, "sprints": sprint, "sprint_wins": sprint & (place == 1),
    }  # fmt: skip
    poles = results.filter(race, "is_pole").group_by("driver_id").agg(poles=pl.len().cast(pl.Int32))
    return (
        results.filter("is_start").sort("session_date").group_by("driver_id", maintain_order=True)
        .agg(
            seasons=pl.col("season").n_unique().cast(pl.Int32),
            best_finish=place.filter(race & finished).min(),
            points=pl.col("points").sum().round(2),
            constructors=pl.col("constructor_id").unique(maintain_order=True),
            **{name: which.sum().cast(pl.Int32) for name, which in counts.items()},
        )
        .join(poles, on="driver_id", how="left")
    )
