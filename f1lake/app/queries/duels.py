"""Two drivers or two teams over the races that both started: who was ahead, and with what."""

from collections.abc import Mapping

import polars as pl

from f1lake.app.queries.names import TEAM_NAME

Tables = Mapping[str, pl.DataFrame]

ENTRANTS = {
    "drivers": ("driver_id", "gold/driver_career"), "constructors": ("constructor_id", "gold/constructor_career")
}
EVENT = ["season", "round"]
BOTH = ("wins", "podiums", "poles", "points")
"""What each side brings from the common races, added up."""
CAREER = ("titles", "wins", "podiums", "poles", "races")
MOST_OFFERED = 8


def common_seasons(tables: Tables, kind: str, one: str, other: str) -> pl.DataFrame:
    """One row a season in which both started the same races, oldest first; none where they never met.

    `races`; of those where both count, who was ahead: `race_duels` (both classified; of a team its best car),
    `qualifying_duels` and `grid_duels`, each with `_won` by the first; and `BOTH` of each side, the other's with
    `_other`. The rules are those of gold/teammate_duels.
    """
    mine, theirs = (_results(tables, ENTRANTS[kind][0], id_) for id_ in (one, other))
    both = mine.join(theirs, on=EVENT, suffix="_other").filter("is_start", "is_start_other")
    duels = {"race": "position", "qualifying": "qualified", "grid": "grid"}
    counted = []
    for name, place in duels.items():
        of_both = pl.col(place).is_not_null() & pl.col(f"{place}_other").is_not_null()
        ahead = pl.col(place) < pl.col(f"{place}_other")
        counted += [of_both.sum().alias(f"{name}_duels"), (of_both & ahead).sum().alias(f"{name}_duels_won")]
    sums = [pl.col(f"{what}{side}").sum() for what in BOTH for side in ("", "_other")]
    return both.group_by("season").agg(pl.len().alias("races"), *counted, *sums).sort("season").collect()


def whole(seasons: pl.DataFrame) -> dict:
    """The sums over all `common_seasons`, with `first` and `last` of them (null where the two never met)."""
    span = {"first": seasons["season"].min(), "last": seasons["season"].max()}
    return seasons.select(pl.exclude("season").sum()).row(0, named=True) | span


def career(tables: Tables, kind: str, id_: str) -> dict | None:
    """A whole career: `id`, `name`, `first_season`, `last_season` and `CAREER`; None where nobody is called so."""
    key, table = ENTRANTS[kind]
    of_one = tables[table].filter(pl.col(key) == id_).select(
        "first_season", "last_season", *CAREER, id=key, name=TEAM_NAME
    )
    return of_one.row(0, named=True) if of_one.height else None


def rivals(tables: Tables, kind: str, id_: str) -> list[str]:
    """Whom a duel with somebody is offered against: who started most of the same races, champions first."""
    key, table = ENTRANTS[kind]
    raced = _raced(tables).filter("is_start").select(*EVENT, key).unique()
    met = raced.join(raced.filter(pl.col(key) == id_).select(EVENT), on=EVENT, how="semi").filter(pl.col(key) != id_)
    titles = tables[table].lazy().select(key, is_champion=pl.col("titles") > 0)
    return (
        met.group_by(key).agg(races=pl.len()).join(titles, on=key)
        .sort("is_champion", "races", key, descending=[True, True, False]).head(MOST_OFFERED).collect()[key].to_list()
    )


def _results(tables: Tables, key: str, id_: str) -> pl.LazyFrame:
    """One row a race of a driver or a team: the best place of the classified, on the grid and in qualifying."""
    place, is_in = pl.col("position"), pl.col("status_class").cast(pl.String) == "classified"
    qualified = (
        tables["silver/session_results"].lazy()
        .filter(pl.col("session").cast(pl.String) == "Qualifying", pl.col(key) == id_)
        .group_by(EVENT).agg(qualified=place.min())
    )
    return (
        _raced(tables).filter(pl.col(key) == id_).group_by(EVENT).agg(
            is_start=pl.col("is_start").any(), position=place.filter("is_start", is_in).min(),
            grid=pl.col("grid").filter("is_start").min(), wins=(place == 1).any().cast(pl.Int32),
            podiums=(place <= 3).sum(), poles=pl.col("is_pole").any().cast(pl.Int32), points=pl.col("points").sum(),
        )
        .join(qualified, on=EVENT, how="left")
    )


def _raced(tables: Tables) -> pl.LazyFrame:
    return tables["silver/session_results"].lazy().filter(pl.col("session").cast(pl.String) == "Race")
